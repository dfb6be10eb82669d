// SPDX-License-Identifier: MIT
#include "sqlite/meta_table.h"

namespace xmppftd::meta {
namespace {

Result<Statement> asked(Database& database, const char* sql, std::string_view key) {
  auto statement = database.prepare(sql);
  if (statement) statement->bind(1, key);
  return statement;
}

Result<Statement> found(Database& database, std::string_view key) {
  return asked(database, "SELECT value FROM meta WHERE key = ?", key);
}

template <class Value>
Result<void> put(Database& database, std::string_view key, Value value) {
  auto statement = asked(database,
                         "INSERT INTO meta VALUES (?, ?)"
                         " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                         key);
  if (!statement) return statement.error();
  statement->bind(2, value);
  return statement->run();
}

}  // namespace

Result<std::int64_t> number(Database& database, std::string_view key) {
  auto statement = found(database, key);
  if (!statement) return statement.error();
  const auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->number(0) : 0;
}

Result<std::string> text(Database& database, std::string_view key) {
  auto statement = found(database, key);
  if (!statement) return statement.error();
  const auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->text(0) : std::string();
}

Result<void> set(Database& database, std::string_view key, std::int64_t value) {
  return put(database, key, value);
}
Result<void> set(Database& database, std::string_view key, std::string_view value) {
  return put(database, key, value);
}

Result<void> clear(Database& database, std::string_view key) {
  auto statement = asked(database, "DELETE FROM meta WHERE key = ?", key);
  return statement ? statement->run() : Result<void>(statement.error());
}

}  // namespace xmppftd::meta

// SPDX-License-Identifier: MIT
#include "sqlite/database.h"

#include <sqlite3.h>

#include <cerrno>

#include "base/system_error.h"

namespace xmppftd {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}
void Database::Close::operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }

void Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
}

void Statement::bind(int index, std::string_view text) {
  // A null pointer would bind NULL, and an empty view may hold one.
  const char* bytes = text.data() != nullptr ? text.data() : "";
  sqlite3_bind_text64(statement_.get(), index, bytes, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_->error(code);
}

Result<void> Statement::run() {
  for (;;) {
    auto more = step();
    if (more && *more) continue;
    reset();
    if (!more) return more.error();
    return {};
  }
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  std::unique_ptr<Database> database(new Database(path));
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW |
                          SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                      nullptr);
  database->handle_.reset(handle);
  if (code != SQLITE_OK) return database->error(code);
  sqlite3_busy_timeout(handle, 1000);
  return database;
}

Result<void> Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

void Database::rollback() {
  if (sqlite3_get_autocommit(handle_.get()) == 0)
    sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<void> Database::copy_into(const std::string& path, std::chrono::milliseconds within) {
  using Clock = std::chrono::steady_clock;
  auto end = Clock::now() + within;
  sqlite3_progress_handler(
      handle_.get(), 1000,
      [](void* until) { return Clock::now() < *static_cast<Clock::time_point*>(until) ? 0 : 1; },
      &end);
  auto copy = prepare("VACUUM INTO ?");
  Result<void> how;
  if (copy) {
    copy->bind(1, std::string_view(path));
    how = copy->run();
  } else {
    how = copy.error();
  }
  sqlite3_progress_handler(handle_.get(), 0, nullptr, nullptr);
  return how;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return error(code);
  return Statement(*this, statement);
}

Result<std::int64_t> Database::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->number(0) : 0;
}

Result<std::string> Database::text(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->text(0) : std::string();
}

void Database::close_untouched(bool untouched) {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, untouched ? 1 : 0, nullptr);
}

Error Database::error(int code) {
  std::string detail =
      path_ + ": " + (handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code));
  // SQLite's words hide the kernel's (SQLITE_IOERR_WRITE after ENOSPC on the log, SQLITE_CANTOPEN
  // after EMFILE).
  const int number = handle_ ? sqlite3_system_errno(handle_.get()) : 0;
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {Errc::DiskFull, detail.append("; ").append(trouble_of(ENOSPC).remedy)};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: {
      if (number == 0) return {Errc::Io, detail};
      auto why = system_error(number, detail);
      if (why.code != Errc::DiskFull) why.code = Errc::Io;
      return why;
    }
    case SQLITE_ERROR:  // our SQL is fixed, so it is the schema that does not fit
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: damaged_ = true; return {Errc::Io, detail};
    case SQLITE_CONSTRAINT: return {Errc::Exists, detail};
    default: return {Errc::Io, detail};
  }
}

}  // namespace xmppftd

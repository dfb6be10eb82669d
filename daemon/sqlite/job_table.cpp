// SPDX-License-Identifier: MIT
#include "sqlite/job_table.h"

#include <algorithm>
#include <optional>

#include "sqlite/job_columns.h"

namespace xmppftd {
namespace {

std::string schema() {
  std::string jobs;
  for (const auto& column : job_columns()) {
    jobs += std::string(column.name) + (column.is_text ? " TEXT" : " INTEGER");
    jobs += column.name == "id" ? " PRIMARY KEY, " : " NOT NULL, ";
  }
  return "CREATE TABLE jobs (" + jobs +
         "checksum INTEGER NOT NULL);"
         "CREATE TABLE history (job INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, entry "
         "INTEGER NOT NULL,"
         " at INTEGER NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (job, "
         "entry)) WITHOUT ROWID;"
         "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
         "INSERT INTO meta VALUES ('next_id', 1);"
         "PRAGMA user_version = " +
         std::to_string(JobTable::kVersion) + ";";
}

/// What a database of schema 1 does not have; 0 stands for it there.
constexpr std::string_view kSince2 = "source_content";

/// "id, batch, ..., checksum", as a database of this schema can give them.
std::string column_list(std::int64_t version = JobTable::kVersion) {
  std::string list;
  for (const auto& column : job_columns())
    list += (version < 2 && column.name == kSince2 ? "0" : std::string(column.name)) + ", ";
  return list + "checksum";
}

/// An upsert, because REPLACE would delete the row first and its history with it.
std::string put_sql() {
  std::string marks = "?", sets = "checksum = excluded.checksum";
  for (const auto& column : job_columns()) {
    marks += ", ?";
    if (column.name != "id")
      sets += ", " + std::string(column.name) + " = excluded." + std::string(column.name);
  }
  return "INSERT INTO jobs (" + column_list() + ") VALUES (" + marks +
         ") ON CONFLICT (id) DO UPDATE SET " + sets;
}

std::optional<JobRecord> job_in_row(const Statement& row) {
  std::vector<Cell> cells;
  int at = 0;
  for (const auto& column : job_columns()) {
    if (column.is_text)
      cells.emplace_back(row.text(at++));
    else
      cells.emplace_back(row.number(at++));
  }
  if (checksum(cells) != row.number(at)) return std::nullopt;
  return from_cells(std::move(cells));
}

HistoryEntry entry_in_row(const Statement& row, int first) {
  return {WallTime(std::chrono::microseconds(row.number(first))), row.text(first + 1),
          row.text(first + 2)};
}

}  // namespace

Result<JobTable> JobTable::attach(Database& database) {
  auto version = database.number("PRAGMA user_version");
  if (!version) return version.error();
  if (*version > kVersion)
    return Error{Errc::Config, "the journal was written by a newer xmppftd (schema " +
                                   std::to_string(*version) + ", this one knows " +
                                   std::to_string(kVersion) + "); run that one"};
  if (*version == 0)
    if (auto made = database.execute("BEGIN IMMEDIATE;" + schema() + "COMMIT;"); !made)
      return made.error();

  if (*version == 1)
    if (auto grown = database.execute(
            "BEGIN IMMEDIATE; ALTER TABLE jobs ADD COLUMN " + std::string(kSince2) +
            " INTEGER NOT NULL DEFAULT 0; PRAGMA user_version = 2; COMMIT;");
        !grown)
      return grown.error();

  auto put = database.prepare(put_sql());
  auto remove = database.prepare("DELETE FROM jobs WHERE id = ?");
  auto tell = database.prepare(
      "INSERT INTO history SELECT ?1, coalesce((SELECT max(entry) FROM history WHERE job = ?1), 0) "
      "+ 1, ?2, ?3, ?4"
      " WHERE EXISTS (SELECT 1 FROM jobs WHERE id = ?1) AND (?3, ?4) IS NOT"
      " (SELECT what, detail FROM history WHERE job = ?1 ORDER BY entry DESC LIMIT 1)");
  auto trim = database.prepare(
      "DELETE FROM history WHERE job = ?1 AND entry <= (SELECT max(entry) FROM history WHERE job = "
      "?1) - ?2");
  auto next_id =
      database.prepare("UPDATE meta SET value = ?1 WHERE key = 'next_id' AND value < ?1");
  auto history =
      database.prepare("SELECT at, what, detail FROM history WHERE job = ? ORDER BY entry");
  for (auto* one : {&put, &remove, &tell, &trim, &next_id, &history})
    if (!*one) return one->error();
  return JobTable(Statements{std::move(*put), std::move(*remove), std::move(*tell),
                             std::move(*trim), std::move(*next_id), std::move(*history)});
}

Result<void> JobTable::put(const JobRecord& record) {
  const auto cells = to_cells(record);
  int at = 1;
  for (const auto& cell : cells) {
    if (const auto* text = std::get_if<std::string>(&cell))
      sql_.put.bind(at++, std::string_view(*text));
    else
      sql_.put.bind(at++, std::get<std::int64_t>(cell));
  }
  sql_.put.bind(at, checksum(cells));
  return sql_.put.run();
}

Result<void> JobTable::remove(JobId id) {
  sql_.remove.bind(1, static_cast<std::int64_t>(id));
  return sql_.remove.run();
}

Result<void> JobTable::tell(JobId id, const HistoryEntry& entry) {
  sql_.tell.bind(1, static_cast<std::int64_t>(id));
  sql_.tell.bind(2, static_cast<std::int64_t>(entry.at.time_since_epoch().count()));
  sql_.tell.bind(3, std::string_view(entry.what));
  sql_.tell.bind(4, std::string_view(entry.detail));
  if (auto told = sql_.tell.run(); !told) return told;
  sql_.trim.bind(1, static_cast<std::int64_t>(id));
  sql_.trim.bind(2, kHistoryKept);
  return sql_.trim.run();
}

Result<void> JobTable::set_next_id(JobId next) {
  sql_.next_id.bind(1, static_cast<std::int64_t>(next));
  return sql_.next_id.run();
}

Result<std::vector<HistoryEntry>> JobTable::history(JobId id) {
  std::vector<HistoryEntry> entries;
  sql_.history.bind(1, static_cast<std::int64_t>(id));
  for (;;) {
    auto row = sql_.history.step();
    if (row && *row) {
      entries.push_back(entry_in_row(sql_.history, 0));
      continue;
    }
    sql_.history.reset();
    if (!row) return row.error();
    return entries;
  }
}

JobTable::Contents JobTable::read(Database& database) {
  Contents found;
  if (auto next = database.number("SELECT value FROM meta WHERE key = 'next_id'");
      next && *next > 0)
    found.next_id = static_cast<JobId>(*next);
  else
    found.incomplete = true;
  const auto version = database.number("PRAGMA user_version");
  auto rows = database.prepare("SELECT " + (version ? column_list(*version) : column_list()) +
                               " FROM jobs WHERE id >= ? ORDER BY id");
  if (!rows) {
    found.incomplete = true;
    return found;
  }
  // A damaged page ends the scan, but the index above it may still lead to the pages behind: look
  // there in growing steps.
  std::int64_t from = 1, skip = 1;
  for (int tries = 0; tries < 1000 && from > 0; ++tries) {
    rows->bind(1, from);
    auto row = rows->step();
    for (; row && *row; row = rows->step()) {
      const auto id = rows->number(0);
      if (auto job = job_in_row(*rows))
        found.jobs.push_back(std::move(*job));
      else
        found.lost.push_back(static_cast<JobId>(id));
      from = id + 1;
      skip = 1;
    }
    rows->reset();
    if (row) break;
    found.incomplete = true;
    from += skip;
    skip = std::min<std::int64_t>(skip * 2, 1 << 20);
    if (from > static_cast<std::int64_t>(found.next_id) && found.next_id > 1) break;
  }
  if (!found.jobs.empty()) found.next_id = std::max(found.next_id, found.jobs.back().id + 1);
  return found;
}

void JobTable::read_history(Database& database,
                            const std::function<void(JobId, const HistoryEntry&)>& visit) {
  auto rows = database.prepare("SELECT job, at, what, detail FROM history ORDER BY job, entry");
  if (!rows) return;
  for (auto row = rows->step(); row && *row; row = rows->step())
    visit(static_cast<JobId>(rows->number(0)), entry_in_row(*rows, 1));
}

}  // namespace xmppftd

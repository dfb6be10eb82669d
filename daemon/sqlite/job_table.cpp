// SPDX-License-Identifier: MIT
#include "sqlite/job_table.h"

#include "sqlite/job_columns.h"
#include "sqlite/migrations.h"

namespace xmppftd {

Result<JobTable> JobTable::attach(Database& database) {
  auto rows = RowWriter::make(database, journal_version());
  auto checkpoint = database.prepare(
      "INSERT INTO checkpoints SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM jobs WHERE id = ?1)"
      " ON CONFLICT (job) DO UPDATE SET bytes = excluded.bytes, checksum = excluded.checksum");
  auto no_checkpoint = database.prepare("DELETE FROM checkpoints WHERE job = ?");
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
  auto commits = database.prepare(
      "INSERT INTO meta VALUES ('commits', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1");
  auto history =
      database.prepare("SELECT at, what, detail FROM history WHERE job = ? ORDER BY entry");
  if (!rows) return rows.error();
  for (auto* one :
       {&checkpoint, &no_checkpoint, &remove, &tell, &trim, &next_id, &commits, &history})
    if (!*one) return one->error();
  return JobTable(std::move(*rows),
                  Statements{std::move(*checkpoint), std::move(*no_checkpoint), std::move(*remove),
                             std::move(*tell), std::move(*trim), std::move(*next_id),
                             std::move(*commits), std::move(*history)});
}

Result<void> JobTable::put(const JobRecord& record) {
  if (auto how = rows_.put(summed(to_cells(record))); !how) return how;
  return checkpoint(record.id, record.durable);
}

Result<void> JobTable::checkpoint(JobId id, std::uint64_t bytes) {
  if (bytes == 0) {
    sql_.no_checkpoint.bind(1, static_cast<std::int64_t>(id));
    return sql_.no_checkpoint.run();
  }
  sql_.checkpoint.bind(1, static_cast<std::int64_t>(id));
  sql_.checkpoint.bind(2, static_cast<std::int64_t>(bytes));
  sql_.checkpoint.bind(3, checkpoint_checksum(id, bytes));
  return sql_.checkpoint.run();
}

Result<void> JobTable::remove(JobId id) {
  sql_.remove.bind(1, static_cast<std::int64_t>(id));
  return sql_.remove.run();
}

Result<void> JobTable::add_step(JobId id, const HistoryEntry& entry) {
  sql_.tell.bind(1, static_cast<std::int64_t>(id));
  sql_.tell.bind(2, static_cast<std::int64_t>(entry.at.time_since_epoch().count()));
  sql_.tell.bind(3, std::string_view(entry.what));
  sql_.tell.bind(4, std::string_view(entry.detail));
  if (auto told = sql_.tell.run(); !told) return told;
  sql_.trim.bind(1, static_cast<std::int64_t>(id));
  sql_.trim.bind(2, kHistoryKept);
  return sql_.trim.run();
}

Result<void> JobTable::set_numbers(const JournalNumbers& numbers) {
  sql_.next_id.bind(1, static_cast<std::int64_t>(numbers.next_id));
  if (auto how = sql_.next_id.run(); !how) return how;
  sql_.commits.bind(1, numbers.commits);
  return sql_.commits.run();
}

Result<std::vector<HistoryEntry>> JobTable::history(JobId id) {
  std::vector<HistoryEntry> entries;
  sql_.history.bind(1, static_cast<std::int64_t>(id));
  for (;;) {
    auto row = sql_.history.step();
    if (row && *row) {
      entries.push_back(HistoryEntry{WallTime(std::chrono::microseconds(sql_.history.number(0))),
                                     sql_.history.text(1), sql_.history.text(2)});
      continue;
    }
    sql_.history.reset();
    if (!row) return row.error();
    return entries;
  }
}

}  // namespace xmppftd

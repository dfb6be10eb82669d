// SPDX-License-Identifier: MIT
#include "sqlite/journal_contents.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "sqlite/job_columns.h"
#include "sqlite/meta_table.h"
#include "sqlite/migrations.h"

namespace xmppftd {
namespace {

constexpr int kCheckpointsSince = 3;

/// The readable part of all stories. A line that is there already stays, and one whose job is not
/// there is left out.
Result<void> copy_history(Database& from, Database& to, const std::function<bool(JobId)>& wanted) {
  auto rows = from.prepare("SELECT job, entry, at, what, detail FROM history");
  if (!rows) return {};
  auto put = to.prepare(
      "INSERT INTO history SELECT ?1, ?2, ?3, ?4, ?5"
      " WHERE EXISTS (SELECT 1 FROM jobs WHERE id = ?1) ON CONFLICT DO NOTHING");
  if (!put) return put.error();
  for (auto row = rows->step(); row && *row; row = rows->step()) {
    if (!wanted(static_cast<JobId>(rows->number(0)))) continue;
    put->bind(1, rows->number(0));
    put->bind(2, rows->number(1));
    put->bind(3, rows->number(2));
    put->bind(4, rows->text(3));
    put->bind(5, rows->text(4));
    if (auto how = put->run(); !how) return how;
  }
  return {};
}

/// One that is damaged counts as none: its file comes again from the start.
std::unordered_map<JobId, std::uint64_t> read_checkpoints(Database& database) {
  std::unordered_map<JobId, std::uint64_t> checkpoints;
  auto rows = database.prepare("SELECT job, bytes, checksum FROM checkpoints");
  if (!rows) return checkpoints;
  for (auto row = rows->step(); row && *row; row = rows->step()) {
    const auto id = static_cast<JobId>(rows->number(0));
    const auto bytes = static_cast<std::uint64_t>(rows->number(1));
    if (rows->number(2) == checkpoint_checksum(id, bytes)) checkpoints[id] = bytes;
  }
  return checkpoints;
}

Result<void> copy_checkpoints(Database& from, Database& to,
                              const std::function<bool(JobId)>& wanted) {
  auto put = to.prepare(
      "INSERT INTO checkpoints SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM jobs WHERE id = ?1)");
  if (!put) return put.error();
  for (const auto& [id, bytes] : read_checkpoints(from)) {
    if (!wanted(id)) continue;
    put->bind(1, static_cast<std::int64_t>(id));
    put->bind(2, static_cast<std::int64_t>(bytes));
    put->bind(3, checkpoint_checksum(id, bytes));
    if (auto how = put->run(); !how) return how;
  }
  return {};
}

}  // namespace

JournalContents read_journal(Database& database) {
  JournalContents contents;
  const auto checkpoints = read_checkpoints(database);
  contents.scan = scan_rows(database, journal_version(), [&](JobRow&& row) {
    const auto id = std::get<std::int64_t>(row.cells.front());
    auto job = from_cells(std::move(row.cells));
    if (!job) {
      contents.strange.push_back(std::to_string(id) + ": " + job.error().detail);
      return;
    }
    if (const auto found = checkpoints.find(job->id); found != checkpoints.end())
      job->durable = found->second;
    contents.jobs.push_back(std::move(*job));
  });
  contents.numbers.next_id = contents.scan.next_id;
  if (const auto commits = meta::number(database, meta::kCommits))
    contents.numbers.commits = *commits;
  if (auto loss = meta::text(database, meta::kLoss)) contents.loss = std::move(*loss);
  return contents;
}

Result<RowScan> copy_journal(Database& from, Database& to, int version,
                             const std::vector<JobRow>& found) {
  auto how = to.execute("BEGIN IMMEDIATE");
  if (!how) return how.error();
  auto writer = RowWriter::make(to, version);
  if (!writer) return writer.error();
  std::unordered_set<JobId> there;
  const auto put = [&](const JobRow& row) {
    there.insert(static_cast<JobId>(std::get<std::int64_t>(row.cells.front())));
    if (how) how = writer->put(row);
  };
  auto scan = scan_rows(from, version, put);
  for (const auto& row : found) put(row);
  std::erase_if(scan.lost, [&](JobId id) { return there.contains(id); });
  scan.rows = there.size();
  for (const auto id : there) scan.highest = std::max(scan.highest, id);
  scan.next_id = std::max(scan.next_id, scan.highest + 1);
  const auto all = [](JobId) { return true; };
  if (how) how = copy_history(from, to, all);
  if (how && version >= kCheckpointsSince) how = copy_checkpoints(from, to, all);
  if (how) how = to.execute("COMMIT");
  if (!how) return how.error();
  return scan;
}

Result<std::vector<JobId>> add_jobs(Database& from, Database& to,
                                    const std::function<bool(JobId)>& wanted) {
  auto writer = RowWriter::make(to, journal_version());
  if (!writer) return writer.error();
  auto how = to.execute("BEGIN IMMEDIATE");
  if (!how) return how.error();
  std::vector<JobId> added;
  scan_rows(from, journal_version(), [&](JobRow&& row) {
    const auto id = static_cast<JobId>(std::get<std::int64_t>(row.cells.front()));
    if (!how || !wanted(id)) return;
    how = writer->put(row);
    added.push_back(id);
  });
  const auto is_added = [&](JobId id) {
    return std::binary_search(added.begin(), added.end(), id);
  };
  if (how) how = copy_history(from, to, is_added);
  if (how) how = copy_checkpoints(from, to, is_added);
  if (how) how = to.execute("COMMIT");
  if (how) return added;
  to.rollback();
  return how.error();
}

}  // namespace xmppftd

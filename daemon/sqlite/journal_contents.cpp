// SPDX-License-Identifier: MIT
#include "sqlite/journal_contents.h"

#include "sqlite/job_columns.h"
#include "sqlite/migrations.h"

namespace xmppftd {
namespace {

/// The readable part of a table without checksums. A row that is there already stays, and one whose
/// job is not there is left out.
Result<void> copy_table(Database& from, Database& to, const std::string& select,
                        const std::string& insert) {
  auto rows = from.prepare(select);
  if (!rows) return {};
  auto put = to.prepare(insert);
  if (!put) return put.error();
  for (auto row = rows->step(); row && *row; row = rows->step()) {
    put->bind(1, rows->number(0));
    put->bind(2, rows->number(1));
    put->bind(3, rows->number(2));
    put->bind(4, rows->text(3));
    put->bind(5, rows->text(4));
    if (auto how = put->run(); !how) return how;
  }
  return {};
}

}  // namespace

JournalContents read_journal(Database& database) {
  JournalContents contents;
  contents.scan = scan_rows(database, journal_version(), [&](JobRow&& row) {
    const auto id = std::get<std::int64_t>(row.cells.front());
    auto job = from_cells(std::move(row.cells));
    if (job)
      contents.jobs.push_back(std::move(*job));
    else
      contents.strange.push_back(std::to_string(id) + ": " + job.error().detail);
  });
  return contents;
}

Result<RowScan> copy_journal(Database& from, Database& to, int version) {
  auto how = to.execute("BEGIN IMMEDIATE");
  if (!how) return how.error();
  auto writer = RowWriter::make(to, version);
  if (!writer) return writer.error();
  auto scan = scan_rows(from, version, [&](JobRow&& row) {
    if (how) how = writer->put(row);
  });
  if (how)
    how = copy_table(from, to, "SELECT job, entry, at, what, detail FROM history",
                     "INSERT INTO history SELECT ?1, ?2, ?3, ?4, ?5"
                     " WHERE EXISTS (SELECT 1 FROM jobs WHERE id = ?1) ON CONFLICT DO NOTHING");
  if (how) how = to.execute("COMMIT");
  if (!how) return how.error();
  return scan;
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "sqlite/job_rows.h"

#include <algorithm>
#include <span>

namespace xmppftd {
namespace {

/// The first version whose rows say what their checksum covers.
constexpr int kSaysCovered = 3;
/// The fewest columns that a checksum ever covered: all of version 1.
constexpr std::int64_t kLeastCovered = 50;

/// "id, batch, ...": those that a journal of this version has.
std::string column_list(int version) {
  std::string list;
  for (std::size_t i = 0; i < column_count(version); ++i)
    list += (i == 0 ? "" : ", ") + std::string(job_columns()[i].name);
  return list;
}

/// What the checksum of a row covers, as SQL.
std::string covered_sql(int version) {
  if (version >= kSaysCovered) return "checksum_columns";
  return version == 1 ? "50" : "50 + (source_content <> 0)";
}

std::string select_sql(int version) {
  return "SELECT " + column_list(version) + ", " + covered_sql(version) + ", checksum FROM jobs ";
}

/// An upsert, because REPLACE would delete the row first and its history with it.
std::string put_sql(int version) {
  std::string marks, sets;
  const auto add = [&](std::string_view column) {
    marks += marks.empty() ? "?" : ", ?";
    if (column != "id")
      sets +=
          (sets.empty() ? "" : ", ") + std::string(column) + " = excluded." + std::string(column);
  };
  for (std::size_t i = 0; i < column_count(version); ++i) add(job_columns()[i].name);
  std::string columns = column_list(version);
  if (version >= kSaysCovered) {
    add("checksum_columns");
    columns += ", checksum_columns";
  }
  add("checksum");
  return "INSERT INTO jobs (" + columns + ", checksum) VALUES (" + marks +
         ") ON CONFLICT (id) DO UPDATE SET " + sets;
}

JobRow row_in(const Statement& statement, int version) {
  JobRow row;
  int at = 0;
  const auto count = column_count(version);
  row.cells.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (job_columns()[i].is_text)
      row.cells.emplace_back(statement.text(at++));
    else
      row.cells.emplace_back(statement.number(at++));
  }
  row.covered = statement.number(at);
  row.checksum = statement.number(at + 1);
  return row;
}

bool is_default(const Cell& cell) {
  const auto* text = std::get_if<std::string>(&cell);
  return text != nullptr ? text->empty() : std::get<std::int64_t>(cell) == 0;
}

}  // namespace

bool says_covered(int version) { return version >= kSaysCovered; }

// A column that came after a row was summed holds its default there: a migration that sets it
// has the row summed anew.
bool is_sound(const JobRow& row) {
  const auto cells = static_cast<std::int64_t>(row.cells.size());
  if (row.covered < kLeastCovered || row.covered > cells) return false;
  const auto covered = static_cast<std::size_t>(row.covered);
  return checksum(std::span(row.cells).first(covered)) == row.checksum &&
         std::all_of(row.cells.begin() + row.covered, row.cells.end(), is_default);
}

JobRow summed(std::vector<Cell> cells) {
  const auto sum = checksum(cells);
  const auto covered = static_cast<std::int64_t>(cells.size());
  return {std::move(cells), covered, sum};
}

Result<RowWriter> RowWriter::make(Database& database, int version) {
  auto put = database.prepare(put_sql(version));
  if (!put) return put.error();
  return RowWriter(std::move(*put), version >= kSaysCovered);
}

Result<void> RowWriter::put(const JobRow& row) {
  int at = 1;
  for (const auto& cell : row.cells)
    std::visit([&](const auto& value) { put_.bind(at++, value); }, cell);
  if (says_covered_) put_.bind(at++, row.covered);
  put_.bind(at, row.checksum);
  return put_.run();
}

RowScan scan_rows(Database& database, int version, const std::function<void(JobRow&&)>& visit) {
  RowScan found;
  if (auto next = database.number("SELECT value FROM meta WHERE key = 'next_id'");
      next && *next > 0)
    found.next_id = static_cast<JobId>(*next);
  else
    found.incomplete = true;
  auto rows = database.prepare(select_sql(version) + "WHERE id >= ? ORDER BY id");
  if (!rows) {
    found.incomplete = true;
    return found;
  }
  // A damaged page ends the scan, but the index above it may still lead to the pages behind: look
  // there in growing steps.
  std::int64_t from = 1, skip = 1;
  for (int tries = 0; tries < 1000 && from > 0; ++tries) {
    rows->bind(1, from);
    auto more = rows->step();
    for (; more && *more; more = rows->step()) {
      const auto id = rows->number(0);
      found.highest = static_cast<JobId>(id);
      if (auto row = row_in(*rows, version); is_sound(row)) {
        visit(std::move(row));
        ++found.rows;
      } else {
        found.lost.push_back(static_cast<JobId>(id));
      }
      from = id + 1;
      skip = 1;
    }
    rows->reset();
    if (more) break;
    found.incomplete = true;
    from += skip;
    skip = std::min<std::int64_t>(skip * 2, 1 << 20);
    if (from > static_cast<std::int64_t>(found.next_id) && found.next_id > 1) break;
  }
  found.next_id = std::max(found.next_id, found.highest + 1);
  return found;
}

Result<void> sum_marked_rows(Database& database, int version) {
  if (version < kSaysCovered) return {};
  auto marked = database.prepare(select_sql(version) +
                                 "WHERE checksum_columns = 0 AND id > ? ORDER BY id LIMIT 1");
  if (!marked) return marked.error();
  auto writer = RowWriter::make(database, version);
  if (!writer) return writer.error();
  for (std::int64_t last = 0;;) {
    marked->bind(1, last);
    auto more = marked->step();
    if (!more) return more.error();
    if (!*more) return {};
    last = marked->number(0);
    const auto row = summed(row_in(*marked, version).cells);
    marked->reset();
    if (auto how = writer->put(row); !how) return how;
  }
}

}  // namespace xmppftd

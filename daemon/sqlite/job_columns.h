// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/job.h"

namespace xmppftd {

/// One value of a row, as SQLite keeps it.
using Cell = std::variant<std::int64_t, std::string>;

/// The columns of table `jobs` in the order in which they came, `id` first; those that tell of the
/// checksum are left out.
struct JobColumn {
  std::string_view name;
  bool is_text;
  int since;  ///< the version of the journal that brought it
};
const std::vector<JobColumn>& job_columns();
/// How many of them a journal of this version has: the first ones.
std::size_t column_count(int version);

/// A record as cells, in the order of job_columns(), and back. A record of fewer cells is of an
/// older version, and has the rest by default. Errors: Config, naming a column and a word or number
/// that cannot be one of ours.
std::vector<Cell> to_cells(const JobRecord& record);
Result<JobRecord> from_cells(std::vector<Cell> cells);

/// Tells a row that a disk or a stray write changed from one that we wrote: FNV-1a, 64 bit.
std::int64_t checksum(std::span<const Cell> cells);
/// The same of a checkpoint.
std::int64_t checkpoint_checksum(JobId id, std::uint64_t bytes);

}  // namespace xmppftd

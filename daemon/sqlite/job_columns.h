// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/job.h"

namespace xmppftd {

/// One value of a row, as SQLite keeps it.
using Cell = std::variant<std::int64_t, std::string>;

/// The columns of table `jobs` in order, `id` first, the checksum left out.
struct JobColumn {
  std::string_view name;
  bool is_text;
};
const std::vector<JobColumn>& job_columns();

/// A record as cells, in the order of job_columns(), and back. Nothing when a word or number cannot
/// be one of ours.
std::vector<Cell> to_cells(const JobRecord& record);
std::optional<JobRecord> from_cells(std::vector<Cell> cells);

/// Tells a row that a disk or a stray write changed from one that we wrote (FNV-1a, 64 bit, over
/// all cells). Zeros at the end do not count, so that a row written before its last columns came
/// keeps its sum.
std::int64_t checksum(const std::vector<Cell>& cells) noexcept;

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/job.h"
#include "sqlite/database.h"
#include "sqlite/job_columns.h"

namespace xmppftd {

/// A row of table `jobs` as it lies in a journal of some version, whatever its words mean.
struct JobRow {
  std::vector<Cell> cells;    ///< those of job_columns() that its version has
  std::int64_t covered = 0;   ///< by the checksum: so many cells, from the first
  std::int64_t checksum = 0;  ///< over them
};

/// Does its checksum say that it is as it was written?
bool is_sound(const JobRow& row);
/// Do rows of this version say what their checksum covers?
bool says_covered(int version);
/// A row with a checksum over all cells.
JobRow summed(std::vector<Cell> cells);

/// Inserts a row, or replaces what is there of this id.
class RowWriter {
 public:
  /// Errors: Io.
  static Result<RowWriter> make(Database& database, int version);
  Result<void> put(const JobRow& row);

 private:
  explicit RowWriter(Statement put, bool says_covered)
      : put_(std::move(put)), says_covered_(says_covered) {}
  Statement put_;
  bool says_covered_;
};

/// What a scan found that is not a sound row.
struct RowScan {
  JobId next_id = 1;        ///< above every id that is there; 1 when not even that can be read
  JobId highest = 0;        ///< of the ids that are there
  std::size_t rows = 0;     ///< so many are sound
  std::vector<JobId> lost;  ///< ids of rows that are there, but not as they were written
  bool incomplete = false;  ///< some of the file could not be read at all
  bool sound() const noexcept { return lost.empty() && !incomplete; }
};

/// Visits the sound rows of a journal of this version, damaged or not, ascending by id.
RowScan scan_rows(Database& database, int version, const std::function<void(JobRow&&)>& visit);

/// Sums those rows anew that a migration to this version changed, and marked by covering 0 columns.
Result<void> sum_marked_rows(Database& database, int version);

}  // namespace xmppftd

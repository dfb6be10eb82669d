// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "base/result.h"
#include "model/job.h"
#include "sqlite/database.h"
#include "sqlite/job_rows.h"
#include "sqlite/journal_mark.h"

namespace xmppftd {

/// How jobs lie in the database: table `jobs` (a column per member of JobRecord, and a checksum),
/// `checkpoints` (JobRecord::durable, where it is not 0), `history`, and `meta` with the numbers
/// that only grow. migrations.cpp has the schema.
class JobTable {
 public:
  static constexpr std::int64_t kHistoryKept = 200;  ///< entries a job

  /// Prepares the statements. The database is of journal_version(). Errors: Io.
  static Result<JobTable> attach(Database& database);

  // Writes belong into a transaction of the caller.
  Result<void> put(const JobRecord& record);
  Result<void> remove(JobId id);
  /// For a job that is not there: nothing happens.
  Result<void> checkpoint(JobId id, std::uint64_t bytes);
  /// For a job that is not there: nothing happens.
  Result<void> add_step(JobId id, const HistoryEntry& entry);
  Result<void> set_numbers(const JournalNumbers& numbers);
  /// Oldest first.
  Result<std::vector<HistoryEntry>> history(JobId id);

 private:
  struct Statements {
    Statement checkpoint, no_checkpoint, remove, tell, trim, next_id, commits, history;
  };
  JobTable(RowWriter rows, Statements statements)
      : rows_(std::move(rows)), sql_(std::move(statements)) {}
  RowWriter rows_;
  Statements sql_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/job.h"
#include "sqlite/database.h"

namespace xmppftd {

/// How jobs lie in the database: table `jobs` (a column per member of JobRecord, and a checksum
/// over them), `history`, and `meta` with the next id to give out. The schema's version is PRAGMA
/// user_version; 2 added source_content.
class JobTable {
 public:
  static constexpr int kVersion = 2;
  static constexpr std::int64_t kHistoryKept = 200;  ///< entries a job

  /// Creates the schema in an empty database or brings an older one up to date, and prepares the
  /// statements. Errors: Config (written by a newer version), DiskFull, Io.
  static Result<JobTable> attach(Database& database);

  // Writes belong into a transaction of the caller.
  Result<void> put(const JobRecord& record);
  Result<void> remove(JobId id);
  /// For a job that is not there: nothing happens.
  Result<void> tell(JobId id, const HistoryEntry& entry);
  Result<void> set_next_id(JobId next);
  /// Oldest first.
  Result<std::vector<HistoryEntry>> history(JobId id);

  /// What a database holds, damaged or not: rows whose checksum fits, ascending by id.
  struct Contents {
    std::vector<JobRecord> jobs;
    JobId next_id = 1;        ///< 1 when not even that can be read
    std::vector<JobId> lost;  ///< ids of rows that are there but wrong
    bool incomplete = false;  ///< some of the file could not be read at all
  };
  static Contents read(Database& database);
  /// Visits the readable part of the story of all jobs, oldest first for each.
  static void read_history(Database& database,
                           const std::function<void(JobId, const HistoryEntry&)>& visit);

 private:
  struct Statements {
    Statement put, remove, tell, trim, next_id, history;
  };
  explicit JobTable(Statements statements) : sql_(std::move(statements)) {}
  Statements sql_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/job.h"
#include "sqlite/database.h"
#include "sqlite/job_rows.h"
#include "sqlite/journal_mark.h"

namespace xmppftd {

/// What a journal of journal_version() holds, damaged or not.
struct JournalContents {
  std::vector<JobRecord> jobs;  ///< ascending by id
  RowScan scan;
  /// "17: its direction is "sideways"": sound rows that say what this program does not know. They
  /// stay in the file as they are.
  std::vector<std::string> strange;
  JournalNumbers numbers;
  std::string loss;  ///< what is to be told of rows that were lost; "" = nothing
};
JournalContents read_journal(Database& database);

/// Copies what is sound in `from`, damaged or not, into `to`, which is empty but for the schema of
/// this version: rows as they are, and their stories. The rows that were `found` in it otherwise,
/// ascending by id, take precedence. Errors: DiskFull, Io, of `to`.
Result<RowScan> copy_journal(Database& from, Database& to, int version,
                             const std::vector<JobRow>& found = {});

/// Copies those jobs that are `wanted`, with their stories and checkpoints; both are of
/// journal_version(). The ids that were copied. Errors: as above.
Result<std::vector<JobId>> add_jobs(Database& from, Database& to,
                                    const std::function<bool(JobId)>& wanted);

}  // namespace xmppftd

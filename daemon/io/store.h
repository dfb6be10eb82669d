// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "base/callback.h"
#include "base/result.h"
#include "model/job.h"

namespace xmppftd {

/// The journal: what outlives the process. Writes are posted to its thread and grouped into one
/// commit; `done` is called on the core's loop once the commit is on disk, in the order of the
/// calls. Errors: DiskFull, Io.
class Store {
 public:
  using Done = Callback<void(Result<void>)>;
  virtual ~Store() = default;

  /// Inserts or replaces rows, all or none.
  virtual void put(std::vector<JobRecord> records, Done done) = 0;
  /// Writes JobRecord::durable alone, which is a small write: so many bytes of the part are synced.
  /// Not waited for, since what is lost of it only comes again. For a job that is not there:
  /// nothing happens.
  virtual void checkpoint(JobId id, std::uint64_t bytes) = 0;
  virtual void remove(std::vector<JobId> ids, Done done) = 0;
  /// Appends to a job's story, unless the last entry says the same: that one stands for a run of
  /// them. The last 200 entries a job are kept. Not waited for.
  virtual void add_step(JobId id, HistoryEntry entry) = 0;
  virtual void history(JobId id, Callback<void(Result<std::vector<HistoryEntry>>)> done) = 0;
};

/// What the journal held when it was opened.
struct Journaled {
  std::vector<JobRecord> jobs;  ///< ascending by id
  JobId next_id = 1;            ///< above every id ever given out
  bool degraded = false;        ///< rows were lost to corruption
  std::vector<std::string> warnings;
};

}  // namespace xmppftd

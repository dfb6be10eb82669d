// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "io/file.h"
#include "transfer/job_list.h"
#include "transfer/while_alive.h"

namespace xmppftd {

/// The part files of jobs that nobody writes to any more: kept for the sender's next offer of the
/// file, or removed.
class KeptParts {
 public:
  /// Both outlive it. `lost`: the part is in doubt, and the next attempt goes on with it already.
  KeptParts(Files& files, JobList& jobs, std::function<void(JobId)> lost)
      : files_(files), jobs_(jobs), lost_(std::move(lost)) {}

  /// The first `bytes` of it may serve again. They are synced; where that fails, now or before, the
  /// kernel may have dropped what it could not write, and says so once only. The part is in doubt
  /// then, and cut to what is known to be on disk.
  void keep(Job& job, std::shared_ptr<PartFile> part, std::uint64_t bytes);
  /// Nothing beyond what the journal knows to be on disk may be trusted.
  bool in_doubt(JobId id) const { return doubted_.count(id) != 0; }
  /// An attempt began with no more than that, or the job ended.
  void settle(JobId id) { doubted_.erase(id); }
  /// `part`: the one to remove, if it is known.
  void drop(Job& job, std::shared_ptr<PartFile> part);
  /// Has what no job knows any more removed from these folders, and from those of the jobs, once it
  /// has lain there for long: rows of the journal may be lost, and files with wrong content were
  /// left for a look.
  void sweep(std::set<std::string> folders);

 private:
  void sweep_next(std::set<std::string> folders, std::set<std::string> in_use);
  void cut(const Job& job, std::shared_ptr<PartFile> part);

  Files& files_;
  JobList& jobs_;
  const std::function<void(JobId)> lost_;
  std::set<JobId> doubted_;
  WhileAlive alive_;
};

}  // namespace xmppftd

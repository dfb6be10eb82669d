// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "io/timer.h"
#include "transfer/job_list.h"
#include "transfer/job_view.h"
#include "transfer/rate_meter.h"

namespace xmppftd {

/// Looks at active jobs: how fast they are, whether they stall (15 s without a byte: reason
/// `stalled`), and which creep: those that stall or are slow (under 256 B/s over 5 min) must not
/// keep others waiting. What a limit that was set takes of these times does not count. Its timer
/// runs only while something is active.
class ProgressWatch {
 public:
  /// None when the job does not run.
  using Sample = std::function<std::optional<JobSample>(JobId)>;
  using Creeps = std::function<void(JobId, bool slowly)>;

  /// `creeps` hears of each change.
  ProgressWatch(JobList& jobs, Timers& timers, Sample sample, Creeps creeps);

  /// A job became active.
  void add(JobId id);
  JobProgress progress(const JobRecord& record);

 private:
  struct Watched {
    RateMeter meter;
    std::uint64_t bytes;                 ///< at the last look
    Timers::Clock::time_point moved_at;  ///< when they last grew
    std::uint64_t mark;                  ///< bytes at
    Timers::Clock::time_point mark_at;   ///< this time, at most 5 min ago
    bool slow = false;                   ///< over those minutes
    bool creeps = false;
    JobReason before_stall = JobReason::None;
  };
  void look();
  void look_at(Job& job, Watched& watched, const JobSample& sample);

  JobList& jobs_;
  Timers& timers_;
  Sample sample_;
  Creeps creeps_;
  std::map<JobId, Watched> watched_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace xmppftd

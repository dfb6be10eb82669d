// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/timer.h"
#include "model/job.h"

namespace xmppftd {

/// Gathers changes of jobs for the JobsChanged signal: at once when it was quiet, else at most 4
/// times a second and 500 jobs each; more than that are told as none (list again).
class Changes {
 public:
  static constexpr std::chrono::milliseconds kInterval{250};
  static constexpr std::size_t kMost = 500;
  using Batch = std::vector<std::pair<JobId, std::string>>;

  Changes(Timers& timers, std::function<void(const Batch&)> tell)
      : timers_(timers), tell_(std::move(tell)) {}

  /// `word` is the new state or "removed".
  void add(JobId id, std::string_view word);

 private:
  void flush();

  Timers& timers_;
  std::function<void(const Batch&)> tell_;
  Batch batch_;  // one entry a job: the newest word, in the order of the last change
  bool too_many_ = false;
  Timers::Clock::time_point last_{};
  std::unique_ptr<Timer> timer_;
};

}  // namespace xmppftd

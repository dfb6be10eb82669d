// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "io/timer.h"
#include "transfer/queue.h"

namespace xmppftd {

/// Gives memory back while and after many jobs change: their records, rows and signals leave holes
/// in the heap.
class BurstTrim final : public TransferQueue::Observer {
 public:
  static constexpr std::chrono::seconds kEvery{3};
  static constexpr unsigned kBurst = 500;  ///< changes that are worth it

  explicit BurstTrim(Timers& timers) : timers_(timers) {}

  void on_job_changed(const JobView&) override { changed(); }
  void on_job_removed(JobId) override { changed(); }
  void on_degraded_changed(bool) override {}

 private:
  void changed();
  void look();

  Timers& timers_;
  unsigned changes_ = 0;          ///< since memory was given back
  std::unique_ptr<Timer> timer_;  ///< looks at them
};

}  // namespace xmppftd

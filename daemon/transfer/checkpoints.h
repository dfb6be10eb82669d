// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "io/bulk.h"
#include "io/file.h"
#include "io/timer.h"
#include "transfer/job_list.h"
#include "transfer/while_alive.h"

namespace xmppftd {

/// How much of a file that comes in is on disk for good: data before metadata. Every 8 MiB, and
/// every 2 s where less came, the part file is synced, and then the journal is told how far. One
/// sync at a time; a disk that is slower than the peer slows the peer, so that never more than
/// kAhead comes again after a power cut.
///
/// A process that is killed loses nothing that it wrote; this is for a machine that is.
class Checkpoints {
 public:
  static constexpr std::uint64_t kBytes = 8 << 20;
  /// Written and not synced, at most: as little as does not slow a disk that keeps up. Two steps in
  /// place of eight cost two thirds of the rate.
  static constexpr std::uint64_t kAhead = 8 * kBytes;
  static constexpr std::chrono::seconds kTime{2};
  /// How often `written` is looked at: the faster it grows, the oftener.
  static constexpr std::chrono::milliseconds kLook{100}, kLookFast{2};

  /// All outlive it. `written`: the bytes of the file that are there, in order from its first.
  /// `failed`: a sync did, so what came since the last one may be lost; called once, and may
  /// destroy it.
  Checkpoints(JobList& jobs, Files& files, Timers& timers, Job& job, std::shared_ptr<PartFile> part,
              std::function<std::uint64_t()> written, std::function<void(Error)> failed);

  /// How far the bytes may come.
  std::shared_ptr<const Reach> reach() const noexcept { return reach_; }

 private:
  void look();
  void sync(std::uint64_t bytes);

  JobList& jobs_;
  Files& files_;
  Timers& timers_;
  Job& job_;
  const std::shared_ptr<PartFile> part_;
  const std::function<std::uint64_t()> written_;
  const std::function<void(Error)> failed_;
  const std::shared_ptr<Reach> reach_;
  std::uint64_t synced_;
  std::uint64_t seen_;  ///< of `written`, at the last look
  std::chrono::milliseconds pause_ = kLookFast;
  Timers::Clock::time_point last_;
  bool syncing_ = false;
  std::unique_ptr<Timer> timer_;
  WhileAlive alive_;
};

}  // namespace xmppftd

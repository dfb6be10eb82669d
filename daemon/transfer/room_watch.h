// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "io/file.h"
#include "io/timer.h"
#include "model/job.h"
#include "transfer/queue_config.h"
#include "transfer/while_alive.h"

namespace xmppftd {

/// Jobs whose folder has no room for their files: looks now and then whether it has. Its timer runs
/// only while there are some.
class RoomWatch {
 public:
  static constexpr std::chrono::seconds kLookEvery{30};

  /// What a job waits for.
  struct Need {
    std::string folder;
    std::uint64_t bytes;  ///< for its file, beside what is kept free
  };
  /// `there_is` is told of a job once, which is no longer watched then, and in which look that was.
  using ThereIs = std::function<void(JobId, unsigned look)>;
  /// All outlive it.
  RoomWatch(Files& files, Timers& timers, const QueueConfig& config, ThereIs there_is);

  void add(JobId id, Need need);
  void remove(JobId id);

 private:
  void look();
  void look_at(JobId after);

  Files& files_;
  Timers& timers_;
  const QueueConfig& config_;
  const ThereIs there_is_;
  std::map<JobId, Need> needs_;
  std::unique_ptr<Timer> timer_;
  bool looking_ = false;
  unsigned look_ = 0;  ///< how many were made
  WhileAlive alive_;
};

}  // namespace xmppftd

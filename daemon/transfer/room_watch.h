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
    std::uint64_t bytes;      ///< for its file,
    std::uint64_t keep_free;  ///< and beside it
  };
  /// Both outlive it. `there_is` is told of a job once, which is no longer watched then.
  RoomWatch(Files& files, Timers& timers, std::function<void(JobId)> there_is);

  void add(JobId id, Need need);
  void remove(JobId id);

 private:
  void look();
  void look_at(JobId after);

  Files& files_;
  Timers& timers_;
  const std::function<void(JobId)> there_is_;
  std::map<JobId, Need> needs_;
  std::unique_ptr<Timer> timer_;
  bool looking_ = false;
  WhileAlive alive_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/callback.h"
#include "io/timer.h"

namespace xmppftd {

/// Runs tasks on the next turn of the loop, in order: for answers that must not come from inside the call.
class Later {
 public:
  explicit Later(Timers& timers) : timers_(timers) {}

  void run(Callback<void()> task) {
    tasks_.push_back(std::move(task));
    if (tasks_.size() == 1)
      timer_ = timers_.after(std::chrono::milliseconds(0), [this] {
        auto due = std::exchange(tasks_, {});
        for (auto& one : due) one();
      });
  }

 private:
  Timers& timers_;
  std::vector<Callback<void()>> tasks_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace xmppftd

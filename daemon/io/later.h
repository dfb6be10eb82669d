// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/callback.h"
#include "io/timer.h"

namespace xmppftd {

/// Calls back on the next turn of the loop, for operations that know their answer at once but
/// promised not to give it before they return. What is left when it is destroyed is never called.
class Later {
 public:
  explicit Later(Timers& timers) : timers_(timers) {}

  void run(Callback<void()> task) {
    tasks_.push_back(std::move(task));
    if (!timer_) timer_ = timers_.after(std::chrono::milliseconds(0), [this] { fire(); });
  }

 private:
  void fire() {
    timer_.reset();
    auto tasks = std::exchange(tasks_, {});
    const std::weak_ptr<char> alive = alive_;
    for (auto& task : tasks) {
      if (alive.expired()) return;  // one of them destroyed us
      task();
    }
  }

  Timers& timers_;
  std::vector<Callback<void()>> tasks_;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace xmppftd

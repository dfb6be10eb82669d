// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>

#include "base/callback.h"

namespace xmppftd {

/// A running timer. Destroying it stops it: `fire` is then never called.
class Timer {
 public:
  virtual ~Timer() = default;
};

/// Monotonic time and one-shot timers of the calling thread's loop. Tests fire them by hand.
class Timers {
 public:
  using Clock = std::chrono::steady_clock;
  virtual ~Timers() = default;
  virtual Clock::time_point now() const = 0;
  /// Calls `fire` once after `delay` (0 = on the next turn of the loop), never before this returns.
  /// `fire` may destroy the Timer.
  [[nodiscard]] virtual std::unique_ptr<Timer> after(std::chrono::milliseconds delay,
                                                     Callback<void()> fire) = 0;
};

}  // namespace xmppftd

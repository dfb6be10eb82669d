// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "io/timer.h"

namespace xmppftd {

/// Bytes per second of something that only grows, smoothed over about three seconds. Fed with what
/// was read whenever somebody looks; looks less than 100 ms apart change nothing.
class RateMeter {
 public:
  RateMeter(Timers::Clock::time_point now, std::uint64_t bytes) : at_(now), bytes_(bytes) {}
  void sample(Timers::Clock::time_point now, std::uint64_t bytes);
  std::uint64_t rate() const noexcept { return static_cast<std::uint64_t>(rate_); }

 private:
  Timers::Clock::time_point at_;
  std::uint64_t bytes_;
  double rate_ = 0;
  bool first_ = true;
};

}  // namespace xmppftd

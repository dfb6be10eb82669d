// SPDX-License-Identifier: MIT
#include "transfer/deadline.h"

#include <algorithm>

namespace xmppftd {

std::chrono::milliseconds time_left(WallTime since, std::chrono::milliseconds whole) {
  using std::chrono::milliseconds;
  const auto waited = std::chrono::duration_cast<milliseconds>(wall_now() - since);
  const auto least = std::min<milliseconds>(whole, std::chrono::hours(1));
  return std::clamp(whole - waited, least, whole);
}

WallTime wall_time_at(Timers::Clock::time_point then, const Timers& timers) {
  return wall_now() + std::chrono::duration_cast<WallTime::duration>(then - timers.now());
}

}  // namespace xmppftd

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

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "transfer/rate_meter.h"

#include <cmath>

namespace xmppftd {

void RateMeter::sample(Timers::Clock::time_point now, std::uint64_t bytes) {
  const std::chrono::duration<double> passed = now - at_;
  if (passed < std::chrono::milliseconds(100)) return;
  const double latest = bytes > bytes_ ? static_cast<double>(bytes - bytes_) / passed.count() : 0;
  // The first reading has nothing to be smoothed with; later ones weigh as much as the time they
  // cover.
  const double weight = first_ ? 1 : 1 - std::exp(-passed.count() / 3);
  rate_ += weight * (latest - rate_);
  first_ = false;
  at_ = now;
  bytes_ = bytes;
}

}  // namespace xmppftd

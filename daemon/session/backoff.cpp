// SPDX-License-Identifier: MIT
#include "session/backoff.h"

#include <algorithm>

namespace xmppftd {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirst = 1s;
constexpr std::chrono::milliseconds kLongest = 300s;
constexpr std::chrono::milliseconds kFirstRefusal = 5min;
constexpr std::chrono::milliseconds kLaterRefusal = 1h;
constexpr std::chrono::milliseconds kConflict = 60s;
constexpr std::chrono::milliseconds kGoodSession = 60s;
constexpr unsigned kDoublings = 9;  // 2^9 s > 300 s

}  // namespace

std::chrono::milliseconds Backoff::next(Errc why, std::chrono::milliseconds lasted) {
  if (lasted >= kGoodSession) reset();
  if (why == Errc::AuthFailed || why == Errc::Tls)
    return spread(refusals_++ == 0 ? kFirstRefusal : kLaterRefusal, 1.0, 1.2);
  if (why == Errc::Conflict) return spread(kConflict, 1.0, 1.2);
  const auto wait = std::min(kLongest, kFirst * (1U << std::min(failures_, kDoublings)));
  ++failures_;
  return spread(wait, 0.8, 1.2);
}

void Backoff::reset() { failures_ = refusals_ = 0; }

std::chrono::milliseconds Backoff::spread(std::chrono::milliseconds wait, double from, double to) {
  const double factor = from + (to - from) * random_();
  return std::chrono::duration_cast<std::chrono::milliseconds>(wait * factor);
}

}  // namespace xmppftd

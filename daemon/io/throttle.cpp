// SPDX-License-Identifier: MIT
#include "io/throttle.h"

#include <algorithm>

namespace xmppftd {
namespace {

constexpr std::chrono::milliseconds kDepth{50};  // may be moved at once by who moved nothing before
constexpr std::uint64_t kPiecesASecond = 20;
constexpr std::chrono::hours kLongest{24};  // a turn further away would overflow the clock some day

Throttle::Clock::duration time_for(std::uint64_t bytes, std::uint64_t rate) {
  const std::chrono::duration<double> time(static_cast<double>(bytes) / static_cast<double>(rate));
  if (time >= kLongest) return kLongest;
  return std::chrono::duration_cast<Throttle::Clock::duration>(time);
}

}  // namespace

void Throttle::set_rate(std::uint64_t bytes_per_second) {
  const std::lock_guard lock(mutex_);
  if (rate() == bytes_per_second) return;
  rate_.store(bytes_per_second, std::memory_order_relaxed);
  changes_.fetch_add(1, std::memory_order_relaxed);
  paid_until_ = Clock::time_point::min();
}

Throttle::Turn Throttle::pay(std::uint64_t bytes, Clock::time_point now) {
  if (rate() == 0) return {};
  const std::lock_guard lock(mutex_);
  const auto rate = this->rate();
  if (rate == 0) return {};
  paid_until_ = std::max(paid_until_, now - kDepth) + time_for(bytes, rate);
  return {paid_until_, changes_.load(std::memory_order_relaxed)};
}

Pace::Clock::time_point Pace::due() const noexcept {
  auto due = Clock::time_point::min();
  for (const auto* limit : {&own_, &shared_})
    if (limit->throttle) due = std::max(due, limit->throttle->due(limit->turn));
  return due;
}

std::uint64_t Pace::piece(std::uint64_t most) const noexcept {
  for (const auto* limit : {&own_, &shared_})
    if (const auto rate = limit->throttle ? limit->throttle->rate() : 0; rate != 0)
      most = std::min(most, std::max<std::uint64_t>(1, rate / kPiecesASecond));
  return most;
}

void Pace::pay(std::uint64_t bytes, Clock::time_point now) {
  for (auto* limit : {&own_, &shared_})
    if (limit->throttle) limit->turn = limit->throttle->pay(bytes, now);
}

}  // namespace xmppftd

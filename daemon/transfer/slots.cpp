// SPDX-License-Identifier: MIT
#include "transfer/slots.h"

#include <algorithm>
#include <utility>

namespace xmppftd {

Slots::Lease::Lease(Lease&& other) noexcept
    : slots_(std::exchange(other.slots_, nullptr)), entry_(other.entry_) {}

Slots::Lease& Slots::Lease::operator=(Lease&& other) noexcept {
  std::swap(slots_, other.slots_);
  std::swap(entry_, other.entry_);
  return *this;
}

Slots::Lease::~Lease() {
  if (slots_ == nullptr) return;
  slots_->live_.erase(entry_);
  slots_->notify();
}

void Slots::Lease::busy() { step(true); }
void Slots::Lease::idle() { step(false); }

void Slots::Lease::step(bool moves) {
  if (slots_ == nullptr) return;
  entry_->moves = moves;
  entry_->creeps = false;
  entry_->since = slots_->timers_.now();
  slots_->notify();
}

void Slots::Lease::creeps(bool slowly) {
  if (slots_ == nullptr || entry_->creeps == slowly) return;
  entry_->creeps = slowly;
  slots_->notify();
}

Slots::Slots(Timers& timers, const QueueConfig& config, std::function<void()> freed)
    : timers_(timers), config_(config), freed_(std::move(freed)) {}

Slots::Lease Slots::take(Direction direction) {
  return {*this, live_.insert(live_.end(), Entry{direction, false, false, timers_.now()})};
}

bool Slots::counts(const Entry& entry) const {
  if (entry.moves) return !entry.creeps;
  return entry.direction == Direction::Out && timers_.now() - entry.since < kPatience;
}

bool Slots::may_send() {
  std::size_t all_sending = 0, sending = 0, receiving = 0;
  auto oldest = Timers::Clock::time_point::max();  // of those whose time runs out
  for (const auto& entry : live_) {
    if (entry.direction == Direction::Out) ++all_sending;
    if (!counts(entry)) continue;
    ++(entry.direction == Direction::Out ? sending : receiving);
    if (!entry.moves) oldest = std::min(oldest, entry.since);
  }
  if (all_sending >= kMaxSending) return false;
  const std::size_t limit = config_.max_active;
  const std::size_t kept = std::max<std::size_t>(1, limit / 2);
  if (sending + std::min(receiving, limit - kept) < limit) return true;
  if (oldest != Timers::Clock::time_point::max() && !patience_) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(oldest + kPatience - timers_.now());
    patience_ = timers_.after(left, [this] {
      patience_.reset();
      notify();
    });
  }
  return false;
}

void Slots::notify() {
  if (freed_) freed_();
}

}  // namespace xmppftd

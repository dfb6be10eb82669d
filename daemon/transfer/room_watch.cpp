// SPDX-License-Identifier: MIT
#include "transfer/room_watch.h"

#include <utility>

namespace xmppftd {

RoomWatch::RoomWatch(Files& files, Timers& timers, const QueueConfig& config, ThereIs there_is)
    : files_(files), timers_(timers), config_(config), there_is_(std::move(there_is)) {}

void RoomWatch::add(JobId id, Need need) {
  needs_[id] = std::move(need);
  if (!timer_) timer_ = timers_.after(kLookEvery, [this] { look(); });
}

void RoomWatch::remove(JobId id) { needs_.erase(id); }

void RoomWatch::look() {
  timer_.reset();
  if (needs_.empty()) return;
  timer_ = timers_.after(kLookEvery, [this] { look(); });
  // A disk that takes long to answer is asked once.
  if (std::exchange(looking_, true)) return;
  ++look_;
  look_at(0);
}

/// One after another, the oldest first.
void RoomWatch::look_at(JobId after) {
  const auto next = needs_.upper_bound(after);
  if (next == needs_.end()) {
    looking_ = false;
    return;
  }
  const auto& [id, need] = *next;
  files_.check_place(need.folder, need.bytes, config_.keep_free,
                     alive_.wrap([this, id = id](Result<void> good) {
                       if (good && needs_.erase(id) != 0) there_is_(id, look_);
                       look_at(id);
                     }));
}

}  // namespace xmppftd

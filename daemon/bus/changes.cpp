// SPDX-License-Identifier: MIT
#include "bus/changes.h"

#include <algorithm>

namespace xmppftd {

void Changes::add(JobId id, std::string_view word) {
  if (!too_many_) {
    batch_.erase(std::remove_if(batch_.begin(), batch_.end(),
                                [&](const auto& row) { return row.first == id; }),
                 batch_.end());
    batch_.emplace_back(id, word);
    if (batch_.size() > kMost) {
      too_many_ = true;
      batch_.clear();
    }
  }
  if (timer_) return;
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(timers_.now() - last_);
  timer_ =
      timers_.after(std::max(kInterval - since, std::chrono::milliseconds(0)), [this] { flush(); });
}

void Changes::flush() {
  timer_.reset();
  last_ = timers_.now();
  const Batch batch = std::move(batch_);
  batch_.clear();
  too_many_ = false;
  tell_(batch);
}

}  // namespace xmppftd

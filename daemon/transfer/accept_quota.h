// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "io/timer.h"

namespace xmppftd {

/// Bounds what rules accept from one bare JID within 24 h, so that a contact whose account was
/// stolen cannot fill the disk at leisure.
class AcceptQuota {
 public:
  /// Takes `size` bytes off the peer's share, if that has them.
  bool take(const std::string& bare, std::uint64_t size, std::uint64_t share,
            Timers::Clock::time_point now) {
    auto& day = days_.try_emplace(bare, Day{now, 0}).first->second;
    if (now - day.since >= std::chrono::hours(24)) day = {now, 0};
    if (size > share - std::min(day.used, share)) return false;
    day.used += size;
    return true;
  }

  /// Nothing of that was taken in after all.
  void give_back(const std::string& bare, std::uint64_t size) {
    const auto day = days_.find(bare);
    if (day != days_.end()) day->second.used -= std::min(day->second.used, size);
  }

 private:
  struct Day {
    Timers::Clock::time_point since;
    std::uint64_t used;
  };
  std::map<std::string, Day> days_;
};

}  // namespace xmppftd

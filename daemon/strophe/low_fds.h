// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/select.h>

#include <cstddef>
#include <vector>

#include "base/unique_fd.h"

namespace xmppftd {

/// Keeps a few descriptors that select() can take: libstrophe waits by select(), and one of 1,024
/// or more aborts the process. One is closed just before libstrophe opens its
/// socket, which then gets the lowest free number; if another thread was faster, the attempt fails
/// and is made anew with the next.
class LowFds {
 public:
  LowFds() { refill(); }

  static bool fits(int fd) noexcept { return fd >= 0 && fd < FD_SETSIZE; }
  /// False when none is left.
  bool make_room() noexcept {
    if (spare_.empty()) return false;
    spare_.pop_back();
    return true;
  }
  void refill() {
    while (spare_.size() < kSpare) {
      UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      if (!fits(fd.get())) return;
      spare_.push_back(std::move(fd));
    }
  }

 private:
  static constexpr std::size_t kSpare = 4;
  std::vector<UniqueFd> spare_;
};

}  // namespace xmppftd

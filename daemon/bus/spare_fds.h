// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <vector>

#include "base/unique_fd.h"

namespace xmppftd {

/// Descriptors kept for those that come with messages. A connection that finds no number for one of
/// them is broken for good (sd-bus: EXFULL), and the daemon would have to end. They are let go
/// while messages are read; another thread may be faster then, which costs no more than having kept
/// none. As long as there are as many free numbers anyway they stay: to close and open them all at
/// each wake costs more than most messages.
class SpareFds {
 public:
  explicit SpareFds(std::size_t count) : count_(count) { hold(); }

  void let_go() {
    if (!plenty()) spare_.clear();
  }
  void hold() {
    while (spare_.size() < count_) {
      UniqueFd fd(spare_.empty() ? ::open("/dev/null", O_RDONLY | O_CLOEXEC)
                                 : ::fcntl(spare_.front().get(), F_DUPFD_CLOEXEC, 0));
      if (!fd) return;  // more, the next time
      spare_.push_back(std::move(fd));
    }
  }

 private:
  /// The highest numbers below the limit are free, as many as we keep. The lowest free one is
  /// always given first, so these are used only in a table that is nearly full, or was. poll()
  /// tells of all of them in one call.
  bool plenty() const {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < count_) return false;
    if (limit.rlim_cur > INT_MAX) return true;
    std::vector<pollfd> highest;
    for (std::size_t i = 1; i <= count_; ++i)
      highest.push_back({static_cast<int>(limit.rlim_cur - i), 0, 0});
    return ::poll(highest.data(), highest.size(), 0) >= 0 &&
           std::all_of(highest.begin(), highest.end(),
                       [](const pollfd& one) { return one.revents == POLLNVAL; });
  }

  const std::size_t count_;
  std::vector<UniqueFd> spare_;
};

}  // namespace xmppftd

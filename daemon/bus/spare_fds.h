// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>

#include <cstddef>
#include <vector>

#include "base/unique_fd.h"

namespace xmppftd {

/// Descriptors kept for those that come with messages. A connection that finds no number for one of them is broken for
/// good (sd-bus: EXFULL), and the daemon would have to end. They are let go while messages are read; another thread may
/// be faster then, which costs no more than having kept none.
class SpareFds {
 public:
  explicit SpareFds(std::size_t count) : count_(count) { hold(); }

  void let_go() noexcept { spare_.clear(); }
  void hold() {
    while (spare_.size() < count_) {
      UniqueFd fd(spare_.empty() ? ::open("/dev/null", O_RDONLY | O_CLOEXEC)
                                 : ::fcntl(spare_.front().get(), F_DUPFD_CLOEXEC, 0));
      if (!fd) return;  // more, the next time
      spare_.push_back(std::move(fd));
    }
  }

 private:
  const std::size_t count_;
  std::vector<UniqueFd> spare_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <mutex>

namespace xmppftd {

/// How another thread frees the XMPP thread from inside libstrophe, which waits for ever in a TLS
/// handshake with a server that falls silent: it shuts the connection down. The mutex keeps the
/// descriptor's number ours for as long as another thread may use it.
class Lifeline {
 public:
  using Clock = std::chrono::steady_clock;

  /// Around every call into libstrophe that can wait; `fd` is the connection's, -1 = none yet.
  class Inside {
   public:
    Inside(Lifeline& line, int fd) : line_(line) {
      const std::lock_guard lock(line_.mutex_);
      line_.fd_ = fd;
      line_.since_ = Clock::now();
      line_.inside_ = true;
      line_.cut_ = false;
    }
    ~Inside() {
      const std::lock_guard lock(line_.mutex_);
      line_.inside_ = false;
      line_.fd_ = -1;
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    Lifeline& line_;
  };

  /// The connection's descriptor changed while inside; -1 before it is closed.
  void hold(int fd) {
    const std::lock_guard lock(mutex_);
    fd_ = fd;
  }
  /// Whether the call that ended last had been cut.
  bool was_cut() const {
    const std::lock_guard lock(mutex_);
    return cut_;
  }
  /// From any thread. True when the connection was shut down now.
  bool cut_if_stuck(std::chrono::milliseconds limit) {
    const std::lock_guard lock(mutex_);
    if (!inside_ || fd_ < 0 || Clock::now() - since_ < limit) return false;
    cut_ = true;
    return ::shutdown(fd_, SHUT_RDWR) == 0;
  }

 private:
  mutable std::mutex mutex_;
  int fd_ = -1;
  Clock::time_point since_;
  bool inside_ = false;
  bool cut_ = false;
};

}  // namespace xmppftd

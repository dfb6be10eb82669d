// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <vector>

#include "base/unique_fd.h"
#include "io/poster.h"

namespace xmppftd {

/// The way into an epoll thread: a queue of tasks and the eventfd that wakes it.
class Inbox final : public Poster {
 public:
  Inbox();

  /// Readable while tasks wait.
  int fd() const noexcept { return event_.get(); }
  /// Any thread. After close() the task is destroyed unrun.
  void post(Callback<void()> task) override;
  /// All that waits, in order. Only the thread that serves the inbox.
  std::vector<Callback<void()>> take();
  void close();

 private:
  UniqueFd event_;
  std::mutex mutex_;
  std::vector<Callback<void()>> tasks_;  // guarded by mutex_
  bool closed_ = false;                  // guarded by mutex_
};

}  // namespace xmppftd

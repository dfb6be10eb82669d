// SPDX-License-Identifier: MIT
#pragma once

#include <unordered_set>

#include "base/callback.h"
#include "base/unique_fd.h"
#include "uv/handle.h"
#include "uv/loop.h"

namespace xmppftd {

class EdgeWatch;

/// One edge-triggered epoll behind one libuv handle, made once so that a new connection needs no
/// descriptor for it. Outlives its EdgeWatches.
class EdgePoll {
 public:
  explicit EdgePoll(Loop& loop);

 private:
  friend class EdgeWatch;
  void on_readable();

  UniqueFd epoll_;
  UvHandle<uv_poll_t> poll_;
  std::unordered_set<EdgeWatch*> watches_;
};

/// Wakes its owner when a foreign socket turns readable or writable. Nobody but the kernel knows
/// whether libstrophe still has bytes to send; an edge tells exactly once that there is room for
/// them, and an idle connection costs nothing.
class EdgeWatch {
 public:
  /// `woken` may destroy the EdgeWatch.
  EdgeWatch(EdgePoll& poll, Callback<void()> woken);
  ~EdgeWatch();
  EdgeWatch(const EdgeWatch&) = delete;
  EdgeWatch& operator=(const EdgeWatch&) = delete;

  /// Watches a duplicate of `fd` instead of what was watched before. False when out of descriptors.
  bool watch(int fd);
  /// Closes the duplicate: while it is open the connection lives.
  void drop() noexcept;
  /// The duplicate; -1 = none.
  int fd() const noexcept { return own_.get(); }
  /// Which of the poll(2) `events` are there now; errors and hang-ups count as readable.
  short ready(short events) const noexcept;

 private:
  friend class EdgePoll;
  EdgePoll& poll_;
  UniqueFd own_;
  Callback<void()> woken_;
};

/// Calls its owner on the next turn of the loop, once however often it was asked.
class Soon {
 public:
  /// `run` may destroy the Soon.
  Soon(Loop& loop, Callback<void()> run);
  void ask() noexcept;

 private:
  Callback<void()> run_;
  UvHandle<uv_idle_t> idle_;
};

}  // namespace xmppftd

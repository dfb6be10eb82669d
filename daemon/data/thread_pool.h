// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "io/poster.h"

namespace xmppftd {

/// A few threads that take tasks from one queue, first come first served. Long work posts itself
/// again in slices, which keeps it fair and its end near.
class ThreadPool final : public Poster {
 public:
  ThreadPool(const char* name, unsigned threads);
  /// Tasks under way end; those that wait are destroyed unrun.
  ~ThreadPool() override;
  void post(Callback<void()> task) override;

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Callback<void()>> tasks_;  // guarded by mutex_
  bool stopping_ = false;               // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace xmppftd

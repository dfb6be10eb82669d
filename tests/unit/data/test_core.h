// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/result.h"
#include "io/poster.h"

namespace xmppftd::test {

/// Core's thread, for tests: tasks wait here until the test runs them, and waiting for one needs no
/// clock.
class TestCore final : public Poster {
 public:
  void post(Callback<void()> task) override {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
  }

  /// Waits until `count` tasks are here, without running them.
  void await_posted(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return tasks_.size() >= count; });
  }
  std::size_t posted() {
    const std::lock_guard lock(mutex_);
    return tasks_.size();
  }

  /// Runs tasks, waiting for them, until `done()`.
  template <class Done>
  void run_until(Done done) {
    while (!done()) {
      await_posted(1);
      run_pending();
    }
  }
  void run_pending() {
    std::deque<Callback<void()>> tasks;
    {
      const std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    for (auto& task : tasks) task();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Callback<void()>> tasks_;
};

/// Where a callback leaves its result, and how often it was called.
template <class T>
struct Outcome {
  std::optional<Result<T>> result;
  int calls = 0;

  Callback<void(Result<T>)> callback() {
    return [this](Result<T> given) {
      result.emplace(std::move(given));
      ++calls;
    };
  }
  bool arrived() const { return calls > 0; }
  /// Internal stands for success here, so that a test that expects an error fails on it.
  Errc error() const { return result && !*result ? result->error().code : Errc::Internal; }
};

}  // namespace xmppftd::test

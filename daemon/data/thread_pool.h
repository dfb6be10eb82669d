// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>

#include "io/poster.h"

namespace xmppftd {

/// A few threads that take tasks from one queue, first come first served. Long work posts itself
/// again in slices, which keeps it fair and its end near.
///
/// A task can hang for as long as a file system does not answer. Where none was taken from a queue
/// that waits for kHung, there is one thread more, up to `most`: one dead disk must not hold up
/// another's files.
class ThreadPool final : public Poster {
 public:
  static constexpr std::chrono::milliseconds kHung{200};

  ThreadPool(const char* name, unsigned threads, unsigned most = 64);
  /// Tasks under way end; those that wait are destroyed unrun.
  ~ThreadPool() override;
  void post(Callback<void()> task) override;
  /// The same, but waits no longer than until then: false = some task hangs. Its thread is left
  /// behind, with all that the task uses; the process should end soon.
  [[nodiscard]] bool end(std::chrono::steady_clock::time_point until);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the threads
};

}  // namespace xmppftd

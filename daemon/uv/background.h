// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "io/background.h"
#include "io/poster.h"

namespace xmppftd {

/// One thread of its own: libuv's pool is no place for settings, a black-hole resolver may hold it
/// for 20 s.
class BackgroundThread final : public Background {
 public:
  /// `loop` outlives this.
  explicit BackgroundThread(Poster& loop);
  ~BackgroundThread() override;
  void run(Callback<void()> work, Callback<void()> then) override;

 private:
  struct Task {
    Callback<void()> work;
    Callback<void()> then;
  };
  void loop();

  Poster& home_;
  // shared with posted tasks, read on home_ only
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;  // guarded by mutex_
  bool stopping_ = false;   // guarded by mutex_
  std::thread thread_;
};

}  // namespace xmppftd

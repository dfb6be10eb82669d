// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include <memory>
#include <mutex>
#include <vector>

#include "io/poster.h"
#include "io/timer.h"
#include "uv/handle.h"

namespace xmppftd {

/// One thread's libuv loop. Made, run and destroyed on one thread; only `post()` may be called from
/// others. Destruction runs the loop dry and aborts when a handle was leaked, so a leak fails its
/// test.
class Loop final : public Poster, public Timers {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() override;

  /// Runs until stop().
  void run();
  /// Runs what is due now without waiting; for tests.
  void run_pending();
  void stop();
  uv_loop_t* native() noexcept { return loop_.get(); }

  void post(Callback<void()> task) override;
  Clock::time_point now() const override { return Clock::now(); }
  [[nodiscard]] std::unique_ptr<Timer> after(std::chrono::milliseconds delay,
                                             Callback<void()> fire) override;

 private:
  void drain();

  std::unique_ptr<uv_loop_t> loop_;
  UvHandle<uv_async_t> wake_;
  std::mutex mutex_;
  std::vector<Callback<void()>> inbox_;  // guarded by mutex_
  bool closed_ = false;                  // guarded by mutex_
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "uv/loop.h"

#include <utility>

namespace xmppftd {
namespace {

class UvTimer final : public Timer {
 public:
  UvTimer(uv_loop_t* loop, std::chrono::milliseconds delay, Callback<void()> fire)
      : handle_(new uv_timer_t), fire_(std::move(fire)) {
    uv_must(uv_timer_init(loop, handle_.get()), "uv_timer_init");
    handle_->data = this;
    // libuv counts from the loop's cached time: after a long turn that would fire early.
    uv_update_time(loop);
    uv_timer_start(
        handle_.get(),
        [](uv_timer_t* handle) {
          auto* self = static_cast<UvTimer*>(handle->data);
          if (self == nullptr) return;
          auto fire_now = std::move(self->fire_);  // may destroy us
          fire_now();
        },
        static_cast<std::uint64_t>(delay.count() < 0 ? 0 : delay.count()), 0);
  }

 private:
  UvHandle<uv_timer_t> handle_;
  Callback<void()> fire_;
};

}  // namespace

Loop::Loop() : loop_(std::make_unique<uv_loop_t>()), wake_(new uv_async_t) {
  uv_must(uv_loop_init(loop_.get()), "uv_loop_init");
  wake_->data = this;
  uv_must(uv_async_init(loop_.get(), wake_.get(),
                        [](uv_async_t* handle) {
                          if (auto* self = static_cast<Loop*>(handle->data)) self->drain();
                        }),
          "uv_async_init");
}

Loop::~Loop() {
  std::vector<Callback<void()>> unrun;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    unrun.swap(inbox_);
  }
  unrun.clear();
  wake_.reset();
  uv_run(loop_.get(), UV_RUN_DEFAULT);
  uv_must(uv_loop_close(loop_.get()), "uv_loop_close");
}

void Loop::run() { uv_run(loop_.get(), UV_RUN_DEFAULT); }
void Loop::run_pending() { uv_run(loop_.get(), UV_RUN_NOWAIT); }
void Loop::stop() { uv_stop(loop_.get()); }

void Loop::post(Callback<void()> task) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  inbox_.push_back(std::move(task));
  // Under the lock, so that the handle cannot be closed in between.
  if (inbox_.size() == 1) uv_async_send(wake_.get());
}

void Loop::drain() {
  std::vector<Callback<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(inbox_);
  }
  for (auto& task : tasks) task();
}

std::unique_ptr<Timer> Loop::after(std::chrono::milliseconds delay, Callback<void()> fire) {
  return std::make_unique<UvTimer>(loop_.get(), delay, std::move(fire));
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "uv/background.h"

namespace xmppftd {

BackgroundThread::BackgroundThread(Poster& loop) : home_(loop), thread_([this] { this->loop(); }) {}

BackgroundThread::~BackgroundThread() {
  *alive_ = false;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void BackgroundThread::run(Callback<void()> work, Callback<void()> then) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back({std::move(work), std::move(then)});
  }
  wake_.notify_one();
}

void BackgroundThread::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;  // stopping, and all that was begun is finished
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task.work();
    home_.post([alive = alive_, task = std::move(task)]() mutable {
      if (*alive) task.then();
    });
    lock.lock();
  }
}

}  // namespace xmppftd

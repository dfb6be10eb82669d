// SPDX-License-Identifier: MIT
#include "data/thread_pool.h"

#include <utility>

#include "data/threads.h"

namespace xmppftd {

ThreadPool::ThreadPool(const char* name, unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) threads_.push_back(start_thread(name, [this] { run(); }));
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ThreadPool::post(Callback<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void ThreadPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (stopping_) return;
    {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }  // what the task owned dies outside the lock
    lock.lock();
  }
}

}  // namespace xmppftd

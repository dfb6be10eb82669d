// SPDX-License-Identifier: MIT
#include "data/thread_pool.h"

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "data/threads.h"

namespace xmppftd {
namespace {

constexpr std::chrono::seconds kIdle{10};  // then a thread that was started for a hung one goes

}  // namespace

struct ThreadPool::State : std::enable_shared_from_this<State> {
  State(const char* its_name, unsigned its_base, unsigned its_most)
      : name(its_name), base(its_base), most(its_most) {}

  const char* const name;
  const unsigned base, most;
  std::mutex mutex;
  std::condition_variable changed;  // for threads: a task, or the end
  std::condition_variable full;     // for the watcher: a task came and nobody was free
  std::condition_variable gone;     // for end(): a thread ended
  // All guarded by the mutex.
  std::deque<Callback<void()>> tasks;
  std::uint64_t taken = 0;
  unsigned threads = 0, idle = 0;
  bool watched = false;  // there is a watcher; it counts as no thread
  bool stopping = false;

  /// False where the system has no thread left.
  bool start(void (State::*body)()) {
    try {
      start_thread(name, [self = shared_from_this(), body] { (*self.*body)(); }).detach();
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }
  void run();
  void watch();
};

void ThreadPool::State::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    ++idle;
    const bool woken = changed.wait_for(lock, kIdle, [this] { return stopping || !tasks.empty(); });
    --idle;
    if (stopping || (!woken && threads > base)) break;
    if (!woken) {
      // Nothing to do for a while: from now on without waking up.
      ++idle;
      changed.wait(lock, [this] { return stopping || !tasks.empty(); });
      --idle;
      if (stopping) break;
    }
    ++taken;
    {
      auto task = std::move(tasks.front());
      tasks.pop_front();
      lock.unlock();
      task();
    }  // what the task owned dies outside the lock
    lock.lock();
  }
  --threads;
  gone.notify_all();
}

/// Starts threads for those that hang.
void ThreadPool::State::watch() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    full.wait(lock, [this] { return stopping || !tasks.empty(); });
    const auto before = taken;
    full.wait_for(lock, kHung, [this] { return stopping; });
    if (stopping || tasks.empty() || taken != before || threads >= most) continue;
    if (start(&State::run)) ++threads;
  }
  watched = false;
  gone.notify_all();
}

ThreadPool::ThreadPool(const char* name, unsigned threads, unsigned most)
    : state_(std::make_shared<State>(name, threads, most)) {
  const std::lock_guard lock(state_->mutex);
  for (; state_->threads < threads; ++state_->threads)
    if (!state_->start(&State::run)) throw std::system_error(EAGAIN, std::generic_category(), name);
}

ThreadPool::~ThreadPool() {
  while (!end(std::chrono::steady_clock::now() + std::chrono::hours(1))) {
  }
}

void ThreadPool::post(Callback<void()> task) {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping) return;
  state_->tasks.push_back(std::move(task));
  state_->changed.notify_one();
  if (state_->idle >= state_->tasks.size()) return;
  if (state_->watched) {
    state_->full.notify_one();
  } else {
    state_->watched = state_->start(&State::watch);
  }
}

bool ThreadPool::end(std::chrono::steady_clock::time_point until) {
  std::deque<Callback<void()>> unrun;
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  unrun.swap(state_->tasks);
  state_->changed.notify_all();
  state_->full.notify_all();
  return state_->gone.wait_until(lock, until,
                                 [this] { return state_->threads == 0 && !state_->watched; });
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/unique_fd.h"
#include "data/inbox.h"
#include "data/stream_task.h"

namespace xmppftd {

/// One thread that moves the bytes of many streams: epoll, an inbox, one buffer for all, and a
/// timer for whoever waits. A step moves at most a quantum and epoll goes round, so streams share
/// fairly. Without streams it sleeps until its inbox wakes it.
class Worker {
 public:
  using TaskId = std::uint64_t;
  using Clock = StreamTask::Clock;

  Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  /// Drops its streams and joins, within a quantum.
  ~Worker();
  /// The same, but waits no longer than until then: false = a file system does not answer. Then
  /// this object must be left to the thread.
  [[nodiscard]] bool end(Clock::time_point until);

  /// From core: takes the task; its answer comes unless it is dropped first.
  TaskId start(std::unique_ptr<StreamTask> task);
  /// On our own thread (post it): lets go of the task's socket and file. A task that has ended is
  /// none.
  void drop(TaskId id);
  /// On our own thread too: a task for later.
  void at(Clock::time_point time, Callback<void()> task);
  /// Other work for this thread, in order; each piece no longer than a quantum. Shared, so that
  /// handles may outlive us.
  const std::shared_ptr<Inbox>& inbox() const noexcept { return inbox_; }
  /// It has been in one step for a second: a file system does not answer.
  bool hangs() const noexcept;
  /// Streams that it has now.
  unsigned load() const noexcept { return load_.load(std::memory_order_relaxed); }

 private:
  struct Stream {
    std::unique_ptr<StreamTask> task;
    TaskId id = 0;
    std::uint32_t watched = 0;
    Clock::time_point wakes{};  ///< its place in alarms_; never later than the task's deadline
  };

  void run();
  void adopt(TaskId id, std::unique_ptr<StreamTask> task);
  void step(Stream& stream);
  void keep_up(Stream& stream);
  /// Forgets the stream; the task is the caller's to conclude or to drop.
  std::unique_ptr<StreamTask> take_out(Stream& stream);
  void ring_alarms();
  int milliseconds_to_alarm() const;

  const std::shared_ptr<Inbox> inbox_;
  TaskId next_id_ = 1;  // core's
  std::atomic<unsigned> load_{0};
  std::atomic<Clock::rep> busy_since_{0};  // the clock's ticks; 0 = waiting

  // The thread's own.
  UniqueFd epoll_;
  bool stopping_ = false;
  std::unordered_map<TaskId, Stream> streams_;
  std::set<std::pair<Clock::time_point, Stream*>> alarms_;
  std::multimap<Clock::time_point, Callback<void()>> later_;
  std::unique_ptr<Quantum> buffer_;

  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace xmppftd

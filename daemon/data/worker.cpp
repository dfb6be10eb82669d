// SPDX-License-Identifier: MIT
#include "data/worker.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "data/threads.h"

namespace xmppftd {
namespace {

Error watch_error(int error_number) {
  constexpr std::string_view kWhat = "watching the stream's socket";
  // No disk is meant here.
  if (error_number == ENOSPC)
    return system_error(Errc::Unavailable, error_number, kWhat,
                        "this user may watch no more of them; raise fs.epoll.max_user_watches");
  return system_error(error_number, kWhat);
}

}  // namespace

Worker::Worker()
    : inbox_(std::make_shared<Inbox>()),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      buffer_(std::make_unique<Quantum>()) {
  struct epoll_event event {};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;  // the inbox; streams have their address here
  if (!epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, inbox_->fd(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll");
  thread_ = start_thread("xmppft-data", [this] { run(); });
}

Worker::~Worker() {
  while (!end(Clock::now() + std::chrono::hours(1))) {
  }
}

bool Worker::end(Clock::time_point until) {
  if (!thread_.joinable()) return true;
  inbox_->post([this] { stopping_ = true; });
  {
    std::unique_lock lock(mutex_);
    if (!ended_.wait_until(lock, until, [this] { return over_; })) return false;
  }
  thread_.join();
  inbox_->close();
  return true;
}

bool Worker::hangs() const noexcept {
  const auto since = busy_since_.load(std::memory_order_relaxed);
  return since != 0 && Clock::now().time_since_epoch().count() - since >
                           Clock::duration(std::chrono::seconds(1)).count();
}

Worker::TaskId Worker::start(std::unique_ptr<StreamTask> task) {
  const auto id = next_id_++;
  load_.fetch_add(1, std::memory_order_relaxed);
  inbox_->post([this, id, task = std::move(task)]() mutable { adopt(id, std::move(task)); });
  return id;
}

void Worker::drop(TaskId id) {
  if (const auto found = streams_.find(id); found != streams_.end()) take_out(found->second);
}

void Worker::at(Clock::time_point time, Callback<void()> task) {
  later_.emplace(time, std::move(task));
}

void Worker::run() {
  std::array<struct epoll_event, 64> events{};
  while (!stopping_) {
    const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                               milliseconds_to_alarm());
    busy_since_.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
    bool mail = false;
    for (int i = 0; i < n; ++i) {
      if (auto* stream = static_cast<Stream*>(events[static_cast<std::size_t>(i)].data.ptr)) {
        step(*stream);
      } else {
        mail = true;
      }
    }
    // After the events: a task from the inbox may end a stream that one of them names.
    if (mail)
      for (auto& task : inbox_->take()) task();
    ring_alarms();
    busy_since_.store(0, std::memory_order_relaxed);
  }
  later_.clear();
  alarms_.clear();
  streams_.clear();
  const std::lock_guard lock(mutex_);
  over_ = true;
  ended_.notify_all();
}

void Worker::adopt(TaskId id, std::unique_ptr<StreamTask> task) {
  auto& stream = streams_[id];
  stream.task = std::move(task);
  stream.id = id;
  stream.watched = stream.task->interest();
  stream.wakes = stream.task->deadline();
  alarms_.emplace(stream.wakes, &stream);
  struct epoll_event event {};
  event.events = stream.watched;
  event.data.ptr = &stream;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stream.task->socket(), &event) != 0) {
    const int error = errno;
    take_out(stream)->conclude(watch_error(error));
    return;
  }
  step(stream);
}

void Worker::step(Stream& stream) {
  auto end = stream.task->step(Clock::now(), *buffer_);
  if (!end) {
    keep_up(stream);
    return;
  }
  take_out(stream)->conclude(*std::move(end));
}

void Worker::keep_up(Stream& stream) {
  if (const auto wanted = stream.task->interest(); wanted != stream.watched) {
    struct epoll_event event {};
    event.events = stream.watched = wanted;
    event.data.ptr = &stream;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, stream.task->socket(), &event);
  }
  // A deadline that moved away with each quantum is looked at when the old alarm rings, not before.
  if (const auto deadline = stream.task->deadline(); deadline < stream.wakes) {
    alarms_.erase({stream.wakes, &stream});
    stream.wakes = deadline;
    alarms_.emplace(stream.wakes, &stream);
  }
}

std::unique_ptr<StreamTask> Worker::take_out(Stream& stream) {
  auto task = std::move(stream.task);
  // By hand: closing would not do it while somebody holds a duplicate of the descriptor.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, task->socket(), nullptr);
  alarms_.erase({stream.wakes, &stream});
  streams_.erase(TaskId{stream.id});
  load_.fetch_sub(1, std::memory_order_relaxed);
  return task;
}

void Worker::ring_alarms() {
  const auto now = Clock::now();
  while (!alarms_.empty() && alarms_.begin()->first <= now) {
    auto& stream = *alarms_.begin()->second;
    alarms_.erase(alarms_.begin());
    stream.wakes = Clock::time_point::max();
    if (stream.task->deadline() <= now) {
      step(stream);
    } else {
      keep_up(stream);
    }
  }
  while (!later_.empty() && later_.begin()->first <= now) {
    auto task = later_.extract(later_.begin());
    task.mapped()();
  }
}

int Worker::milliseconds_to_alarm() const {
  auto next = Clock::time_point::max();
  if (!alarms_.empty()) next = alarms_.begin()->first;
  if (!later_.empty()) next = std::min(next, later_.begin()->first);
  if (next == Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

}  // namespace xmppftd

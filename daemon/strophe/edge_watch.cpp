// SPDX-License-Identifier: MIT
#include "strophe/edge_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>

#include <cerrno>
#include <utility>

namespace xmppftd {
namespace {

constexpr int kAboveLibstrophe = 64;  // low numbers are for what select() must take

}  // namespace

EdgePoll::EdgePoll(Loop& loop) : epoll_(epoll_create1(EPOLL_CLOEXEC)), poll_(new uv_poll_t) {
  uv_must(epoll_ ? 0 : -errno, "epoll_create1");
  uv_must(uv_poll_init(loop.native(), poll_.get(), epoll_.get()), "uv_poll_init");
  poll_->data = this;
  const auto on_poll = [](uv_poll_t* handle, int, int) noexcept {
    if (auto* self = static_cast<EdgePoll*>(handle->data)) self->on_readable();
  };
  uv_must(uv_poll_start(poll_.get(), UV_READABLE, on_poll), "uv_poll_start");
}

void EdgePoll::on_readable() {
  epoll_event events[16];
  const int count = epoll_wait(epoll_.get(), events, 16, 0);
  for (int i = 0; i < count; ++i) {
    auto* const watch = static_cast<EdgeWatch*>(events[i].data.ptr);
    if (watches_.count(watch) != 0) watch->woken_();  // another's waking may have destroyed it
  }
}

EdgeWatch::EdgeWatch(EdgePoll& poll, Callback<void()> woken)
    : poll_(poll), woken_(std::move(woken)) {
  poll_.watches_.insert(this);
}

EdgeWatch::~EdgeWatch() {
  drop();
  poll_.watches_.erase(this);
}

bool EdgeWatch::watch(int fd) {
  drop();
  UniqueFd copy(fcntl(fd, F_DUPFD_CLOEXEC, kAboveLibstrophe));
  if (!copy) copy.reset(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = this;
  if (!copy || epoll_ctl(poll_.epoll_.get(), EPOLL_CTL_ADD, copy.get(), &event) != 0) return false;
  own_ = std::move(copy);
  return true;
}

void EdgeWatch::drop() noexcept {
  if (!own_) return;
  epoll_ctl(poll_.epoll_.get(), EPOLL_CTL_DEL, own_.get(), nullptr);
  own_.reset();
}

short EdgeWatch::ready(short events) const noexcept {
  pollfd one{own_.get(), events, 0};
  if (!own_ || ::poll(&one, 1, 0) <= 0) return 0;
  const bool broken = (one.revents & (POLLERR | POLLHUP)) != 0;
  return static_cast<short>(broken ? one.revents | POLLIN : one.revents);
}

Soon::Soon(Loop& loop, Callback<void()> run) : run_(std::move(run)), idle_(new uv_idle_t) {
  uv_must(uv_idle_init(loop.native(), idle_.get()), "uv_idle_init");
  idle_->data = this;
}

void Soon::ask() noexcept {
  uv_idle_start(idle_.get(), [](uv_idle_t* handle) noexcept {
    uv_idle_stop(handle);
    if (auto* self = static_cast<Soon*>(handle->data)) self->run_();
  });
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "data/send_task.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "data/content.h"

namespace xmppftd {
namespace {

constexpr std::chrono::milliseconds kMaxPoll{100};
constexpr std::chrono::seconds kHeedAgain{1};
// A read that takes longer is our own disk's silence, and not the peer's.
constexpr std::chrono::seconds kSlowDisk{1};
// What the kernel may hold that is not even on its way: it counts as sent, and after a break it
// goes once more. Sockets grow to 4 MiB of it.
constexpr int kUnsent = 512 << 10;

}  // namespace

SendTask::SendTask(StreamParts parts, StreamEnd end, Clock::time_point now)
    : StreamTask(std::move(parts), EPOLLOUT, now),
      known_(file_->identity),
      end_(end),
      state_(State::Streaming) {
  const int on = 1;
  // The last piece need not wait for an acknowledgement.
  ::setsockopt(socket(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsent, sizeof kUnsent);
  ::posix_fadvise(file(), static_cast<off_t>(range_.offset), static_cast<off_t>(range_.length),
                  POSIX_FADV_SEQUENTIAL);
}

StreamTask::Step SendTask::step(Clock::time_point now, Quantum& buffer) {
  // Before anything is written: that our own kernel takes more is no sign of the peer's life.
  if (now >= give_up_ && (state_ == State::Streaming || state_ == State::Tail))
    if (auto end = wait(now, "the peer took no byte")) return end;
  switch (state_) {
    case State::Streaming: return stream(now);
    case State::Tail: return send_tail(now);
    case State::AwaitingClose: return await_close(now, buffer);
    case State::Draining: return drain(now);
  }
  return std::nullopt;
}

StreamTask::Step SendTask::stream(Clock::time_point now) {
  if (left() <= kHeldBack) {
    state_ = State::Tail;
    return send_tail(now);
  }
  const auto size = allowed(std::min<std::uint64_t>(kQuantum, left() - kHeldBack), now);
  if (size == 0) return std::nullopt;
  auto offset = static_cast<off_t>(position());
  const auto before = Clock::now();
  const auto n = ::sendfile(socket(), file(), &offset, size);
  if (const auto took = Clock::now() - before; took > kSlowDisk) alive(now += took);
  if (n < 0 && errno == EINTR) return std::nullopt;
  if (n < 0 && errno == EAGAIN) return wait(now, "the peer took no byte");
  if (n < 0) return socket_error(errno, "sending at byte " + std::to_string(moved_));
  if (n == 0)
    return Error{Errc::FileChanged,
                 "the file ends at byte " + std::to_string(position()) + " now; send it again"};
  advance(static_cast<std::uint64_t>(n), now);
  heed_peer(now);
  return std::nullopt;
}

StreamTask::Step SendTask::send_tail(Clock::time_point now) {
  if (tail_.empty()) {
    tail_.resize(left());
    const auto before = Clock::now();
    if (auto read = read_exactly(file(), tail_, position()); !read) return read;
    if (auto unchanged = check_unchanged(file(), known_); !unchanged) return unchanged;
    if (const auto took = Clock::now() - before; took > kSlowDisk) alive(now += took);
  }
  if (left() > 0) {
    const auto size = allowed(left(), now);
    if (size == 0) return std::nullopt;
    const auto n = ::send(socket(), tail_.data() + tail_sent_, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) return std::nullopt;
    if (n < 0 && errno == EAGAIN) return wait(now, "the peer took no byte");
    if (n < 0) return socket_error(errno, "sending at byte " + std::to_string(moved_));
    tail_sent_ += static_cast<std::size_t>(n);
    advance(static_cast<std::uint64_t>(n), now);
    heed_peer(now);
  }
  return left() > 0 ? Step{} : after_last_byte(now);
}

StreamTask::Step SendTask::after_last_byte(Clock::time_point now) {
  tail_ = {};
  alive(now);
  if (end_ == StreamEnd::DrainAndClose) {
    start_draining(now);
    return std::nullopt;
  }
  ::shutdown(socket(), SHUT_WR);  // a peer that is gone already shows when we read
  half_closed_ = true;
  interest_ = EPOLLIN;
  state_ = State::AwaitingClose;
  return std::nullopt;
}

StreamTask::Step SendTask::await_close(Clock::time_point now, Quantum& buffer) {
  // What a peer says after our last byte means nothing in a one-way stream.
  const auto n = ::recv(socket(), buffer.bytes, kQuantum, MSG_DONTWAIT);
  if (n > 0 || (n < 0 && errno == EINTR))
    return now < give_up_ ? Step{} : wait(now, "the peer did not close");
  if (n < 0 && errno == EAGAIN) return wait(now, "all bytes were sent, but the peer did not close");
  if (unacknowledged() == 0) return handed_over();
  if (n < 0) return socket_error(errno, "the peer went away before it had the last byte");
  start_draining(now);  // it closed its own direction early and may still be reading
  return std::nullopt;
}

void SendTask::start_draining(Clock::time_point now) {
  // Only errors matter now, and they are reported unasked. By edge, as the hang-up of a peer that
  // has closed stays.
  interest_ = EPOLLET;
  state_ = State::Draining;
  deadline_ = now;
}

StreamTask::Step SendTask::drain(Clock::time_point now) {
  if (unacknowledged() == 0) return handed_over();
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return socket_error(error, "the peer went away before it had the last byte");
  if (auto end = wait(now, "the last bytes were not taken")) return end;
  deadline_ = std::min(deadline_, now + poll_);
  poll_ = std::min(poll_ * 2, kMaxPoll);
  return std::nullopt;
}

StreamTask::Step SendTask::wait(Clock::time_point now, std::string_view what) {
  heed_peer(now);
  if (now >= give_up_) return stalled(what);
  return std::nullopt;
}

void SendTask::heed_peer(Clock::time_point now) {
  const auto acknowledged = moved_ - static_cast<std::uint64_t>(unacknowledged());
  if (acknowledged > std::exchange(acknowledged_, acknowledged)) alive(now);
  // No event tells of an acknowledgement that makes too little room for more.
  deadline_ = std::min(give_up_, now + kHeedAgain);
}

int SendTask::unacknowledged() const noexcept {
  int queued = 0;
  if (::ioctl(socket(), SIOCOUTQ, &queued) != 0) return 0;
  // Our FIN counts as a byte, and it comes last.
  return half_closed_ ? std::max(0, queued - 1) : queued;
}

Result<void> SendTask::handed_over() { return check_unchanged(file(), known_); }

}  // namespace xmppftd

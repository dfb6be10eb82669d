// SPDX-License-Identifier: MIT
#include "data/receive_task.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace xmppftd {
namespace {

// How long a surplus byte may trail the last one. Most senders close at once, which ends the wait;
// some wait for us.
constexpr std::chrono::milliseconds kGrace{200};
// What the sender may have on its way: it is lost with us, and comes again. About what Linux lets a
// window grow to by itself; some machines are set to many times as much.
constexpr int kWindow = 4 << 20;
// A disk syncs some MiB in about as much.
constexpr std::chrono::milliseconds kReachAgain{2};

}  // namespace

ReceiveTask::ReceiveTask(StreamParts parts, Clock::time_point now)
    : StreamTask(std::move(parts), EPOLLIN, now), write_back_(position()) {
  ::setsockopt(socket(), IPPROTO_TCP, TCP_WINDOW_CLAMP, &kWindow, sizeof kWindow);
}

StreamTask::Step ReceiveTask::step(Clock::time_point now, Quantum& buffer) {
  if (left() > 0)
    if (auto end = receive(now, buffer)) return end;
  if (left() == 0) return expect_end(now);
  return std::nullopt;
}

StreamTask::Step ReceiveTask::receive(Clock::time_point now, Quantum& buffer) {
  // Never more than is due: a surplus byte cannot reach the file. expect_end() looks for it.
  const auto most = std::min<std::uint64_t>({kQuantum, left(), within_reach()});
  if (most == 0) {
    hold(now, now + kReachAgain);
    return std::nullopt;
  }
  const auto want = allowed(most, now);
  if (want == 0) return std::nullopt;
  const auto n = ::recv(socket(), buffer.bytes, want, MSG_DONTWAIT);
  if (n < 0 && errno == EINTR) return std::nullopt;
  if (n < 0 && errno == EAGAIN) {
    if (now >= give_up_) return stalled("no byte came");
    deadline_ = give_up_;
    return std::nullopt;
  }
  if (n < 0) return socket_error(errno, "the stream broke at " + place_in(range_, moved_));
  if (n == 0) return range_.open ? Result<void>() : too_short(range_, moved_);
  const auto got = static_cast<std::uint64_t>(n);
  if (auto written = write_all(file(), {buffer.bytes, got}, position()); !written) return written;
  advance(got, now);
  alive(now);
  write_back_.written_to(file(), position());
  return std::nullopt;
}

std::uint64_t ReceiveTask::within_reach() const noexcept {
  if (reach_ == nullptr) return left();
  const auto end = reach_->end.load(std::memory_order_relaxed);
  return end > position() ? end - position() : 0;
}

StreamTask::Step ReceiveTask::expect_end(Clock::time_point now) {
  if (!end_by_) end_by_ = now + kGrace;
  deadline_ = *end_by_;
  std::uint8_t byte = 0;
  const auto n = ::recv(socket(), &byte, 1, MSG_DONTWAIT);
  if (n > 0) return too_long(range_);
  // An end, a reset now that all is here, or silence: each is fine.
  if (n < 0 && (errno == EAGAIN || errno == EINTR) && now < *end_by_) return std::nullopt;
  return Result<void>();
}

}  // namespace xmppftd

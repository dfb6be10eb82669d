// SPDX-License-Identifier: MIT
#include "uv/tcp_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "base/system_error.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMostAtOnce = 4096;  // a handshake is far smaller

Error network_error(const SocketAddress& peer, int error) {
  if (is_shortage(error)) return system_error(error, peer.str());
  const auto code = error == ETIMEDOUT ? Errc::Timeout : Errc::Network;
  return {code, peer.str() + ": " + std::strerror(error)};
}

/// Handshakes are short messages that somebody waits for.
void set_options(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

SocketAddress peer_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return SocketAddress::from(address);
}

}  // namespace

UvSocket::UvSocket(Loop& loop, UniqueFd connected, Handler& handler)
    : loop_(loop),
      handler_(handler),
      state_(State::Open),
      peer_(peer_of(connected.get())),
      fd_(std::move(connected)) {
  set_options(fd_.get());
}

UvSocket::UvSocket(Loop& loop, const SocketAddress& to, Handler& handler)
    : loop_(loop),
      handler_(handler),
      state_(State::Connecting),
      peer_(to),
      fd_(::socket(to.native()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  if (fd_) set_options(fd_.get());
  const bool begun =
      fd_ && (::connect(fd_.get(), to.native(), to.native_size()) == 0 || errno == EINPROGRESS);
  if (!begun) {
    close_soon(network_error(peer_, errno));
    return;
  }
  watch();
}

void UvSocket::want(std::size_t count) {
  wanted_ = count;
  watch();
}

void UvSocket::watch() {
  if (state_ == State::Closed) return;
  const int events = state_ == State::Connecting ? UV_WRITABLE : wanted_ > 0 ? UV_READABLE : 0;
  if (!watch_ && events == 0) return;
  if (!watch_) watch_ = std::make_unique<Watch<UvSocket>>(loop_.native(), fd_.get(), *this);
  watch_->want(events);
}

// The status is of no use: libuv says EBADF for whatever went wrong, the socket itself knows
// better.
void UvSocket::ready(int, int) {
  if (state_ == State::Connecting) return connected();
  if (wanted_ > 0) receive();
}

void UvSocket::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return closed(network_error(peer_, error));
  state_ = State::Open;
  watch();
  handler_.on_connected();  // may destroy us
}

void UvSocket::receive() {
  std::array<std::uint8_t, kMostAtOnce> buffer;
  const auto got = ::recv(fd_.get(), buffer.data(), std::min(wanted_, buffer.size()), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return watch();
  if (got < 0) return closed(network_error(peer_, errno));
  if (got == 0) return closed({Errc::Interrupted, peer_.str() + " closed the connection"});
  wanted_ -= static_cast<std::size_t>(got);
  watch();
  handler_.on_bytes({buffer.data(), static_cast<std::size_t>(got)});  // may destroy us
}

void UvSocket::write(ByteView bytes) {
  assert(state_ != State::Connecting);
  if (state_ == State::Closed) return;
  const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(bytes.size())) return;
  close_soon(sent < 0 ? network_error(peer_, errno)
                      : Error{Errc::Network, peer_.str() + " does not take our bytes"});
}

/// Empty when it failed and that is still to be told.
UniqueFd UvSocket::release() {
  assert(state_ != State::Connecting);
  state_ = State::Closed;
  watch_.reset();
  closing_.reset();
  return std::move(fd_);
}

void UvSocket::close_soon(Error why) {
  state_ = State::Closed;
  watch_.reset();
  fd_.reset();
  closing_ = loop_.after(std::chrono::milliseconds(0),
                         [this, why = std::move(why)]() mutable { closed(std::move(why)); });
}

void UvSocket::closed(Error why) {
  state_ = State::Closed;
  watch_.reset();
  fd_.reset();
  handler_.on_closed(std::move(why));  // may destroy us
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace xmppftd::test {

/// Two ends of a TCP connection over loopback: `ours` for the code under test, `peer` (blocking)
/// for the test.
struct TcpPair {
  UniqueFd ours, peer;

  /// Buffer sizes in bytes, 0 = the kernel's own.
  explicit TcpPair(int send_buffer = 0, int peer_receive_buffer = 0) {
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (peer_receive_buffer != 0)  // inherited by what is accepted
      ::setsockopt(listener.get(), SOL_SOCKET, SO_RCVBUF, &peer_receive_buffer,
                   sizeof peer_receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener.get(), generic, size) != 0 || ::listen(listener.get(), 1) != 0)
      std::abort();
    ::getsockname(listener.get(), generic, &size);
    ours.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (send_buffer != 0)
      ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    if (::connect(ours.get(), generic, size) != 0) std::abort();
    peer.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  void peer_sends(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void peer_ends() { ::shutdown(peer.get(), SHUT_WR); }
  void peer_closes() { peer.reset(); }
  void peer_resets() {
    const linger at_once{1, 0};
    ::setsockopt(peer.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    peer.reset();
  }
  /// Up to `limit` bytes; fewer only at the stream's end.
  std::string peer_reads(std::size_t limit = std::string::npos) {
    std::string all;
    char buffer[65536];
    while (all.size() < limit) {
      const auto n = ::recv(peer.get(), buffer, std::min(sizeof buffer, limit - all.size()), 0);
      if (n <= 0) break;
      all.append(buffer, static_cast<std::size_t>(n));
    }
    return all;
  }
};

}  // namespace xmppftd::test

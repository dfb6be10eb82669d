// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "io/socket.h"
#include "uv/loop.h"
#include "uv/watch.h"

namespace xmppftd {

/// One TCP connection during its handshake:
///
///   Connecting -> Open -> Closed (told by on_closed, or handed over)
class UvSocket final : public Socket {
 public:
  enum class State { Connecting, Open, Closed };

  /// Wraps a connected socket.
  UvSocket(Loop& loop, UniqueFd connected, Handler& handler);
  /// Begins to connect.
  UvSocket(Loop& loop, const SocketAddress& to, Handler& handler);

  void want(std::size_t count) override;
  void write(ByteView bytes) override;
  [[nodiscard]] UniqueFd release() override;
  SocketAddress peer() const override { return peer_; }

  void ready(int status, int events);  ///< for Watch

 private:
  void watch();
  void connected();
  void receive();
  void close_soon(Error why);
  void closed(Error why);

  Loop& loop_;
  Handler& handler_;
  State state_;
  SocketAddress peer_;
  std::size_t wanted_ = 0;  // bytes we may still read
  UniqueFd fd_;             // outlives its watch
  std::unique_ptr<Watch<UvSocket>> watch_;
  std::unique_ptr<Timer> closing_;  // runs when a failure is still to be told
};

}  // namespace xmppftd

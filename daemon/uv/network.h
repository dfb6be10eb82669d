// SPDX-License-Identifier: MIT
#pragma once

#include "io/socket.h"
#include "uv/loop.h"

namespace xmppftd {

/// The Network of io/socket.h on a libuv loop. Sockets are our own, libuv only watches them, so a
/// descriptor can leave at any byte. The loop outlives it and all that it made.
class UvNetwork final : public Network {
 public:
  explicit UvNetwork(Loop& loop) : loop_(loop) {}

  [[nodiscard]] std::unique_ptr<Socket> connect(const SocketAddress& to,
                                                Socket::Handler& handler) override;
  [[nodiscard]] std::unique_ptr<Socket> adopt(UniqueFd connection,
                                              Socket::Handler& handler) override;
  /// Accepts while descriptors last; without any it looks again a second later.
  [[nodiscard]] Result<std::unique_ptr<Listener>> listen(const SocketAddress& at,
                                                         Listener::OnAccept on_accept) override;
  [[nodiscard]] std::unique_ptr<Lookup> resolve(std::string_view host, std::uint16_t port,
                                                OnResolved done) override;
  std::vector<Interface> interfaces() const override;

 private:
  Loop& loop_;
};

}  // namespace xmppftd

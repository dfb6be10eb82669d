// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/callback.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace xmppftd {

/// An IPv4 or IPv6 address with a port.
class SocketAddress {
 public:
  /// "192.0.2.1" or "2001:db8::1", no zone, no brackets. Errors: BadArgument.
  static Result<SocketAddress> parse(std::string_view literal, std::uint16_t port);
  /// `address` holds a sockaddr_in or sockaddr_in6.
  static SocketAddress from(const sockaddr_storage& address);

  const sockaddr* native() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t native_size() const noexcept;
  bool is_v6() const noexcept { return storage_.ss_family == AF_INET6; }
  std::uint16_t port() const noexcept;
  SocketAddress with_port(std::uint16_t port) const;
  std::string host() const;  ///< the literal, without port
  std::string str() const;   ///< "192.0.2.1:80", "[2001:db8::1]:80"
  /// Network-order bytes: 4 or 16. IPv4-mapped IPv6 addresses are given as 4.
  Bytes bytes() const;

 private:
  sockaddr_storage storage_{};
};

/// A non-blocking TCP connection while its handshake goes on; once the payload is next its
/// descriptor is released to a worker. Destroying it closes it; no Handler call follows.
class Socket {
 public:
  class Handler {
   public:
    virtual void on_connected() {}  ///< outgoing only
    /// At most the number of bytes last asked for.
    virtual void on_bytes(ByteView bytes) = 0;
    virtual void on_closed(Error why) = 0;  ///< refused, reset, EOF, could not connect. Last call

   protected:
    ~Handler() = default;
  };

  virtual ~Socket() = default;
  /// Reads at most `count` bytes from now on (0 = stop reading), so that what follows stays in the
  /// kernel.
  virtual void want(std::size_t count) = 0;
  /// Handshake bytes: few enough that the kernel takes them at once; if not, the socket is closed.
  virtual void write(ByteView bytes) = 0;
  /// Hands the connected descriptor over, non-blocking, and forgets it.
  [[nodiscard]] virtual UniqueFd release() = 0;
  virtual SocketAddress peer() const = 0;
};

/// A listening socket. Destroying it stops listening.
class Listener {
 public:
  using OnAccept = Callback<void(UniqueFd connection, SocketAddress peer)>;
  virtual ~Listener() = default;
  virtual SocketAddress address() const = 0;  ///< with the port the kernel chose
};

/// Names, addresses and connections, on the core's loop.
class Network {
 public:
  class Lookup {  ///< destroying it cancels
   public:
    virtual ~Lookup() = default;
  };
  using OnResolved = Callback<void(Result<std::vector<SocketAddress>>)>;

  virtual ~Network() = default;
  /// Starts connecting; TCP_NODELAY and CLOEXEC are set. `handler` outlives the Socket.
  [[nodiscard]] virtual std::unique_ptr<Socket> connect(const SocketAddress& to,
                                                        Socket::Handler& handler) = 0;
  /// Wraps an accepted connection.
  [[nodiscard]] virtual std::unique_ptr<Socket> adopt(UniqueFd connection,
                                                      Socket::Handler& handler) = 0;
  /// Errors: Network ("0.0.0.0:80: Address already in use").
  [[nodiscard]] virtual Result<std::unique_ptr<Listener>> listen(const SocketAddress& at,
                                                                 Listener::OnAccept on_accept) = 0;
  /// Address literals answer without DNS, but never before this returns. Errors: Dns.
  [[nodiscard]] virtual std::unique_ptr<Lookup> resolve(std::string_view host, std::uint16_t port,
                                                        OnResolved done) = 0;
  /// Addresses of this host's interfaces that are up, with the interface's name.
  struct Interface {
    std::string name;
    SocketAddress address;
  };
  virtual std::vector<Interface> interfaces() const = 0;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "uv/network.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/system_error.h"
#include "uv/tcp_socket.h"
#include "uv/watch.h"

namespace xmppftd {
namespace {

using namespace std::chrono_literals;

constexpr int kBacklog = SOMAXCONN;  // a crowd waits in the kernel, not before a closed door
constexpr int kAcceptsAtOnce = 16;   // then others of the loop have their turn

SocketAddress address_of(const sockaddr* native) {
  sockaddr_storage storage{};
  std::memcpy(&storage, native,
              native->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
  return SocketAddress::from(storage);
}

class UvListener final : public Listener {
 public:
  UvListener(Loop& loop, UniqueFd fd, OnAccept on_accept)
      : loop_(loop),
        fd_(std::move(fd)),
        watch_(loop.native(), fd_.get(), *this),
        on_accept_(std::make_shared<OnAccept>(std::move(on_accept))) {
    watch_.want(UV_READABLE);
  }

  SocketAddress address() const override {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return SocketAddress::from(address);
  }

  void ready(int, int) {
    const auto on_accept = on_accept_;  // the callback may destroy us
    for (int i = 0; i < kAcceptsAtOnce; ++i) {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      UniqueFd connection(::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                                    SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!connection) return rest_if_exhausted(errno);
      (*on_accept)(std::move(connection), SocketAddress::from(peer));
      if (on_accept.use_count() == 1) return;  // it did
    }
  }

 private:
  /// The connection stays in the backlog and the socket readable: without a rest we would spin.
  void rest_if_exhausted(int error) {
    if (!is_shortage(error)) return;
    watch_.want(0);
    rest_ = loop_.after(1s, [this] { watch_.want(UV_READABLE); });
  }

  Loop& loop_;
  UniqueFd fd_;  // outlives its watch
  Watch<UvListener> watch_;
  std::unique_ptr<Timer> rest_;
  std::shared_ptr<OnAccept> on_accept_;  // shared with a call under way
};

/// A look-up in libuv's pool. A running one cannot be stopped: the request then outlives us and
/// finds nobody.
class UvLookup final : public Network::Lookup {
 public:
  UvLookup(Loop& loop, const std::string& host, std::uint16_t port, Network::OnResolved done)
      : host_(host), port_(port), done_(std::move(done)) {
    if (const auto literal = SocketAddress::parse(host, port)) {
      answer_soon(loop, {{*literal}});
      return;
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    request_ = new uv_getaddrinfo_t;
    request_->data = this;
    const int rc =
        uv_getaddrinfo(loop.native(), request_, &UvLookup::finished, host.c_str(), nullptr, &hints);
    if (rc == 0) return;
    delete std::exchange(request_, nullptr);
    answer_soon(loop, dns_error(rc));
  }
  ~UvLookup() override {
    if (!request_) return;
    request_->data = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(request_));
  }

 private:
  using Found = Result<std::vector<SocketAddress>>;

  static void finished(uv_getaddrinfo_t* request, int status, addrinfo* list) {
    if (auto* self = static_cast<UvLookup*>(request->data)) {
      self->request_ = nullptr;
      auto done = std::move(self->done_);
      done(status == 0 ? self->addresses(list)
                       : Found(self->dns_error(status)));  // may destroy self
    }
    uv_freeaddrinfo(list);
    delete request;
  }

  Found addresses(const addrinfo* list) const {
    std::vector<SocketAddress> found;
    for (; list; list = list->ai_next) {
      if (list->ai_family != AF_INET && list->ai_family != AF_INET6) continue;
      const auto address = address_of(list->ai_addr).with_port(port_);
      const bool known = std::any_of(found.begin(), found.end(), [&](const SocketAddress& other) {
        return other.str() == address.str();
      });
      if (!known) found.push_back(address);
    }
    return found;
  }

  Error dns_error(int rc) const {
    return {Errc::Dns, "looking up " + host_ + ": " + uv_strerror(rc)};
  }

  void answer_soon(Loop& loop, Found found) {
    soon_ = loop.after(0ms, [this, found = std::move(found)] {
      auto done = std::move(done_);
      done(found);
    });
  }

  std::string host_;
  std::uint16_t port_;
  Network::OnResolved done_;
  uv_getaddrinfo_t* request_ = nullptr;  // libuv's until finished()
  std::unique_ptr<Timer> soon_;
};

}  // namespace

std::unique_ptr<Socket> UvNetwork::connect(const SocketAddress& to, Socket::Handler& handler) {
  return std::make_unique<UvSocket>(loop_, to, handler);
}

std::unique_ptr<Socket> UvNetwork::adopt(UniqueFd connection, Socket::Handler& handler) {
  return std::make_unique<UvSocket>(loop_, std::move(connection), handler);
}

Result<std::unique_ptr<Listener>> UvNetwork::listen(const SocketAddress& at,
                                                    Listener::OnAccept on_accept) {
  UniqueFd fd(::socket(at.native()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (fd) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // So that IPv4 and IPv6 can listen on one port, each told apart.
  if (fd && at.is_v6()) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (!fd || ::bind(fd.get(), at.native(), at.native_size()) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    if (is_shortage(errno)) return system_error(errno, at.str());
    return Error{Errc::Network, at.str() + ": " + std::strerror(errno)};
  }
  return std::unique_ptr<Listener>(
      std::make_unique<UvListener>(loop_, std::move(fd), std::move(on_accept)));
}

std::unique_ptr<Network::Lookup> UvNetwork::resolve(std::string_view host, std::uint16_t port,
                                                    OnResolved done) {
  return std::make_unique<UvLookup>(loop_, std::string(host), port, std::move(done));
}

std::vector<Network::Interface> UvNetwork::interfaces() const {
  uv_interface_address_t* list = nullptr;
  int count = 0;
  if (uv_interface_addresses(&list, &count) != 0) return {};
  std::vector<Interface> found;
  for (int i = 0; i < count; ++i) {
    const auto* native = reinterpret_cast<const sockaddr*>(&list[i].address);
    if (native->sa_family != AF_INET && native->sa_family != AF_INET6) continue;
    found.push_back({list[i].name, address_of(native)});
  }
  uv_free_interface_addresses(list, count);
  return found;
}

}  // namespace xmppftd

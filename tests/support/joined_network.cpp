// SPDX-License-Identifier: MIT
#include "support/joined_network.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <system_error>

#include "support/fake_network.h"

namespace xmppftd::test {
namespace {

std::pair<UniqueFd, UniqueFd> make_pair_of_ends() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void put(const UniqueFd& fd, ByteView bytes) {
  static_cast<void>(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

}  // namespace

/// A daemon's socket in its handshake.
struct Wires::End final : Socket {
  End(Wires& its_wires, UniqueFd its_fd, const SocketAddress& its_peer, Handler& its_handler)
      : wires(its_wires), fd(std::move(its_fd)), address(its_peer), handler(its_handler) {
    wires.sockets_.push_back(this);
  }
  ~End() override { wires.sockets_.remove(this); }
  void want(std::size_t count) override { wanted = count; }
  void write(ByteView bytes) override {
    put(fd, bytes);
    if (segments) segments->push_back(bytes.size());
  }
  UniqueFd release() override { return std::move(fd); }
  SocketAddress peer() const override { return address; }

  bool pump() {
    if (!fd || wanted == 0) return false;
    std::array<std::uint8_t, 512> buffer;
    const auto n = ::recv(fd.get(), buffer.data(), std::min(wanted, buffer.size()), 0);
    if (n < 0 && errno == EAGAIN) return false;
    if (n > 0) {
      handler.on_bytes(ByteView(buffer.data(), static_cast<std::size_t>(n)));
    } else {
      wanted = 0;
      handler.on_closed(Error{Errc::Interrupted, "the other end closed"});
    }
    return true;
  }

  Wires& wires;
  UniqueFd fd;  // none before the connection is made, and after release()
  SocketAddress address;
  Handler& handler;
  std::size_t wanted = 0;
  std::shared_ptr<std::deque<std::size_t>> segments;  // as the proxy gets them
  std::shared_ptr<End*> self = std::make_shared<End*>(this);
};

struct Wires::Listening final : Listener {
  Listening(Wires& its_wires, std::string its_host, const SocketAddress& where, OnAccept callback)
      : wires(its_wires), host(std::move(its_host)), at(where), on_accept(std::move(callback)) {
    wires.listeners_.push_back(this);
  }
  ~Listening() override { wires.listeners_.remove(this); }
  SocketAddress address() const override { return at; }

  Wires& wires;
  std::string host;
  SocketAddress at;
  OnAccept on_accept;
};

class Wires::Proxy {
 public:
  explicit Proxy(const Wires& its_wires) : wires_(its_wires) {}
  /// Returns where the sizes of what is written to it are to be told.
  std::shared_ptr<std::deque<std::size_t>> accept(UniqueFd fd) {
    return waiting_.emplace_back(std::move(fd)).segments;
  }

  bool activate(const std::string& hash) {
    std::vector<UniqueFd> ends;
    waiting_.remove_if([&](Login& one) {
      if (one.server.state() != Socks5Server::State::Open || one.server.dst_addr() != hash)
        return false;
      ends.push_back(std::move(one.fd));
      return true;
    });
    if (ends.size() != 2) return false;
    joined_.push_back({std::move(ends[0]), std::move(ends[1])});
    return true;
  }

  bool pump() {
    bool moved = false;
    waiting_.remove_if([&](Login& one) { return shake(one, moved); });
    if (wires_.proxy_gives_up && !joined_.empty()) {
      joined_.clear();
      moved = true;
    }
    joined_.remove_if([&](Pair& one) {
      if (wires_.proxy_is_one_way) return pass(one.b, one.a, moved) || is_gone(one.a);
      return pass(one.a, one.b, moved) || pass(one.b, one.a, moved);
    });
    return moved;
  }

  std::size_t connections() const { return waiting_.size() + 2 * joined_.size(); }

 private:
  struct Login {
    explicit Login(UniqueFd its_fd) : fd(std::move(its_fd)) {}
    UniqueFd fd;
    Socks5Server server;
    std::shared_ptr<std::deque<std::size_t>> segments = std::make_shared<std::deque<std::size_t>>();
  };
  struct Pair {
    UniqueFd a, b;
  };

  /// True when the client is gone, or sent away.
  bool shake(Login& one, bool& moved) const {
    std::array<std::uint8_t, 512> buffer;
    if (one.server.state() == Socks5Server::State::Open) {
      const bool gone = is_gone(one.fd);
      moved |= gone;
      return gone;
    }
    if (one.server.state() == Socks5Server::State::Failed) return true;
    const bool whole = wires_.proxy_wants_whole_messages && !one.segments->empty();
    const auto n =
        ::recv(one.fd.get(), buffer.data(),
               std::min(whole ? one.segments->front() : one.server.wanted(), buffer.size()), 0);
    if (n < 0 && errno == EAGAIN) return false;
    moved = true;
    if (n <= 0) return true;
    const auto before = one.server.state();
    const auto step = one.server.feed(ByteView(buffer.data(), static_cast<std::size_t>(n)));
    put(one.fd, step.reply);
    if (whole) {
      one.segments->pop_front();
      if (one.server.state() == before || step.consumed != static_cast<std::size_t>(n)) return true;
    }
    if (one.server.state() == Socks5Server::State::AwaitingVerdict) {
      const bool known = !wires_.proxy_knows || wires_.proxy_knows(one.server.dst_addr());
      put(one.fd, known ? one.server.accept() : one.server.refuse());
    }
    return false;
  }

  static bool is_gone(const UniqueFd& fd) {
    char byte;
    const auto n = ::recv(fd.get(), &byte, 1, MSG_PEEK);
    return n == 0 || (n < 0 && errno != EAGAIN);
  }

  /// True when both are to be closed: as Prosody's, it ends both ways when one ends.
  static bool pass(const UniqueFd& from, const UniqueFd& to, bool& moved) {
    std::array<std::uint8_t, 4096> buffer;
    const auto n = ::recv(from.get(), buffer.data(), buffer.size(), MSG_PEEK);
    if (n < 0 && errno == EAGAIN) return false;
    if (n <= 0) {
      moved = true;
      return true;
    }
    const auto sent = ::send(to.get(), buffer.data(), static_cast<std::size_t>(n), MSG_NOSIGNAL);
    if (sent < 0) return errno != EAGAIN;
    moved = true;
    return ::recv(from.get(), buffer.data(), static_cast<std::size_t>(sent), 0) != sent;
  }

  const Wires& wires_;
  std::list<Login> waiting_;
  std::list<Pair> joined_;
};

Wires::Wires() : proxy_(std::make_unique<Proxy>(*this)) {}
Wires::~Wires() = default;

bool Wires::activate(const std::string& dst_addr) { return proxy_->activate(dst_addr); }
std::size_t Wires::at_proxy() const { return proxy_->connections(); }

bool Wires::pump() {
  bool moved = turns_.run_one();
  const std::list<End*> now = sockets_;
  for (End* end : now)  // one may destroy others
    if (std::find(sockets_.begin(), sockets_.end(), end) != sockets_.end()) moved |= end->pump();
  return proxy_->pump() || moved;
}

void Wires::dial(std::weak_ptr<End*> from, const std::string& from_host, const SocketAddress& to) {
  turns_.later([this, from, from_host, to] {
    if (from.expired() || black_holes.count(to.host()) != 0) return;
    if (cut.count({from_host, to.host()}) != 0) return;
    End& end = **from.lock();
    const auto listening =
        std::find_if(listeners_.begin(), listeners_.end(), [&](const Listening* one) {
          return one->host == to.host() && one->at.port() == to.port();
        });
    const bool proxy = to.host() == kProxyHost && to.port() == kProxyPort;
    if (!proxy && listening == listeners_.end())
      return end.handler.on_closed(Error{Errc::Network, to.str() + ": Connection refused"});
    auto [near, far] = make_pair_of_ends();
    end.fd = std::move(near);
    if (proxy) {
      end.segments = proxy_->accept(std::move(far));
    } else {
      const auto peer = address(from_host, next_port_++);
      peers_.insert_or_assign(far.get(), peer);
      (*listening)->on_accept(std::move(far), peer);
    }
    if (!from.expired()) end.handler.on_connected();
  });
}

std::unique_ptr<Socket> JoinedNetwork::connect(const SocketAddress& to, Socket::Handler& handler) {
  auto end = std::make_unique<Wires::End>(wires_, UniqueFd(), to, handler);
  wires_.dial(end->self, host_, to);
  return end;
}

std::unique_ptr<Socket> JoinedNetwork::adopt(UniqueFd connection, Socket::Handler& handler) {
  const auto peer = wires_.peers_.at(connection.get());
  return std::make_unique<Wires::End>(wires_, std::move(connection), peer, handler);
}

Result<std::unique_ptr<Listener>> JoinedNetwork::listen(const SocketAddress& at,
                                                        Listener::OnAccept on_accept) {
  const auto where = at.port() == 0 ? at.with_port(wires_.next_port_++) : at;
  return std::unique_ptr<Listener>(
      std::make_unique<Wires::Listening>(wires_, host_, where, std::move(on_accept)));
}

std::unique_ptr<Network::Lookup> JoinedNetwork::resolve(std::string_view host, std::uint16_t port,
                                                        OnResolved done) {
  struct Pending final : Lookup {
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
    ~Pending() override { *alive = false; }
  };
  auto pending = std::make_unique<Pending>();
  const auto known = wires_.names.find(std::string(host));
  wires_.turns_.later([alive = pending->alive,
                       name = known == wires_.names.end() ? std::string(host) : known->second, port,
                       done = std::move(done)]() mutable {
    if (!*alive) return;
    const auto literal = SocketAddress::parse(name, port);
    auto answer = std::move(done);
    if (literal)
      answer(std::vector{*literal});
    else
      answer(Error{Errc::Dns, name + ": no such name"});
  });
  return pending;
}

std::vector<Network::Interface> JoinedNetwork::interfaces() const {
  std::vector<Interface> all;
  if (const auto more = wires_.more_interfaces.find(host_); more != wires_.more_interfaces.end())
    for (const auto& address : more->second) all.push_back(FakeNetwork::interface("eth1", address));
  all.push_back(FakeNetwork::interface("eth0", host_));
  return all;
}

}  // namespace xmppftd::test

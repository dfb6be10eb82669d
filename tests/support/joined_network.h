// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "io/socket.h"
#include "protocol/socks5.h"
#include "support/fake_disk.h"

namespace xmppftd::test {

/// The wires between the hosts of a play, and a SOCKS5 proxy on one of them. A connection is a pair
/// of Unix sockets, so that ends, resets and leaks are the kernel's own.
class Wires {
 public:
  static constexpr const char* kProxyHost = "10.0.0.9";
  static constexpr std::uint16_t kProxyPort = 7777;

  Wires();
  ~Wires();

  std::set<std::string> black_holes;  ///< hosts whose connections are never answered
  std::set<std::pair<std::string, std::string>> cut;  ///< likewise, from one host to the other
  std::map<std::string, std::string> names;           ///< what resolves, beside literals
  /// Further addresses of a host's interfaces, told before its own.
  std::map<std::string, std::vector<std::string>> more_interfaces;

  // What the proxy does, and real ones do.
  bool proxy_gives_up = false;              ///< it closes what was activated
  bool proxy_wants_whole_messages = false;  ///< Prosody, Openfire: what comes in pieces is closed
  bool proxy_is_one_way = false;            ///< Openfire: from the second that came to the first
  std::function<bool(const std::string& dst_addr)> proxy_knows;  ///< others get REP 2; none = all

  /// XEP-0065: joins what both sides opened for this DST.ADDR; false unless both are there.
  bool activate(const std::string& dst_addr);
  /// Moves what can be moved; false when nothing could.
  bool pump();

  std::size_t sockets() const { return sockets_.size(); }  ///< of daemons, in their handshake
  std::size_t listeners() const { return listeners_.size(); }
  std::size_t at_proxy() const;  ///< connections there

 private:
  friend class JoinedNetwork;
  class Proxy;
  struct End;
  struct Listening;
  void dial(std::weak_ptr<End*> from, const std::string& from_host, const SocketAddress& to);

  Turns turns_;
  std::list<End*> sockets_;
  std::list<Listening*> listeners_;
  std::map<int, SocketAddress> peers_;  // of accepted descriptors
  std::uint16_t next_port_ = 40001;
  std::unique_ptr<Proxy> proxy_;
};

/// One host's view of the wires.
class JoinedNetwork final : public Network {
 public:
  JoinedNetwork(Wires& wires, std::string host) : wires_(wires), host_(std::move(host)) {}
  std::unique_ptr<Socket> connect(const SocketAddress& to, Socket::Handler& handler) override;
  std::unique_ptr<Socket> adopt(UniqueFd connection, Socket::Handler& handler) override;
  Result<std::unique_ptr<Listener>> listen(const SocketAddress& at,
                                           Listener::OnAccept on_accept) override;
  std::unique_ptr<Lookup> resolve(std::string_view host, std::uint16_t port,
                                  OnResolved done) override;
  std::vector<Interface> interfaces() const override;

 private:
  Wires& wires_;
  const std::string host_;
};

}  // namespace xmppftd::test

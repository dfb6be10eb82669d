// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/socket.h"
#include "support/fake_timers.h"

namespace xmppftd::test {

/// One connection as the far end sees it. Bytes are written as hexadecimal, spaces allowed: "05 01
/// 00".
class RemoteEnd {
 public:
  const std::string address;  ///< what was dialled, or who dialled us: "192.0.2.1:4242"

  void accept();                           ///< our connect() succeeds
  void fail(Errc code = Errc::Network);    ///< refused, reset: our end is told and forgotten
  void end() { fail(Errc::Interrupted); }  ///< EOF
  /// Bytes arrive. What our end does not want stays in the kernel.
  void send(std::string_view hex);
  /// What our end wrote since the last look; a mismatch fails the running test.
  void expect(std::string_view hex);
  void expect_nothing() { expect(""); }

  bool closed() const { return closed_; }         ///< our end closed it
  bool released() const { return released_; }     ///< our end handed its descriptor on
  int descriptor() const { return descriptor_; }  ///< the number of the descriptor handed on
  std::string in_kernel() const;                  ///< hex of bytes that arrived and were not read

 private:
  friend class FakeNetwork;
  struct End;
  explicit RemoteEnd(std::string its_address) : address(std::move(its_address)) {}
  void deliver();

  Socket::Handler* handler_ = nullptr;
  std::size_t wanted_ = 0;
  bool closed_ = false, released_ = false;
  int descriptor_ = -1;
  Bytes written_, arrived_;
};

/// A Network whose other ends are played by the test.
///
///   FakeNetwork net(timers);
///   net.names["proxy.example.org"] = {"203.0.113.5"};     // others do not resolve
///   auto& host = net.expect_connect("192.0.2.1:4242");
///   host.accept();
///   host.expect("05 01 00");
class FakeNetwork final : public Network {
 public:
  explicit FakeNetwork(FakeTimers& timers) : timers_(timers) {}

  std::map<std::string, std::vector<std::string>, std::less<>>
      names;  ///< an entry without addresses never answers
  std::vector<Interface> local;
  bool listening_fails = false;

  /// The oldest connect() not yet seen goes there.
  RemoteEnd& expect_connect(std::string_view address);
  void expect_no_connect();
  /// Likewise, wherever it goes; null when there is none.
  RemoteEnd* next_connect();
  /// Somebody dials our listener of the same family; fails the test when there is none.
  RemoteEnd& dial(std::string_view from, std::uint16_t from_port = 50000);
  std::vector<std::string> listening() const;  ///< "0.0.0.0:40001", ...
  const std::vector<std::string>& looked_up() const { return looked_up_; }  ///< names, not literals
  /// Connections that our end neither closed nor handed on.
  std::size_t open() const;

  // Network
  std::unique_ptr<Socket> connect(const SocketAddress& to, Socket::Handler& handler) override;
  std::unique_ptr<Socket> adopt(UniqueFd connection, Socket::Handler& handler) override;
  Result<std::unique_ptr<Listener>> listen(const SocketAddress& at,
                                           Listener::OnAccept on_accept) override;
  std::unique_ptr<Lookup> resolve(std::string_view host, std::uint16_t port,
                                  OnResolved done) override;
  std::vector<Interface> interfaces() const override { return local; }

  static Interface interface(std::string name, std::string_view address);

 private:
  struct Listening;
  struct Pending;
  FakeTimers& timers_;
  std::uint16_t next_port_ = 40001;
  std::vector<std::shared_ptr<RemoteEnd>> ends_;
  std::deque<RemoteEnd*> dialled_;
  std::map<int, std::shared_ptr<RemoteEnd>> accepted_;  // by descriptor, until adopted
  std::shared_ptr<std::vector<Listening*>> listeners_ = std::make_shared<std::vector<Listening*>>();
  std::vector<std::string> looked_up_;
};

/// A SocketAddress literal. Throws when it is none.
SocketAddress address(std::string_view host, std::uint16_t port = 0);

}  // namespace xmppftd::test

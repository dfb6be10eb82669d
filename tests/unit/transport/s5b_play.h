// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>

#include "support/fake_bulk.h"
#include "support/fake_iq_channel.h"
#include "support/fake_network.h"
#include "support/jid.h"
#include "transport/s5b_outgoing.h"
#include "transport/s5b_transport.h"
#include "unit/transport/two_peers.h"

namespace xmppftd::test {

inline const std::string kProxy = "proxy.montague.lit";

inline std::string hex_of(const std::string& hash) { return to_hex(view_of(hash)); }

/// One account that knows one proxy, on a machine with one address.
struct S5bPlay : Carrier::Handler {
  FakeTimers timers;
  FakeIqChannel iq{timers, kUs};
  FakeNetwork net{timers};
  FakeBulk bulk{timers};
  AddressPolicy policy;
  S5bListener listener{net, timers, {address("0.0.0.0")}};
  S5bProxies proxies{iq, timers, false, {*NamedProxy::parse(kProxy + "@203.0.113.5:7777")}};
  S5bTransport transport{{iq, net, bulk, timers, listener, proxies, policy, {}}};
  StreamKey key{jid(kUs), jid(kPeer), "vj3hs98y", "label"};
  StreamTerms terms;
  std::vector<std::string> told;
  int calls = 0;
  std::unique_ptr<Carrier> carrier;
  std::optional<Error> error;
  std::optional<Result<Moved>> ended;
  std::unique_ptr<Transport::Attempt> attempt;

  S5bPlay() {
    net.local = {FakeNetwork::interface("eth0", "192.0.2.1")};
    proxies.refresh();
    timers.turn();
    terms.tell = [this](std::string_view what, std::string detail) {
      told.push_back(std::string(what) + " " + detail);
    };
  }
  virtual ~S5bPlay() = default;
  void on_end(Result<Moved> how) override { ended = std::move(how); }
  Transport::Opened opened() {
    return [this](Result<std::unique_ptr<Carrier>> result) {
      ++calls;
      if (result)
        carrier = *std::move(result);
      else
        error = result.error();
      attempt.reset();  // as the negotiation does
    };
  }
  void open() { attempt = transport.open(key, terms, opened()); }
  void expect() { attempt = transport.expect(key, terms, opened()); }

  std::string hash() const { return dst_addr(key.sid, kUs, kPeer); }  // we are requester
  std::string hash_as_target() const { return dst_addr(key.sid, kPeer, kUs); }
  std::string request_for(const std::string& dst) { return "0501000328" + hex_of(dst) + "0000"; }
  std::string reply_for(const std::string& dst) { return "0500000328" + hex_of(dst) + "0000"; }

  void expect_offer() {
    iq.expect("<iq type='set' to='" + kPeer +
              "'><query xmlns='http://jabber.org/protocol/bytestreams' sid='vj3hs98y' mode='tcp'>"
              "<streamhost jid='" +
              kUs +
              "' host='192.0.2.1' port='40001'/>"
              "<streamhost jid='proxy.montague.lit' host='203.0.113.5' port='7777'/></query></iq>");
  }
  void use(const std::string& who) {
    iq.reply(
        "<query xmlns='http://jabber.org/protocol/bytestreams' sid='vj3hs98y'>"
        "<streamhost-used jid='" +
        who + "'/></query>");
  }
  RemoteEnd& target_connects(const std::string& dst) {
    auto& target = net.dial("198.51.100.9", 50000);
    target.send("05 01 00 " + request_for(dst));
    target.expect("0500" + reply_for(dst));
    return target;
  }
  RemoteEnd& server_accepts(const std::string& where, const std::string& dst) {
    auto& host = net.expect_connect(where);
    host.accept();
    host.expect("05 01 00");
    host.send("05 00");
    host.expect(request_for(dst));
    host.send(reply_for(dst));
    return host;
  }
  void offer(const std::string& inner, const std::string& id = "o1",
             const std::string& from = kPeer, const std::string& sid = "vj3hs98y") {
    iq.inject("<iq type='set' id='" + id + "' from='" + from +
              "'><query xmlns='http://jabber.org/protocol/bytestreams' sid='" + sid +
              "' mode='tcp'>" + inner + "</query></iq>");
  }
  void expect_used(const std::string& who, const std::string& id = "o1") {
    iq.expect_result(id,
                     "<query xmlns='http://jabber.org/protocol/bytestreams' sid='vj3hs98y'>"
                     "<streamhost-used jid='" +
                         who + "'/></query>");
  }
  static std::string host(const std::string& who, const std::string& where, int port = 4242) {
    return "<streamhost jid='" + who + "' host='" + where + "' port='" + std::to_string(port) +
           "'/>";
  }
  /// Nothing is left open, running or owed.
  void check_clean() {
    attempt.reset();
    CHECK(net.open() == 0);
    CHECK(net.listening().empty());
    CHECK(timers.running() == 0);
  }
};

}  // namespace xmppftd::test

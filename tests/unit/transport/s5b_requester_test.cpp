// SPDX-License-Identifier: MIT
#include "unit/transport/s5b_play.h"

namespace s5b_requester_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

TEST_CASE("s5b requester: the target comes to our own listener (XEP-0065 s5)", "[s5b]") {
  S5bPlay play;
  play.open();
  play.expect_offer();
  auto& target = play.target_connects(play.hash());
  CHECK(play.calls == 0);
  play.use(kUs);
  REQUIRE(play.carrier);
  CHECK(play.carrier->label().method == "label");
  CHECK(play.carrier->label().route == "direct");
  CHECK(play.carrier->label().host == "198.51.100.9");

  play.carrier->start(test::some_file(), {0, 100}, play);
  auto& stream = play.bulk.expect_send();
  CHECK(stream.socket.get() == target.descriptor());
  CHECK(stream.how == StreamEnd::ShutdownAndWait);
  stream.progress->bytes = 40;
  CHECK(play.carrier->progress().bytes == 40);
  stream.end_well();
  REQUIRE(play.ended.has_value());
  CHECK((*play.ended)->bytes == 100);
  CHECK(play.calls == 1);
  play.check_clean();
}

TEST_CASE("s5b requester: dials the proxy only when the target used it, activates once", "[s5b]") {
  S5bPlay play;
  play.open();
  play.expect_offer();
  play.timers.advance(5s);
  play.net.expect_no_connect();  // Openfire pumps from the second to the first
  play.use(kProxy);
  play.timers.turn();
  auto& proxy = play.server_accepts("203.0.113.5:7777", play.hash());
  CHECK(play.calls == 0);  // no byte before the activation
  const auto activation = play.iq.expect(
      "<iq type='set' to='proxy.montague.lit'>"
      "<query xmlns='http://jabber.org/protocol/bytestreams' sid='vj3hs98y'>"
      "<activate>juliet@capulet.lit/balcony</activate></query></iq>");

  SECTION("an empty result opens it") {
    play.iq.reply();
    REQUIRE(play.carrier);
    CHECK(play.carrier->label().route == "proxy");
    CHECK(play.carrier->label().host == "203.0.113.5");
    CHECK(play.carrier->label().port == 7777);
    play.carrier->start(test::some_file(), {10, 90}, play);
    auto& stream = play.bulk.expect_send();
    CHECK(stream.socket.get() == proxy.descriptor());
    CHECK(stream.how == StreamEnd::DrainAndClose);
    CHECK(stream.range == ByteRange{10, 90});
    play.carrier.reset();
    CHECK(stream.cancelled);
  }
  SECTION("a refusal is the end of S5B") {
    play.iq.refuse(Condition::NotAllowed);
    REQUIRE(play.error);
    CHECK(play.error->code == Errc::StreamFailed);
  }
  SECTION("silence too; it is never sent again ") {
    play.timers.advance(20s);
    REQUIRE(play.error);
    CHECK(play.error->code == Errc::StreamFailed);
  }
  play.iq.expect_nothing();
  CHECK(play.calls == 1);
  play.check_clean();
}

TEST_CASE("s5b requester: every place of the used proxy is tried, no other (Openfire)", "[s5b]") {
  S5bPlay play;
  S5bProxies two(play.iq, play.timers, false,
                 {*NamedProxy::parse("proxy.montague.lit@203.0.113.5:7777"),
                  *NamedProxy::parse("proxy.montague.lit@203.0.113.6:7777"),
                  *NamedProxy::parse("other.montague.lit@203.0.113.7:7777")});
  two.refresh();
  play.timers.turn();
  S5bTransport transport(
      {play.iq, play.net, play.bulk, play.timers, play.listener, two, play.policy, {}});
  play.attempt = transport.open(play.key, play.terms, play.opened());
  play.iq.take();
  play.use(kProxy);
  play.timers.turn();
  play.net.expect_connect("203.0.113.5:7777").fail();
  play.timers.turn();
  play.server_accepts("203.0.113.6:7777", play.hash());
  play.iq.take();
  play.iq.reply();
  CHECK(play.carrier);
  play.net.expect_no_connect();
}

TEST_CASE("s5b requester: what cannot be opened is known before it is offered", "[s5b]") {
  S5bPlay play;
  S5bProxies none(play.iq, play.timers, false, {});
  S5bProxies asking(play.iq, play.timers, true, {});
  none.refresh();
  play.timers.turn();
  asking.refresh();
  const auto transport_with = [&](S5bProxies& proxies, S5bConfig config = {}) {
    return std::make_unique<S5bTransport>(S5bContext{play.iq, play.net, play.bulk, play.timers,
                                                     play.listener, proxies, play.policy, config});
  };
  StreamTerms direct, proxy, both;
  direct.proxy = false;
  proxy.direct = false;
  CHECK(play.transport.can_open(direct).ok());
  CHECK(play.transport.can_open(proxy).ok());
  CHECK(play.transport.can_open(both).ok());

  const auto without = transport_with(none);
  CHECK(without->can_open(direct).ok());
  CHECK(without->can_open(both).ok());
  auto verdict = without->can_open(proxy);
  REQUIRE_FALSE(verdict.ok());
  CHECK(verdict.error().code == Errc::NoCommonMethod);
  CHECK(verdict.error().detail.find("socks5.proxies") != std::string::npos);

  verdict = transport_with(asking)->can_open(proxy);  // it may still find one
  REQUIRE_FALSE(verdict.ok());
  CHECK(verdict.error().code == Errc::StreamFailed);

  S5bConfig hidden;
  hidden.direct = false;
  CHECK_FALSE(transport_with(none, hidden)->can_open(both).ok());
  CHECK_FALSE(transport_with(none, hidden)->can_open(direct).ok());
  play.net.local.clear();
  CHECK_FALSE(without->can_open(direct).ok());
  hidden = {};
  hidden.advertise = {{"files.montague.lit", 4000}};
  CHECK(transport_with(none, hidden)->can_open(direct).ok());
}

TEST_CASE("s5b requester: the listener is told where the peer may come from", "[s5b][flood]") {
  S5bPlay play;
  const auto crowd = [&] {  // greets, so that nobody goes for being silent
    for (int i = 0; i < 400; ++i) {
      play.net.dial("10.0." + std::to_string(i / 200) + "." + std::to_string(i % 200 + 1))
          .send("05 01 00");
      play.timers.advance(1ms);
    }
  };
  const auto stays = [&] {
    auto& slow = play.net.dial("198.51.100.9", 50000);
    slow.send("05 01 00");
    slow.expect("05 00");
    crowd();
    return !slow.closed();
  };
  SECTION("nobody knows: the crowd's rate decides") {
    play.open();
    CHECK_FALSE(stays());
  }
  SECTION("it came from there before") {
    play.open();
    play.iq.take();
    play.target_connects(play.hash());
    play.use(kUs);
    play.carrier.reset();
    play.open();
    CHECK(stays());
  }
  SECTION("it said so in an offer of its own") {
    play.expect();
    play.offer(S5bPlay::host(kPeer, "198.51.100.9"));
    play.timers.turn();
    play.net.expect_connect("198.51.100.9:4242").fail();
    play.open();
    CHECK(stays());
  }
  SECTION("it is on this machine") {
    play.net.local.push_back(FakeNetwork::interface("eth1", "198.51.100.9"));
    play.open();
    CHECK(stays());
  }
  play.attempt.reset();
}

TEST_CASE("s5b requester: a proxy is the same one however its name is spelt", "[s5b]") {
  const auto* used = GENERATE("proxy.montague.lit", "Proxy.Montague.lit");
  S5bPlay play;
  S5bProxies spelt(play.iq, play.timers, false, {*NamedProxy::parse("proxy.montague.lit")});
  spelt.refresh();
  play.iq.take();
  play.iq.reply("<query xmlns='http://jabber.org/protocol/bytestreams'>" +
                S5bPlay::host("Proxy.Montague.lit", "203.0.113.5", 7777) + "</query>");
  play.timers.turn();
  S5bTransport transport(
      {play.iq, play.net, play.bulk, play.timers, play.listener, spelt, play.policy, {}});
  play.attempt = transport.open(play.key, play.terms, play.opened());
  play.iq.take();
  play.use(used);
  play.timers.turn();
  play.server_accepts("203.0.113.5:7777", play.hash());
  play.iq.take();
  play.iq.reply();
  CHECK(play.carrier);
}

TEST_CASE("s5b requester: streamhost-used must name a host of this stream (SB7)", "[s5b]") {
  S5bPlay play;
  play.open();
  play.expect_offer();
  SECTION("an unknown JID") {
    play.target_connects(play.hash());
    play.use("proxy.evil.lit");
  }
  SECTION("our bare JID") { play.use("romeo@montague.lit"); }
  SECTION("us, though nobody is connected") { play.use(kUs); }
  SECTION("us, though somebody with a wrong hash tried") {
    play.net.dial("203.0.113.66").send("05 01 00 " + play.request_for(std::string(40, '1')));
    play.use(kUs);
  }
  SECTION("no JID at all") {
    play.iq.reply("<query xmlns='http://jabber.org/protocol/bytestreams' sid='vj3hs98y'/>");
  }
  SECTION("an empty result") { play.iq.reply(); }
  SECTION("a JID that is none") { play.use("@@"); }
  REQUIRE(play.error);
  CHECK(play.error->code == Errc::StreamFailed);
  play.net.expect_no_connect();
  play.check_clean();
}

TEST_CASE("s5b requester: any refusal is StreamFailed", "[s5b]") {
  const auto condition =
      GENERATE(values<Condition>({Condition::ItemNotFound, Condition::NotAcceptable,
                                  Condition::RemoteServerNotFound,  // COMPAT Psi
                                  Condition::Forbidden, Condition::ServiceUnavailable}));
  S5bPlay play;
  play.open();
  play.expect_offer();
  play.iq.refuse(condition);
  REQUIRE(play.error);
  CHECK(play.error->code == Errc::StreamFailed);
  CHECK(play.error->detail.find(to_string(condition)) != std::string::npos);
  if (condition == Condition::ItemNotFound || condition == Condition::RemoteServerNotFound)
    CHECK(play.error->detail.starts_with("the peer reached none of the offered hosts"));
  play.check_clean();
}

TEST_CASE("s5b requester: waits 150 s, and says so after 30", "[s5b]") {
  S5bPlay play;
  play.open();
  play.expect_offer();
  play.timers.advance(29s);
  REQUIRE(play.told.size() == 1);
  CHECK(play.told[0].rfind("offered hosts", 0) == 0);
  play.timers.advance(1s);
  REQUIRE(play.told.size() == 2);
  CHECK(play.told[1].rfind("slow", 0) == 0);
  SECTION("a late answer still counts") {
    play.timers.advance(119s);
    play.target_connects(play.hash());
    play.use(kUs);
    CHECK(play.carrier);
    play.carrier.reset();
  }
  SECTION("but not for ever, and what comes later is nobody's") {
    play.timers.advance(120s);
    REQUIRE(play.error);
    CHECK(play.error->code == Errc::Timeout);
    play.use(kUs);
    play.use(kProxy);
    play.timers.turn();
    play.net.expect_no_connect();
    CHECK(play.calls == 1);
  }
  play.check_clean();
}

TEST_CASE("s5b requester: the session ends meanwhile", "[s5b]") {
  S5bPlay play;
  play.open();
  play.expect_offer();
  play.iq.disconnect();
  REQUIRE(play.error);
  CHECK(play.error->code == Errc::NotOnline);
  play.check_clean();
}

TEST_CASE("s5b requester: our server accepts the hashes that peers compute", "[s5b]") {
  const StreamKey key{jid("romeo@montague.lit/orchärd€"), jid(kPeer), "sid1"};
  const auto variants = dst_addr_variants(key);
  const auto has = [&](const std::string& self, const std::string& peer) {
    return std::find(variants.begin(), variants.end(), dst_addr("sid1", self, peer)) !=
           variants.end();
  };
  CHECK(has("romeo@montague.lit/orchärd€", kPeer));
  CHECK(has("romeo@montague.lit", kPeer));
  CHECK(has("romeo@montague.lit/orchärd€", "juliet@capulet.lit"));
  CHECK(has("romeo@montague.lit/orch\xe4rd?", kPeer));  // QXmpp: toLatin1()
  CHECK_FALSE(has(kPeer, "romeo@montague.lit/orchärd€"));
}

TEST_CASE("s5b requester: cancelled in any state nothing is left and nobody is called", "[s5b]") {
  const int state = GENERATE(range(0, 5));
  S5bPlay play;
  play.open();
  if (state > 0) play.expect_offer();
  if (state > 1) play.target_connects(play.hash());
  if (state > 2) play.use(kProxy);
  if (state > 3) {
    play.timers.turn();
    play.server_accepts("203.0.113.5:7777", play.hash());
  }
  play.check_clean();
  CHECK(play.calls == 0);
}

TEST_CASE("s5b requester: ready to send within 5 s", "[s5b]") {
  S5bPlay play;
  int ready = 0;
  SECTION("with proxies known") {
    const auto preparing = play.transport.prepare(play.terms, [&] { ++ready; });
    play.timers.turn();
    CHECK(ready == 1);
  }
  SECTION("without need for them") {
    play.terms.proxy = false;
    const auto preparing = play.transport.prepare(play.terms, [&] { ++ready; });
    CHECK(ready == 0);
    play.timers.turn();
    CHECK(ready == 1);
  }
}

}  // namespace s5b_requester_test

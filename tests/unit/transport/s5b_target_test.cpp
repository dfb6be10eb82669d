// SPDX-License-Identifier: MIT
#include "support/sids.h"
#include "unit/transport/s5b_play.h"

namespace s5b_target_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

TEST_CASE("s5b target: connects to the peer and says so (XEP-0065 s5.3)", "[s5b]") {
  S5bPlay play;
  play.expect();
  play.offer(S5bPlay::host(kPeer, "198.51.100.9") +
             S5bPlay::host("proxy.capulet.lit", "203.0.113.8", 7777));
  play.timers.turn();
  auto& peer = play.server_accepts("198.51.100.9:4242", play.hash_as_target());
  play.expect_used(kPeer);
  REQUIRE(play.carrier);
  CHECK(play.carrier->label().route == "direct");
  CHECK(play.carrier->label().host == "198.51.100.9");
  play.carrier->start(test::some_file(), {0, 100}, play);
  CHECK(play.bulk.expect_receive().socket.get() == peer.descriptor());
  play.check_clean();
}

TEST_CASE("s5b target: or to the peer's proxy", "[s5b]") {
  S5bPlay play;
  play.expect();
  play.offer(S5bPlay::host(kPeer, "198.51.100.9") +
             S5bPlay::host("proxy.capulet.lit", "203.0.113.8", 7777));
  play.timers.turn();
  play.net.expect_connect("198.51.100.9:4242").fail();
  play.timers.turn();
  play.server_accepts("203.0.113.8:7777", play.hash_as_target());
  play.expect_used("proxy.capulet.lit");
  CHECK(play.carrier->label().route == "proxy");
}

TEST_CASE("s5b target: no socket and no look-up without consent", "[s5b]") {
  S5bPlay play;
  play.net.names["evil.lit"] = {"198.51.100.9"};
  const auto hosts = S5bPlay::host(kPeer, "198.51.100.9") + S5bPlay::host(kPeer, "evil.lit");
  SECTION("nothing is expected") { play.offer(hosts); }
  SECTION("another sid is") {
    play.expect();
    play.offer(hosts, "o1", kPeer, "other");
  }
  SECTION("another resource of the peer asks") {
    play.expect();
    play.offer(hosts, "o1", "juliet@capulet.lit/chamber");
  }
  SECTION("a stranger asks") {
    play.expect();
    play.offer(hosts, "o1", "tybalt@capulet.lit/alley");
  }
  SECTION("we changed our mind") {
    play.expect();
    play.attempt.reset();
    play.offer(hosts);
  }
  play.iq.expect_error("o1", Condition::NotAcceptable);
  play.timers.advance(10s);
  play.net.expect_no_connect();
  CHECK(play.net.looked_up().empty());
  CHECK(play.calls == 0);
}

TEST_CASE("s5b target: one answer for every way to fail", "[s5b]") {
  S5bPlay play;
  play.expect();
  SECTION("refused") {
    play.offer(S5bPlay::host(kPeer, "198.51.100.9"));
    play.timers.turn();
    play.net.expect_connect("198.51.100.9:4242").fail();
  }
  SECTION("silent") {
    play.offer(S5bPlay::host(kPeer, "198.51.100.9"));
    play.timers.advance(9s);
  }
  SECTION("forbidden") {
    play.offer(S5bPlay::host(kPeer, "127.0.0.1", 22) + S5bPlay::host(kPeer, "::1", 22));
    play.timers.advance(1s);
    play.net.expect_no_connect();
  }
  SECTION("no hosts") {
    play.offer("");
    play.timers.turn();
  }
  SECTION("no usable hosts") {
    play.offer("<streamhost jid='x' host='' port='1'/><streamhost host='198.51.100.9' port='0'/>");
    play.timers.turn();
  }
  play.iq.expect_error("o1", Condition::ItemNotFound);
  REQUIRE(play.error);
  CHECK(play.error->code == Errc::StreamFailed);
  CHECK(play.calls == 1);

  play.offer(S5bPlay::host(kPeer, "198.51.100.9"), "o2");
  play.iq.expect_error("o2", Condition::NotAcceptable);
  play.check_clean();
}

TEST_CASE("s5b target: nobody learns from the answer's time what is closed in our network",
          "[s5b]") {
  const std::string where = GENERATE("192.168.1.5", "10.1.2.3", "fd00::5", "100.64.0.9");
  const bool closed = GENERATE(false, true);
  S5bPlay play;
  play.expect();
  play.offer(S5bPlay::host(kPeer, where, 22));
  play.timers.turn();
  auto* end = play.net.next_connect();
  REQUIRE(end);
  if (closed) end->fail();
  play.timers.advance(8999ms);
  play.iq.expect_nothing();
  play.timers.advance(1ms);
  play.iq.expect_error("o1", Condition::ItemNotFound);
  REQUIRE(play.error);
  play.check_clean();
}

TEST_CASE("s5b target: a refusal is told at once where there is nothing to hide", "[s5b]") {
  S5bPlay play;
  std::string peer = kPeer;
  SECTION("a public host") {
    play.expect();
    play.offer(S5bPlay::host(kPeer, "198.51.100.9"));
  }
  SECTION("another program of this account") {
    peer = "romeo@montague.lit/laptop";
    play.key.peer = jid(peer);
    play.expect();
    play.offer(S5bPlay::host(peer, "192.168.1.5"), "o1", peer);
  }
  SECTION("a trusted range") {
    play.policy = AddressPolicy(*CidrSet::parse({"192.168.0.0/16"}));
    play.expect();
    play.offer(S5bPlay::host(kPeer, "192.168.1.5"));
  }
  play.timers.turn();
  auto* end = play.net.next_connect();
  REQUIRE(end);
  end->fail();
  play.iq.expect_error("o1", Condition::ItemNotFound);
  play.check_clean();
}

TEST_CASE("s5b target: tries all 64 hosts that are read, and says what is left out", "[s5b]") {
  S5bPlay play;
  play.expect();
  std::string hosts;
  for (int i = 1; i <= 70; ++i) hosts += S5bPlay::host(kPeer, "198.51.100." + std::to_string(i));
  play.offer(hosts);
  CHECK(play.told.at(0) == "socks5 the peer names 6 more hosts, which are not read");
  for (int i = 1; i <= 64; ++i) {
    play.timers.turn();
    auto& end = play.net.expect_connect("198.51.100." + std::to_string(i) + ":4242");
    if (i < 64) {
      end.fail();
      continue;
    }
    end.accept();
    end.send("05 00");
    end.send(play.reply_for(play.hash_as_target()));
  }
  play.expect_used(kPeer);
  CHECK(play.carrier);
}

TEST_CASE("s5b target: any text is a sid, and is hashed as it is", "[s5b][sid]") {
  for (const auto& sid : opaque_sids()) {
    INFO(sid);
    S5bPlay play;
    play.key.sid = sid;
    play.expect();
    play.offer(S5bPlay::host(kPeer, "198.51.100.9"), "o1", kPeer, escaped(sid));
    play.timers.turn();
    play.server_accepts("198.51.100.9:4242", play.hash_as_target());
    const auto answer = play.iq.take();
    CHECK(answer.payload().attribute_or_empty("sid") == sid);
    CHECK(play.carrier);
  }
}

TEST_CASE("s5b target: a sid over 1024 bytes is the peer's mistake", "[s5b][sid]") {
  S5bPlay play;
  play.expect();
  play.offer(S5bPlay::host(kPeer, "198.51.100.9"), "o1", kPeer, std::string(1025, 'x'));
  play.iq.expect_error("o1", Condition::BadRequest);
}

TEST_CASE("s5b target: a sid that ended may be expected again, an old attempt takes nothing away",
          "[s5b][sid]") {
  S5bPlay play;
  play.expect();
  auto old = std::move(play.attempt);
  play.expect();
  old.reset();
  play.offer(S5bPlay::host(kPeer, "198.51.100.9"));
  play.timers.turn();
  play.server_accepts("198.51.100.9:4242", play.hash_as_target());
  play.expect_used(kPeer);
  CHECK(play.carrier);
  play.carrier.reset();
  for (int i = 2; i < 5; ++i) {
    const auto id = "o" + std::to_string(i);
    play.expect();
    play.offer(S5bPlay::host(kPeer, "198.51.100.9"), id);
    play.timers.turn();
    play.server_accepts("198.51.100.9:4242", play.hash_as_target());
    play.expect_used(kPeer, id);
    play.carrier.reset();
  }
  play.check_clean();
}

TEST_CASE("s5b target: the same IQ again gets the same answer, another one none (SI1)", "[s5b]") {
  S5bPlay play;
  play.expect();
  const auto hosts = S5bPlay::host(kPeer, "198.51.100.9");
  play.offer(hosts);
  play.offer(hosts);
  play.offer(hosts, "o2");
  play.iq.expect_error("o2", Condition::NotAcceptable);
  play.timers.turn();
  play.server_accepts("198.51.100.9:4242", play.hash_as_target());
  play.expect_used(kPeer);
  play.expect_used(kPeer);
  play.net.expect_no_connect();
  CHECK(play.calls == 1);
}

TEST_CASE("s5b target: ip_policy keeps us from the peer's hosts", "[s5b]") {
  S5bPlay play;
  const auto hosts = S5bPlay::host(kPeer, "peer.capulet.lit") +
                     S5bPlay::host("proxy.capulet.lit", "203.0.113.8", 7777) +
                     S5bPlay::host(kProxy, "203.0.113.66", 7777) +  // claims to be ours
                     S5bPlay::host(kProxy, "203.0.113.5", 7777);
  SECTION("no direct connections: their proxy counts as the peer") { play.terms.direct = false; }
  SECTION("our own proxy only") { play.terms.own_proxy_only = true; }
  play.expect();
  play.offer(hosts);
  play.timers.turn();
  play.timers.turn();
  play.server_accepts("203.0.113.5:7777", play.hash_as_target());
  play.expect_used(kProxy);
  CHECK(play.net.looked_up().empty());
}

TEST_CASE("s5b target: our own proxy may be anywhere, even on loopback", "[s5b]") {
  S5bPlay play;
  S5bProxies local(play.iq, play.timers, false,
                   {*NamedProxy::parse("proxy.montague.lit@127.0.0.1:7777")});
  S5bTransport transport(
      {play.iq, play.net, play.bulk, play.timers, play.listener, local, play.policy, {}});
  play.attempt = transport.expect(play.key, play.terms, play.opened());
  play.timers.turn();
  play.offer(S5bPlay::host(kProxy, "127.0.0.1", 22) + S5bPlay::host(kProxy, "127.0.0.1", 7777));
  play.timers.turn();
  play.server_accepts("127.0.0.1:7777", play.hash_as_target());
  play.expect_used(kProxy);
}

TEST_CASE("s5b target: is not sent to its own listener, unless that stream is its own", "[s5b]") {
  S5bPlay play;
  play.expect();
  SECTION("another stream's") {
    auto ticket = play.listener.wait_for({std::string(40, '1')});
    play.offer(S5bPlay::host(kPeer, "192.0.2.1", 40001));
    play.timers.advance(1s);
    play.net.expect_no_connect();
    play.iq.expect_error("o1", Condition::ItemNotFound);
  }
  SECTION("from one account of this daemon to another") {
    auto ticket = play.listener.wait_for({play.hash_as_target()});
    play.offer(S5bPlay::host(kPeer, "192.0.2.1", 40001));
    play.timers.turn();
    play.net.expect_connect("192.0.2.1:40001");
  }
  SECTION("another machine may listen on the same port") {
    auto ticket = play.listener.wait_for({std::string(40, '1')});
    play.offer(S5bPlay::host(kPeer, "198.51.100.9", 40001));
    play.timers.turn();
    play.net.expect_connect("198.51.100.9:40001");
  }
  SECTION("and another daemon on this machine, on a port of its own") {
    auto ticket = play.listener.wait_for({std::string(40, '1')});
    play.offer(S5bPlay::host(kPeer, "192.0.2.1", 4242));
    play.timers.turn();
    play.net.expect_connect("192.0.2.1:4242");
  }
}

TEST_CASE("s5b target: a proxy behind many addresses is among the five tried", "[s5b]") {
  S5bPlay play;
  play.expect();
  std::string hosts;
  for (int i = 1; i <= 7; ++i) hosts += S5bPlay::host(kPeer, "198.51.100." + std::to_string(i));
  play.offer(hosts + S5bPlay::host("proxy.capulet.lit", "203.0.113.8", 7777));
  for (int i = 1; i <= 4; ++i) {
    play.timers.turn();
    play.net.expect_connect("198.51.100." + std::to_string(i) + ":4242").fail();
  }
  play.timers.turn();
  play.net.expect_connect("203.0.113.8:7777");
}

TEST_CASE("s5b target: mode and a missing port do not matter (QXmpp 1.4, XEP-0065 s9.2)", "[s5b]") {
  S5bPlay play;
  play.expect();
  play.iq.inject(
      "<iq type='set' id='o1' from='" + kPeer +
      "'><query xmlns='http://jabber.org/protocol/bytestreams' sid='vj3hs98y' mode='udp'>"
      "<streamhost jid='" +
      kPeer + "' host='198.51.100.9'/></query></iq>");
  play.timers.turn();
  play.server_accepts("198.51.100.9:1080", play.hash_as_target());
  play.expect_used(kPeer);
}

TEST_CASE("s5b target: cancelled in any state it answers what it owes", "[s5b]") {
  const int state = GENERATE(range(0, 4));
  S5bPlay play;
  play.expect();
  if (state > 0) play.offer(S5bPlay::host(kPeer, "198.51.100.9"));
  if (state > 1) play.timers.turn();
  if (state > 2) play.net.expect_connect("198.51.100.9:4242").accept();
  play.check_clean();
  if (state > 0) play.iq.expect_error("o1", Condition::NotAcceptable);
  play.iq.expect_nothing();
  CHECK(play.calls == 0);
}

}  // namespace s5b_target_test

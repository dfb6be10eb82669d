// SPDX-License-Identifier: MIT
#include "transport/s5b_transport.h"

#include <catch2/catch.hpp>

#include "support/fake_bulk.h"
#include "support/fake_iq_channel.h"
#include "support/fake_network.h"
#include "support/jid.h"
#include "transport/s5b_outgoing.h"

using namespace xmppftd;
using namespace std::chrono_literals;
using test::jid;

namespace {

const std::string kUs = "romeo@montague.lit/orchard";
const std::string kPeer = "juliet@capulet.lit/balcony";
const std::string kProxy = "proxy.montague.lit";

std::string hex_of(const std::string& hash) { return to_hex(view_of(hash)); }

/// One account that knows one proxy, on a machine with one address.
struct Play final : Carrier::Handler {
  test::FakeTimers timers;
  test::FakeIqChannel iq{timers, kUs};
  test::FakeNetwork net{timers};
  test::FakeBulk bulk{timers};
  AddressPolicy policy;
  S5bListener listener{net, timers, {test::address("0.0.0.0")}};
  S5bProxies proxies{iq, timers, false, {*NamedProxy::parse(kProxy + "@203.0.113.5:7777")}};
  S5bTransport transport{{iq, net, bulk, timers, listener, proxies, policy, {}}};
  StreamKey key{jid(kUs), jid(kPeer), "vj3hs98y"};
  StreamPlan plan;
  std::vector<std::string> told;
  int calls = 0;
  std::unique_ptr<Carrier> carrier;
  std::optional<Error> error;
  std::optional<Result<Moved>> ended;
  std::unique_ptr<Transport::Attempt> attempt;

  Play() {
    net.local = {test::FakeNetwork::interface("eth0", "192.0.2.1")};
    proxies.refresh();
    timers.turn();
    plan.tell = [this](std::string_view what, std::string detail) {
      told.push_back(std::string(what) + " " + detail);
    };
  }
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
  void open() { attempt = transport.open(key, plan, opened()); }
  void expect() { attempt = transport.expect(key, plan, opened()); }

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
  test::RemoteEnd& target_connects(const std::string& dst) {
    auto& target = net.dial("198.51.100.9", 50000);
    target.send("05 01 00 " + request_for(dst));
    target.expect("0500" + reply_for(dst));
    return target;
  }
  test::RemoteEnd& server_accepts(const std::string& where, const std::string& dst) {
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

}  // namespace

// ---- requester ----------------------------------------------------------------------------------

TEST_CASE("s5b requester: the target comes to our own listener (XEP-0065 s5)", "[s5b]") {
  Play play;
  play.open();
  play.expect_offer();
  auto& target = play.target_connects(play.hash());
  CHECK(play.calls == 0);
  play.use(kUs);
  REQUIRE(play.carrier);
  CHECK(play.carrier->path().method == "si-socks5");
  CHECK(play.carrier->path().route == "direct");
  CHECK(play.carrier->path().host == "198.51.100.9");

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
  Play play;
  play.open();
  play.expect_offer();
  play.timers.advance(5s);
  play.net.expect_no_connect();  // INTEROP s3h: Openfire pumps from the second to the first
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
    CHECK(play.carrier->path().route == "proxy");
    CHECK(play.carrier->path().host == "203.0.113.5");
    CHECK(play.carrier->path().port == 7777);
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
  SECTION("silence too; it is never sent again (INTEROP-openfire s1.3)") {
    play.timers.advance(20s);
    REQUIRE(play.error);
    CHECK(play.error->code == Errc::StreamFailed);
  }
  play.iq.expect_nothing();
  CHECK(play.calls == 1);
  play.check_clean();
}

TEST_CASE("s5b requester: every place of the used proxy is tried, no other (Openfire)", "[s5b]") {
  Play play;
  S5bProxies two(play.iq, play.timers, false,
                 {*NamedProxy::parse("proxy.montague.lit@203.0.113.5:7777"),
                  *NamedProxy::parse("proxy.montague.lit@203.0.113.6:7777"),
                  *NamedProxy::parse("other.montague.lit@203.0.113.7:7777")});
  two.refresh();
  play.timers.turn();
  S5bTransport transport(
      {play.iq, play.net, play.bulk, play.timers, play.listener, two, play.policy, {}});
  play.attempt = transport.open(play.key, play.plan, play.opened());
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

TEST_CASE("s5b requester: streamhost-used must name a host of this stream (SB7)", "[s5b]") {
  Play play;
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
  Play play;
  play.open();
  play.expect_offer();
  play.iq.refuse(condition);
  REQUIRE(play.error);
  CHECK(play.error->code == Errc::StreamFailed);
  play.check_clean();
}

TEST_CASE("s5b requester: waits 150 s, and says so after 30", "[s5b]") {
  Play play;
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
  Play play;
  play.open();
  play.expect_offer();
  play.iq.disconnect();
  REQUIRE(play.error);
  CHECK(play.error->code == Errc::NotOnline);
  play.check_clean();
}

TEST_CASE("s5b requester: the plan decides what is offered", "[s5b]") {
  Play play;
  SECTION("no address of ours") {
    play.plan.direct = false;
    play.open();
    CHECK(play.net.listening().empty());
    const auto sent = play.iq.take();
    REQUIRE(sent.payload().children.size() == 1);
    CHECK(sent.payload().children[0].attribute_or_empty("jid") == kProxy);
  }
  SECTION("no proxy") {
    play.plan.proxy = false;
    play.open();
    const auto sent = play.iq.take();
    REQUIRE(sent.payload().children.size() == 1);
    CHECK(sent.payload().children[0].attribute_or_empty("jid") == kUs);
  }
  SECTION("nothing at all fails without a stanza") {
    play.plan.direct = play.plan.proxy = false;
    play.open();
    CHECK(play.calls == 0);
    play.timers.turn();
    REQUIRE(play.error);
    CHECK(play.error->code == Errc::StreamFailed);
    play.iq.expect_nothing();
  }
  SECTION("a port that is taken leaves the proxy") {
    play.net.listening_fails = true;
    play.open();
    CHECK(play.iq.take().payload().children.size() == 1);
    CHECK(play.told.size() == 2);  // why, and what is offered
  }
  play.check_clean();
}

TEST_CASE("s5b requester: at most four addresses and five hosts, a proxy among them (Psi)",
          "[s5b]") {
  Play play;
  play.net.local.clear();
  for (int i = 1; i <= 9; ++i)
    play.net.local.push_back(
        test::FakeNetwork::interface("eth" + std::to_string(i), "192.0.2." + std::to_string(i)));
  play.open();
  const auto hosts = play.iq.take().payload().children;
  REQUIRE(hosts.size() == 5);
  CHECK(hosts[3].attribute_or_empty("jid") == kUs);
  CHECK(hosts[4].attribute_or_empty("jid") == kProxy);
}

TEST_CASE("s5b requester: socks5.advertise stands in for the addresses found", "[s5b]") {
  Play play;
  S5bConfig config;
  config.advertise = {{"files.montague.lit", 4000}, {"198.51.100.77", 0}};
  S5bTransport transport({play.iq, play.net, play.bulk, play.timers, play.listener, play.proxies,
                          play.policy, config});
  play.plan.proxy = false;
  play.attempt = transport.open(play.key, play.plan, play.opened());
  play.iq.expect(
      "<iq type='set'><query xmlns='http://jabber.org/protocol/bytestreams' "
      "sid='vj3hs98y' mode='tcp'>" +
      Play::host(kUs, "files.montague.lit", 4000) + Play::host(kUs, "198.51.100.77", 40001) +
      "</query></iq>");
  play.attempt.reset();
}

TEST_CASE("s5b requester: our server accepts the hashes that peers compute (INTEROP s3i)",
          "[s5b]") {
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
  Play play;
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
  Play play;
  int ready = 0;
  SECTION("with proxies known") {
    const auto preparing = play.transport.prepare(play.plan, [&] { ++ready; });
    play.timers.turn();
    CHECK(ready == 1);
  }
  SECTION("without need for them") {
    play.plan.proxy = false;
    const auto preparing = play.transport.prepare(play.plan, [&] { ++ready; });
    CHECK(ready == 0);
    play.timers.turn();
    CHECK(ready == 1);
  }
}

// ---- target -------------------------------------------------------------------------------------

TEST_CASE("s5b target: connects to the peer and says so (XEP-0065 s5.3)", "[s5b]") {
  Play play;
  play.expect();
  play.offer(Play::host(kPeer, "198.51.100.9") +
             Play::host("proxy.capulet.lit", "203.0.113.8", 7777));
  play.timers.turn();
  auto& peer = play.server_accepts("198.51.100.9:4242", play.hash_as_target());
  play.expect_used(kPeer);
  REQUIRE(play.carrier);
  CHECK(play.carrier->path().route == "direct");
  CHECK(play.carrier->path().host == "198.51.100.9");
  play.carrier->start(test::some_file(), {0, 100}, play);
  CHECK(play.bulk.expect_receive().socket.get() == peer.descriptor());
  play.check_clean();
}

TEST_CASE("s5b target: or to the peer's proxy", "[s5b]") {
  Play play;
  play.expect();
  play.offer(Play::host(kPeer, "198.51.100.9") +
             Play::host("proxy.capulet.lit", "203.0.113.8", 7777));
  play.timers.turn();
  play.net.expect_connect("198.51.100.9:4242").fail();
  play.timers.turn();
  play.server_accepts("203.0.113.8:7777", play.hash_as_target());
  play.expect_used("proxy.capulet.lit");
  CHECK(play.carrier->path().route == "proxy");
}

TEST_CASE("s5b target: no socket and no look-up without consent (RELIABILITY SB1)", "[s5b]") {
  Play play;
  play.net.names["evil.lit"] = {"198.51.100.9"};
  const auto hosts = Play::host(kPeer, "198.51.100.9") + Play::host(kPeer, "evil.lit");
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

TEST_CASE("s5b target: one answer for every way to fail (RELIABILITY SB2)", "[s5b]") {
  Play play;
  play.expect();
  SECTION("refused") {
    play.offer(Play::host(kPeer, "198.51.100.9"));
    play.timers.turn();
    play.net.expect_connect("198.51.100.9:4242").fail();
  }
  SECTION("silent") {
    play.offer(Play::host(kPeer, "198.51.100.9"));
    play.timers.advance(9s);
  }
  SECTION("forbidden") {
    play.offer(Play::host(kPeer, "127.0.0.1", 22) + Play::host(kPeer, "::1", 22));
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

  play.offer(Play::host(kPeer, "198.51.100.9"), "o2");
  play.iq.expect_error("o2", Condition::NotAcceptable);
  play.check_clean();
}

TEST_CASE("s5b target: the same IQ again gets the same answer, another one none (SI1)", "[s5b]") {
  Play play;
  play.expect();
  const auto hosts = Play::host(kPeer, "198.51.100.9");
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

TEST_CASE("s5b target: ip_policy keeps us from the peer's hosts (RELIABILITY s5.4)", "[s5b]") {
  Play play;
  const auto hosts = Play::host(kPeer, "peer.capulet.lit") +
                     Play::host("proxy.capulet.lit", "203.0.113.8", 7777) +
                     Play::host(kProxy, "203.0.113.66", 7777) +  // claims to be ours
                     Play::host(kProxy, "203.0.113.5", 7777);
  SECTION("no direct connections: their proxy counts as the peer") { play.plan.direct = false; }
  SECTION("our own proxy only") { play.plan.own_proxy_only = true; }
  play.expect();
  play.offer(hosts);
  play.timers.turn();
  play.timers.turn();
  play.server_accepts("203.0.113.5:7777", play.hash_as_target());
  play.expect_used(kProxy);
  CHECK(play.net.looked_up().empty());
}

TEST_CASE("s5b target: our own proxy may be anywhere, even on loopback", "[s5b]") {
  Play play;
  S5bProxies local(play.iq, play.timers, false,
                   {*NamedProxy::parse("proxy.montague.lit@127.0.0.1:7777")});
  S5bTransport transport(
      {play.iq, play.net, play.bulk, play.timers, play.listener, local, play.policy, {}});
  play.attempt = transport.expect(play.key, play.plan, play.opened());
  play.timers.turn();
  play.offer(Play::host(kProxy, "127.0.0.1", 22) + Play::host(kProxy, "127.0.0.1", 7777));
  play.timers.turn();
  play.server_accepts("127.0.0.1:7777", play.hash_as_target());
  play.expect_used(kProxy);
}

TEST_CASE("s5b target: is not sent to its own listener, unless that stream is its own", "[s5b]") {
  Play play;
  play.expect();
  SECTION("another stream's") {
    auto ticket = play.listener.wait_for({std::string(40, '1')});
    play.offer(Play::host(kPeer, "192.0.2.1", 40001));
    play.timers.advance(1s);
    play.net.expect_no_connect();
    play.iq.expect_error("o1", Condition::ItemNotFound);
  }
  SECTION("from one account of this daemon to another") {
    auto ticket = play.listener.wait_for({play.hash_as_target()});
    play.offer(Play::host(kPeer, "192.0.2.1", 40001));
    play.timers.turn();
    play.net.expect_connect("192.0.2.1:40001");
  }
}

TEST_CASE("s5b target: a proxy behind many addresses is among the five tried", "[s5b]") {
  Play play;
  play.expect();
  std::string hosts;
  for (int i = 1; i <= 7; ++i) hosts += Play::host(kPeer, "198.51.100." + std::to_string(i));
  play.offer(hosts + Play::host("proxy.capulet.lit", "203.0.113.8", 7777));
  for (int i = 1; i <= 4; ++i) {
    play.timers.turn();
    play.net.expect_connect("198.51.100." + std::to_string(i) + ":4242").fail();
  }
  play.timers.turn();
  play.net.expect_connect("203.0.113.8:7777");
}

TEST_CASE("s5b target: mode and a missing port do not matter (QXmpp 1.4, XEP-0065 s9.2)", "[s5b]") {
  Play play;
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
  Play play;
  play.expect();
  if (state > 0) play.offer(Play::host(kPeer, "198.51.100.9"));
  if (state > 1) play.timers.turn();
  if (state > 2) play.net.expect_connect("198.51.100.9:4242").accept();
  play.check_clean();
  if (state > 0) play.iq.expect_error("o1", Condition::NotAcceptable);
  play.iq.expect_nothing();
  CHECK(play.calls == 0);
}

// SPDX-License-Identifier: MIT
#include <set>

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

namespace {

/// Proxies that a server named, some with several places under one JID, as Openfire does.
struct ManyPlaces final : S5bPlay {
  S5bProxies server_proxies{iq, timers, false, {*NamedProxy::parse(kProxy)}};
  S5bTransport its_transport{{iq, net, bulk, timers, listener, server_proxies, policy, {}}};

  explicit ManyPlaces(const std::vector<std::string>& places) {
    server_proxies.refresh();
    iq.take();
    std::string hosts;
    for (const auto& place : places) hosts += host(kProxy, place, 7777);
    iq.reply("<query xmlns='http://jabber.org/protocol/bytestreams'>" + hosts + "</query>");
    timers.turn();
  }
  ~ManyPlaces() {
    attempt.reset();
    carrier.reset();
  }
  void open() { attempt = its_transport.open(key, terms, opened()); }
  /// "us 192.0.2.1", "proxy 203.0.113.5", ...
  std::vector<std::string> offered() {
    std::vector<std::string> all;
    const auto sent = iq.take();
    for (const auto& one : sent.payload().children)
      all.push_back((one.attribute_or_empty("jid") == kUs ? "us " : "proxy ") +
                    std::string(one.attribute_or_empty("host")));
    return all;
  }
  void our_addresses(const std::vector<std::pair<std::string, std::string>>& ours) {
    net.local.clear();
    for (const auto& [name, where] : ours) net.local.push_back(FakeNetwork::interface(name, where));
  }
};

using Offered = std::vector<std::string>;

}  // namespace

TEST_CASE("s5b requester: every place of the used proxy is dialled, offered or not",
          "[s5b][openfire]") {
  const std::size_t count = GENERATE(1, 2, 3, 7, 20);
  const std::size_t good = GENERATE_COPY(std::size_t(0), count / 2, count - 1);
  std::vector<std::string> places;
  for (std::size_t i = 0; i < count; ++i) places.push_back("203.0.113." + std::to_string(i + 1));
  ManyPlaces play(places);
  play.open();
  CHECK(play.offered().size() <= 5);
  play.use(kProxy);
  std::set<std::string> dialled;
  for (int step = 0; step < 100 && dialled.size() < count; ++step) {
    play.timers.turn();
    auto* end = play.net.next_connect();
    if (!end) break;
    dialled.insert(end->address);
    if (end->address != places[good] + ":7777") {
      end->fail();
      continue;
    }
    end->accept();
    end->expect("05 01 00");
    end->send("05 00");
    end->send(play.reply_for(play.hash()));
    break;
  }
  play.iq.take();
  play.iq.reply();
  REQUIRE(play.carrier);
  CHECK(play.carrier->label().host == places[good]);
  play.carrier.reset();
  play.check_clean();
}

TEST_CASE("s5b requester: the proxy keeps its slots among the five", "[s5b][openfire]") {
  const std::vector<std::pair<std::string, std::string>> four{
      {"eth0", "192.0.2.1"}, {"wlan0", "192.0.2.2"}, {"eth1", "192.0.2.3"}, {"eth2", "192.0.2.4"}};
  SECTION("one place") {
    ManyPlaces play({"203.0.113.5"});
    play.our_addresses(four);
    play.open();
    CHECK(play.offered() == Offered{"us 192.0.2.1", "us 192.0.2.2", "us 192.0.2.3", "us 192.0.2.4",
                                    "proxy 203.0.113.5"});
  }
  SECTION("several places") {
    ManyPlaces play({"203.0.113.5", "203.0.113.6", "203.0.113.7"});
    play.our_addresses(four);
    play.open();
    CHECK(play.offered() == Offered{"us 192.0.2.1", "us 192.0.2.2", "us 192.0.2.3",
                                    "proxy 203.0.113.5", "proxy 203.0.113.6"});
    CHECK(play.told.at(0) == "hosts left out 192.0.2.4:40001, 203.0.113.7:7777");
  }
  SECTION("and what we do not need") {
    ManyPlaces play({"203.0.113.5", "203.0.113.6", "203.0.113.7", "203.0.113.8"});
    play.open();
    CHECK(play.offered() == Offered{"us 192.0.2.1", "proxy 203.0.113.5", "proxy 203.0.113.6",
                                    "proxy 203.0.113.7", "proxy 203.0.113.8"});
  }
  SECTION("bridges of containers on our side take none") {
    ManyPlaces play({"203.0.113.5"});
    auto all = four;
    all.insert(all.begin(),
               {{"docker0", "172.17.0.1"}, {"br-1234", "172.18.0.1"}, {"virbr0", "192.168.122.1"}});
    play.our_addresses(all);
    play.open();
    CHECK(play.offered().at(0) == "us 192.0.2.1");
  }
}

TEST_CASE("s5b requester: of a proxy's places the most promising goes first", "[s5b][openfire]") {
  const std::vector<std::string> docker{"172.17.0.1", "172.18.0.1", "203.0.113.5"};
  SECTION("a public address before those of bridges") {
    ManyPlaces play(docker);
    play.open();
    CHECK(play.offered().at(1) == "proxy 203.0.113.5");
  }
  SECTION("a name too") {
    ManyPlaces play({"172.17.0.1", "10.1.2.3", "proxy.example.net"});
    play.open();
    CHECK(play.offered().at(1) == "proxy proxy.example.net");
  }
  SECTION("where our own connection to the server goes, before all") {
    ManyPlaces play({"203.0.113.5", "proxy.example.net", "172.17.0.1", "10.1.2.3"});
    play.server_proxies.set_server(address("10.1.2.3", 5222));
    play.open();
    CHECK(play.offered() == Offered{"us 192.0.2.1", "proxy 10.1.2.3", "proxy proxy.example.net",
                                    "proxy 203.0.113.5", "proxy 172.17.0.1"});
    play.use(kProxy);
    play.timers.turn();
    play.net.expect_connect("10.1.2.3:7777");
  }
  SECTION("also over IPv6") {
    ManyPlaces play({"203.0.113.5", "2001:db8::5"});
    play.server_proxies.set_server(address("2001:db8::5", 5222));
    play.open();
    CHECK(play.offered().at(1) == "proxy 2001:db8::5");
  }
  SECTION("a network that we are in before one that we are not in") {
    ManyPlaces play({"172.20.0.1", "192.168.7.9"});
    play.our_addresses({{"eth0", "192.168.7.2"}});
    play.open();
    CHECK(play.offered().at(1) == "proxy 192.168.7.9");
  }
  SECTION("an address that is a bridge of our own last") {
    ManyPlaces play({"172.17.0.1", "10.1.2.3"});
    play.our_addresses({{"docker0", "172.17.0.1"}, {"eth0", "192.0.2.1"}});
    play.open();
    CHECK(play.offered() == Offered{"us 192.0.2.1", "proxy 10.1.2.3", "proxy 172.17.0.1"});
  }
  SECTION("each proxy's first place before the second of any") {
    S5bPlay play;
    S5bProxies three(
        play.iq, play.timers, false,
        {*NamedProxy::parse("a.lit@203.0.113.1:1"), *NamedProxy::parse("a.lit@203.0.113.2:1"),
         *NamedProxy::parse("a.lit@203.0.113.3:1"), *NamedProxy::parse("a.lit@203.0.113.4:1"),
         *NamedProxy::parse("b.lit@203.0.113.9:1")});
    three.refresh();
    play.timers.turn();
    S5bTransport transport(
        {play.iq, play.net, play.bulk, play.timers, play.listener, three, play.policy, {}});
    play.attempt = transport.open(play.key, play.terms, play.opened());
    const auto sent = play.iq.take();
    const auto& hosts = sent.payload().children;
    REQUIRE(hosts.size() == 5);
    CHECK(hosts[1].attribute_or_empty("host") == "203.0.113.1");
    CHECK(hosts[2].attribute_or_empty("host") == "203.0.113.9");
    CHECK(hosts[3].attribute_or_empty("host") == "203.0.113.2");
    play.attempt.reset();
  }
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

TEST_CASE("s5b requester: the terms decide what is offered", "[s5b]") {
  S5bPlay play;
  SECTION("no address of ours") {
    play.terms.direct = false;
    play.open();
    CHECK(play.net.listening().empty());
    const auto sent = play.iq.take();
    REQUIRE(sent.payload().children.size() == 1);
    CHECK(sent.payload().children[0].attribute_or_empty("jid") == kProxy);
  }
  SECTION("no proxy") {
    play.terms.proxy = false;
    play.open();
    const auto sent = play.iq.take();
    REQUIRE(sent.payload().children.size() == 1);
    CHECK(sent.payload().children[0].attribute_or_empty("jid") == kUs);
  }
  SECTION("nothing at all fails without a stanza") {
    play.terms.direct = play.terms.proxy = false;
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
  S5bPlay play;
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

TEST_CASE(
    "s5b requester: names beside each address the port that listens there, or not the address",
    "[s5b]") {
  S5bPlay play;
  play.net.local.clear();
  for (const auto* one : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"})
    play.net.local.push_back(FakeNetwork::interface("eth0", one));
  // In this order they get the ports 40001 and on.
  S5bListener some(play.net, play.timers,
                   {address("2001:db8::1"), address("192.0.2.3"), address("192.0.2.1")});
  S5bTransport transport(
      {play.iq, play.net, play.bulk, play.timers, some, play.proxies, play.policy, {}});
  play.terms.proxy = false;
  play.attempt = transport.open(play.key, play.terms, play.opened());
  std::set<std::string> places;
  const auto sent = play.iq.take();
  for (const auto& one : sent.payload().children)
    places.insert(std::string(one.attribute_or_empty("host")) + " " +
                  std::string(one.attribute_or_empty("port")));
  CHECK(places == std::set<std::string>{"2001:db8::1 40001", "192.0.2.3 40002", "192.0.2.1 40003"});
  play.attempt.reset();
}

TEST_CASE("s5b requester: socks5.advertise stands in for the addresses found", "[s5b]") {
  S5bPlay play;
  S5bConfig config;
  config.advertise = {{"files.montague.lit", 4000}, {"198.51.100.77", 0}};
  S5bTransport transport({play.iq, play.net, play.bulk, play.timers, play.listener, play.proxies,
                          play.policy, config});
  play.terms.proxy = false;
  play.attempt = transport.open(play.key, play.terms, play.opened());
  play.iq.expect(
      "<iq type='set'><query xmlns='http://jabber.org/protocol/bytestreams' "
      "sid='vj3hs98y' mode='tcp'>" +
      S5bPlay::host(kUs, "files.montague.lit", 4000) + S5bPlay::host(kUs, "198.51.100.77", 40001) +
      "</query></iq>");
  play.attempt.reset();
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

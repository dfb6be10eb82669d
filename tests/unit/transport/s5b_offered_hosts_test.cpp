// SPDX-License-Identifier: MIT
// Which streamhosts a requester offers, and of whose places.
#include <set>

#include "unit/transport/s5b_play.h"

namespace s5b_offered_hosts_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

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

}  // namespace s5b_offered_hosts_test

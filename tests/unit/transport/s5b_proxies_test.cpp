// SPDX-License-Identifier: MIT
#include "transport/s5b_proxies.h"

#include <catch2/catch.hpp>

#include "support/fake_iq_channel.h"

using namespace xmppftd;
using namespace std::chrono_literals;
using test::FakeIqChannel;
using test::FakeTimers;

namespace {

struct Play {
  FakeTimers timers;
  FakeIqChannel iq{timers, "romeo@montague.lit/orchard"};
  int ready = 0;
  std::unique_ptr<S5bProxies::Wait> wait;

  void ask(S5bProxies& proxies) {
    wait = proxies.when_ready([this] { ++ready; });
  }
  FakeIqChannel::Sent items() {
    return iq.expect(
        "<iq type='get' to='montague.lit'><query "
        "xmlns='http://jabber.org/protocol/disco#items'/></iq>");
  }
  FakeIqChannel::Sent info(const std::string& jid) {
    return iq.expect("<iq type='get' to='" + jid +
                     "'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
  }
  FakeIqChannel::Sent address_of(const std::string& jid) {
    return iq.expect("<iq type='get' to='" + jid +
                     "'><query xmlns='http://jabber.org/protocol/bytestreams'/></iq>");
  }
  static std::vector<std::string> places(const S5bProxies& proxies) {
    std::vector<std::string> all;
    for (const auto& host : proxies.hosts())
      all.push_back(host.jid + " " + host.host + " " + std::to_string(host.port));
    return all;
  }
};

const char* const kProxyInfo =
    "<query xmlns='http://jabber.org/protocol/disco#info'>"
    "<identity category='proxy' type='bytestreams' name='SOCKS5 Bytestreams Service'/>"
    "<feature var='http://jabber.org/protocol/bytestreams'/></query>";
const char* const kRoomInfo =
    "<query xmlns='http://jabber.org/protocol/disco#info'>"
    "<identity category='conference' type='text' name='Socks 5 Bytestreams Proxy'/></query>";

std::string streamhosts(const std::string& inner) {
  return "<query xmlns='http://jabber.org/protocol/bytestreams'>" + inner + "</query>";
}

}  // namespace

TEST_CASE("proxies: found by items, identity and address, not by name (XEP-0065 s4)", "[s5b]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, true, {});
  play.ask(proxies);
  play.items();
  play.iq.reply(
      "<query xmlns='http://jabber.org/protocol/disco#items'>"
      "<item jid='conference.montague.lit' name='Socks 5 Bytestreams Proxy'/>"
      "<item jid='proxy.montague.lit' name='whatever'/></query>");
  const auto room = play.info("conference.montague.lit");
  const auto proxy = play.info("proxy.montague.lit");
  play.iq.reply(room, kRoomInfo);
  play.iq.reply(proxy, kProxyInfo);
  play.address_of("proxy.montague.lit");
  CHECK(play.ready == 0);
  play.iq.reply(streamhosts("<streamhost jid='proxy.montague.lit' host='192.0.2.5' port='7777'/>"));
  CHECK(play.ready == 1);
  CHECK(Play::places(proxies) == std::vector<std::string>{"proxy.montague.lit 192.0.2.5 7777"});
  CHECK(proxies.knows({"proxy.montague.lit", "192.0.2.5", 7777, false}));
  CHECK_FALSE(proxies.knows({"proxy.montague.lit", "192.0.2.5", 22, false}));
  CHECK_FALSE(proxies.knows({"proxy.montague.lit", "127.0.0.1", 7777, false}));
  CHECK_FALSE(proxies.knows({"proxy.evil.lit", "192.0.2.5", 7777, false}));

  SECTION("kept for an hour") {
    play.ask(proxies);
    CHECK(play.ready == 1);  // never before when_ready() returned
    play.timers.turn();
    CHECK(play.ready == 2);
    play.iq.expect_nothing();
    play.timers.advance(1h);
    play.ask(proxies);
    play.items();
  }
  SECTION("forgotten with the session") {
    proxies.session_ended();
    CHECK(proxies.hosts().empty());
    play.ask(proxies);
    play.items();
  }
}

TEST_CASE("proxies: Openfire lists every interface under one JID, zones first", "[s5b][openfire]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, false, {*NamedProxy::parse("proxy.xft.test")});
  play.ask(proxies);
  play.address_of("proxy.xft.test");
  play.iq.reply(streamhosts(
      "<streamhost jid='proxy.xft.test' host='fd00:0:0:0:0:0:0:2%eth0' port='17777'/>"
      "<streamhost jid='proxy.xft.test' host='192.0.2.2' port='17777'/>"
      "<streamhost jid='proxy.xft.test' host='fe80:0:0:0:fc:ff:fe00:1%eth0' port='17777'/>"));
  CHECK(Play::places(proxies) ==
        std::vector<std::string>{"proxy.xft.test 192.0.2.2 17777",
                                 "proxy.xft.test fd00:0:0:0:0:0:0:2 17777"});
}

TEST_CASE("proxies: ejabberd gives its node as a resource, and is activated there", "[s5b]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, false, {*NamedProxy::parse("proxy.xft.test")});
  play.ask(proxies);
  play.address_of("proxy.xft.test");
  play.iq.reply(
      streamhosts("<streamhost jid='proxy.xft.test/70306884' host='192.0.2.2' port='7777'/>"));
  CHECK(Play::places(proxies) ==
        std::vector<std::string>{"proxy.xft.test/70306884 192.0.2.2 7777"});
}

TEST_CASE("proxies: a reply speaks for its own JID only (RELIABILITY SB8)", "[s5b]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, false, {*NamedProxy::parse("proxy.montague.lit")});
  play.ask(proxies);
  play.address_of("proxy.montague.lit");
  play.iq.reply(streamhosts("<streamhost jid='proxy.evil.lit' host='203.0.113.6' port='7777'/>"));
  CHECK(play.ready == 1);
  CHECK(proxies.hosts().empty());
}

TEST_CASE("proxies: the user's own with a place needs no question", "[s5b]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, false,
                     {*NamedProxy::parse("proxy.far.lit@198.51.100.7:1080")});
  play.ask(proxies);
  CHECK(play.ready == 0);
  play.timers.turn();
  CHECK(play.ready == 1);
  play.iq.expect_nothing();
  CHECK(Play::places(proxies) == std::vector<std::string>{"proxy.far.lit 198.51.100.7 1080"});
}

TEST_CASE("proxies: ready within 5 s though a server never answers; late answers still count",
          "[s5b]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, true, {*NamedProxy::parse("slow.far.lit")});
  play.ask(proxies);
  const auto slow = play.address_of("slow.far.lit");
  play.items();
  play.timers.advance(4999ms);
  CHECK(play.ready == 0);
  play.timers.advance(1ms);
  CHECK(play.ready == 1);
  play.iq.reply(slow,
                streamhosts("<streamhost jid='slow.far.lit' host='198.51.100.9' port='80'/>"));
  CHECK(proxies.hosts().size() == 1);
  CHECK(play.ready == 1);
}

TEST_CASE("proxies: a waiter that goes away is not called", "[s5b]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, true, {});
  play.ask(proxies);
  play.items();
  play.wait.reset();
  play.iq.refuse(Condition::ServiceUnavailable);
  play.timers.advance(1min);
  CHECK(play.ready == 0);
}

TEST_CASE("proxies: the session ends in the middle of the search", "[s5b]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, true, {});
  play.ask(proxies);
  play.items();
  play.iq.disconnect();
  CHECK(play.ready == 1);
  proxies.session_ended();
  CHECK(proxies.hosts().empty());
  CHECK(play.ready == 1);
}

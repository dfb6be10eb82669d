// SPDX-License-Identifier: MIT
#include "transport/s5b_proxies.h"

#include <deque>

#include <catch2/catch.hpp>

#include "support/fake_iq_channel.h"

namespace s5b_proxies_test {

using namespace xmppftd;
using namespace std::chrono_literals;
using test::FakeIqChannel;
using test::FakeTimers;

namespace {

constexpr std::string_view kServerInfo =
    "<query xmlns='http://jabber.org/protocol/disco#info'>"
    "<identity category='server' type='im' name='A server with a proxy'/></query>";

struct Play {
  FakeTimers timers;
  FakeIqChannel iq{timers, "romeo@montague.lit/orchard"};
  int ready = 0;
  std::unique_ptr<S5bProxies::Wait> wait;

  void ask(S5bProxies& proxies) {
    wait = proxies.when_ready([this] { ++ready; });
  }
  /// The server is asked for its items, and what it is itself.
  FakeIqChannel::Sent items(std::string_view server_is = kServerInfo) {
    auto sent = iq.expect(
        "<iq type='get' to='montague.lit'><query "
        "xmlns='http://jabber.org/protocol/disco#items'/></iq>");
    const auto its_info = info("montague.lit");
    if (!server_is.empty()) iq.reply(its_info, server_is);
    return sent;
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
  play.iq.reply(play.items(),
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

TEST_CASE("proxies: a reply speaks for its own JID only (SB8)", "[s5b]") {
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
  const auto items = play.items();
  play.wait.reset();
  play.iq.refuse(items, StanzaError::of(Condition::ServiceUnavailable));
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

namespace {

std::string items_of(const std::vector<std::string>& jids) {
  std::string all;
  for (const auto& jid : jids) all += "<item jid='" + jid + "'/>";
  return "<query xmlns='http://jabber.org/protocol/disco#items'>" + all + "</query>";
}

}  // namespace

TEST_CASE("proxies: the server itself may be one", "[s5b]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, true, {});
  play.ask(proxies);
  const auto items = play.items(kProxyInfo);
  play.address_of("montague.lit");
  play.iq.reply(streamhosts("<streamhost jid='montague.lit' host='192.0.2.5' port='7777'/>"));
  play.iq.reply(items, items_of({"montague.lit", "rooms.montague.lit"}));  // and is asked once
  play.iq.reply(play.info("rooms.montague.lit"), kRoomInfo);
  CHECK(play.ready == 1);
  CHECK(Play::places(proxies) == std::vector<std::string>{"montague.lit 192.0.2.5 7777"});
  CHECK(proxies.searched_all());
  play.iq.expect_nothing();
}

TEST_CASE("proxies: a server that refuses to list anything may be one too", "[s5b]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, true, {});
  play.ask(proxies);
  play.iq.refuse(play.items(kProxyInfo), StanzaError::of(Condition::ServiceUnavailable));
  play.address_of("montague.lit");
  play.iq.reply(streamhosts("<streamhost jid='montague.lit' host='192.0.2.5' port='7777'/>"));
  CHECK(play.ready == 1);
  CHECK(proxies.hosts().size() == 1);
}

TEST_CASE("proxies: of any number of items each is asked, a few at a time", "[s5b]") {
  const int count = GENERATE(1, 31, 33, 100, 500, 1024);
  const int where = GENERATE_COPY(0, count / 2, count - 1);
  const bool well_named = GENERATE(false, true);
  Play play;
  S5bProxies proxies(play.iq, play.timers, true, {});
  play.ask(proxies);
  std::vector<std::string> jids;
  for (int i = 0; i < count; ++i)
    jids.push_back((i == where && well_named ? "socks5" : "c") + std::to_string(i) +
                   ".montague.lit");
  play.iq.reply(play.items(), items_of(jids));
  int asked = 0, most = 0;
  bool found = false;
  for (;;) {  // all that were asked answer at once
    std::vector<FakeIqChannel::Sent> round;
    while (auto sent = play.iq.next()) round.push_back(*sent);
    if (round.empty()) break;
    most = std::max(most, static_cast<int>(round.size()));
    for (const auto& one : round) {
      const std::string to(one.stanza.attribute_or_empty("to"));
      if (one.payload().xmlns == "http://jabber.org/protocol/bytestreams") {
        CHECK(to == jids[static_cast<std::size_t>(where)]);
        found = true;
        if (well_named) CHECK(asked <= 33);
        play.iq.reply(one, streamhosts("<streamhost jid='" + to + "' host='192.0.2.5'/>"));
        continue;
      }
      ++asked;
      const bool is_proxy = to == jids[static_cast<std::size_t>(where)];
      play.iq.reply(one, is_proxy ? kProxyInfo : kRoomInfo);
    }
  }
  CHECK(asked == count);
  CHECK(most <= 17);
  CHECK(found);
  CHECK(play.ready == 1);
  CHECK(proxies.hosts().size() == 1);
  CHECK(proxies.searched_all());
  CHECK(play.timers.running() == 0);
}

TEST_CASE("proxies: silent items make room, the search ends in time and says what it left",
          "[s5b]") {
  const int count = GENERATE(20, 100, 400, 1000);
  Play play;
  S5bProxies proxies(play.iq, play.timers, true, {});
  play.ask(proxies);
  std::vector<std::string> jids;
  for (int i = 0; i < count; ++i) jids.push_back("c" + std::to_string(i) + ".far.lit");
  play.iq.reply(play.items(), items_of(jids));
  std::vector<FakeIqChannel::Sent> waiting;
  int asked = 0;
  for (int second = 0; second < 80; ++second) {
    while (auto sent = play.iq.next()) {
      waiting.push_back(*sent);
      ++asked;
    }
    std::erase_if(waiting, [&](const auto& one) { return !play.iq.waiting(one); });
    CHECK(waiting.size() <= 16 * 8);
    play.timers.advance(1s);
    if (second == 4) CHECK(play.ready == 1);
    if (second == 2) {
      play.ask(proxies);  // within the search: still told after 5 s
      CHECK(play.ready == 0);
    }
    if (second == 10) {  // later: at once
      play.ready = 0;
      play.ask(proxies);
      play.timers.turn();
      CHECK(play.ready == 1);
    }
  }
  CHECK(asked == std::min(count, 480));
  CHECK_FALSE(proxies.searched_all());
  CHECK(play.timers.running() == 0);
}

TEST_CASE("proxies: items that refuse to say what they are cost no other its turn", "[s5b]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, true, {});
  play.ask(proxies);
  std::vector<std::string> jids;
  for (int i = 0; i < 40; ++i) jids.push_back("c" + std::to_string(i) + ".montague.lit");
  play.iq.reply(play.items(), items_of(jids));
  std::vector<std::string> asked;
  while (const auto sent = play.iq.next()) {
    asked.emplace_back(sent->stanza.attribute_or_empty("to"));
    play.iq.refuse(*sent, StanzaError::of(Condition::ServiceUnavailable));
  }
  CHECK(asked == jids);
  CHECK(play.ready == 1);
  CHECK(proxies.searched_all());  // an answer from each
}

TEST_CASE("proxies: a search that time cut short has not asked all, though all it asked answered",
          "[s5b]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, true, {});
  play.ask(proxies);
  std::vector<std::string> jids;
  for (int i = 0; i < 1000; ++i) jids.push_back("c" + std::to_string(i) + ".montague.lit");
  play.iq.reply(play.items(), items_of(jids));
  std::vector<FakeIqChannel::Sent> asked;
  int answered = 0;
  for (int second = 0; second < 70; ++second) {
    for (const auto& one : std::exchange(asked, {})) {
      play.iq.reply(one, kRoomInfo);
      ++answered;
    }
    for (int i = 0; i < 8; ++i)
      if (auto sent = play.iq.next()) asked.push_back(*sent);
    play.timers.advance(1s);
  }
  while (auto sent = play.iq.next()) play.iq.reply(*sent, kRoomInfo);
  CHECK(play.ready == 1);
  CHECK(answered > 0);
  CHECK_FALSE(proxies.searched_all());
}

TEST_CASE("proxies: a search whose last questions are still open has not come to its end",
          "[s5b]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, true, {});
  play.ask(proxies);
  std::vector<std::string> jids;
  for (int i = 0; i < 420; ++i) jids.push_back("c" + std::to_string(i) + ".montague.lit");
  play.iq.reply(play.items(), items_of(jids));
  std::deque<std::pair<int, FakeIqChannel::Sent>> open;
  std::size_t asked = 0;
  for (int second = 0; second < 60; ++second) {  // each answers after 8 s
    while (auto sent = play.iq.next()) {
      open.emplace_back(second, *sent);
      ++asked;
    }
    for (; !open.empty() && open.front().first + 8 <= second; open.pop_front())
      play.iq.reply(open.front().second, kRoomInfo);
    play.timers.advance(1s);
  }
  REQUIRE(asked == jids.size());
  REQUIRE_FALSE(open.empty());
  CHECK_FALSE(proxies.searched_all());
  for (const auto& [when, one] : open) play.iq.reply(one, kRoomInfo);
  CHECK(proxies.searched_all());
}

TEST_CASE("proxies: the session's end stops a long search", "[s5b]") {
  Play play;
  S5bProxies proxies(play.iq, play.timers, true, {});
  play.ask(proxies);
  std::vector<std::string> jids;
  for (int i = 0; i < 500; ++i) jids.push_back("c" + std::to_string(i) + ".montague.lit");
  play.iq.reply(play.items(), items_of(jids));
  while (play.iq.next()) {
  }
  play.iq.disconnect();
  CHECK(play.ready == 1);
  proxies.session_ended();
  play.timers.advance(2min);
  play.iq.expect_nothing();
  CHECK(play.timers.running() == 0);
}

}  // namespace s5b_proxies_test

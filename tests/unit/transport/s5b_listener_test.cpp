// SPDX-License-Identifier: MIT
#include "transport/s5b_listener.h"

#include <catch2/catch.hpp>

#include "support/fake_network.h"

namespace s5b_listener_test {

using namespace xmppftd;
using namespace std::chrono_literals;
using test::address;
using test::FakeNetwork;
using test::FakeTimers;

namespace {

const std::string kHash = "972b7bf47291ca609517f67f86b5081086052dad";
const std::string kVariant = "1111111111111111111111111111111111111111";
const std::string kWrong = "2222222222222222222222222222222222222222";

std::string message(const std::string& head, const std::string& hash) {
  return head + to_hex(view_of(hash)) + "0000";
}
std::string request(const std::string& hash) { return message("0501000328", hash); }
std::string reply(const std::string& rep, const std::string& hash) {
  return message("05" + rep + "000328", hash);
}

constexpr int kHouse = static_cast<int>(S5bListener::kMaxUnproven);

std::string crowd_address(int i) {
  return "10." + std::to_string(i / 62500) + "." + std::to_string(i / 250 % 250) + "." +
         std::to_string(i % 250 + 1);
}

struct Play {
  FakeTimers timers;
  FakeNetwork net{timers};
  S5bListener listener{net, timers, {address("0.0.0.0"), address("::")}};

  std::unique_ptr<S5bListener::Ticket> ticket(std::vector<std::string> hashes = {kHash}) {
    auto made = listener.wait_for(std::move(hashes));
    REQUIRE(made.ok());
    return *std::move(made);
  }
  static void bind(test::RemoteEnd& end, const std::string& hash = kHash) {
    end.send("05 01 00");
    end.expect("05 00");
    end.send(request(hash));
    end.expect(reply("00", hash));
  }
};

}  // namespace

TEST_CASE("s5b listener: listens only while somebody waits", "[s5b]") {
  Play play;
  CHECK(play.net.listening().empty());
  auto first = play.ticket();
  CHECK(play.net.listening() == std::vector<std::string>{"0.0.0.0:40001", "[::]:40002"});
  CHECK(play.listener.addresses().size() == 2);
  auto second = play.ticket({kVariant});
  CHECK(play.net.listening().size() == 2);
  first.reset();
  CHECK(play.net.listening().size() == 2);
  auto& visitor = play.net.dial("192.0.2.9");
  second.reset();
  CHECK(play.net.listening().empty());
  CHECK(visitor.closed());
  CHECK(play.timers.running() == 0);
}

TEST_CASE("s5b listener: a target that knows the hash is parked and handed over", "[s5b]") {
  Play play;
  auto ticket = play.ticket({kVariant, kHash});
  auto& target = play.net.dial("192.0.2.9");
  CHECK_FALSE(ticket->bound());
  Play::bind(target);
  REQUIRE(ticket->bound());
  CHECK(ticket->peer().host() == "192.0.2.9");
  play.timers.advance(150s);  // parked for as long as the offer waits
  REQUIRE(ticket->bound());
  const UniqueFd socket = ticket->take();
  CHECK(target.released());
  CHECK(socket.get() == target.descriptor());
  CHECK_FALSE(ticket->bound());
}

TEST_CASE("s5b listener: the request cut at any byte, or glued", "[s5b]") {
  const std::string stream = "050100" + request(kHash);
  const auto cut = GENERATE(range<std::size_t>(0, 51));
  Play play;
  auto ticket = play.ticket();
  auto& target = play.net.dial("192.0.2.9");
  target.send(stream.substr(0, 2 * cut));
  target.send(stream.substr(2 * cut));
  target.expect("0500" + reply("00", kHash));
  CHECK(ticket->bound());
}

TEST_CASE("s5b listener: upper-case digits mean the same hash", "[s5b]") {
  Play play;
  auto ticket = play.ticket();
  auto& target = play.net.dial("192.0.2.9");
  target.send("05 01 00 " + request("972B7BF47291CA609517F67F86B5081086052DAD"));
  CHECK(ticket->bound());
}

TEST_CASE("s5b listener: a wrong or second hash gets REP 2 and disturbs nobody", "[s5b]") {
  Play play;
  auto ticket = play.ticket();
  auto& stranger = play.net.dial("203.0.113.1");
  stranger.send("05 01 00 " + request(kWrong));
  stranger.expect("0500" + reply("02", kWrong));
  CHECK(stranger.closed());

  auto& target = play.net.dial("192.0.2.9");
  Play::bind(target);
  auto& second = play.net.dial("192.0.2.9", 50001);
  second.send("05 01 00 " + request(kHash));
  second.expect("0500" + reply("02", kHash));
  CHECK(second.closed());
  CHECK_FALSE(target.closed());
  CHECK(ticket->bound());

  ticket.reset();
  auto other = play.ticket({kVariant});
  auto& late = play.net.dial("192.0.2.9", 50002);
  late.send("05 01 00 " + request(kHash));
  late.expect("0500" + reply("02", kHash));
  CHECK_FALSE(other->bound());
}

TEST_CASE("s5b listener: a parked target that leaves frees its place", "[s5b]") {
  Play play;
  auto ticket = play.ticket();
  auto& target = play.net.dial("192.0.2.9");
  Play::bind(target);
  SECTION("by closing") { target.end(); }
  SECTION("by talking out of turn") { target.send("0d"); }
  CHECK_FALSE(ticket->bound());
  Play::bind(play.net.dial("192.0.2.9", 50001));
  CHECK(ticket->bound());
}

TEST_CASE("s5b listener: bad clients are refused and closed", "[s5b]") {
  Play play;
  auto ticket = play.ticket();
  auto& client = play.net.dial("192.0.2.9");
  SECTION("SOCKS4") { client.send("04 01 00 50 c0 00 02 01 00"); }
  SECTION("only GSSAPI") { client.send("05 01 01"); }
  SECTION("BIND") { client.send("05 01 00 05 02 00 03 28 " + to_hex(view_of(kHash)) + "0000"); }
  SECTION("an IPv4 address") { client.send("05 01 00 05 01 00 01 7f 00 00 01 00 16"); }
  CHECK(client.closed());
  CHECK_FALSE(ticket->bound());
  CHECK(play.net.open() == 0);
}

TEST_CASE("s5b listener: ten seconds for a handshake, however slowly it goes on", "[s5b]") {
  Play play;
  auto ticket = play.ticket();
  auto& client = play.net.dial("192.0.2.9");
  for (int i = 0; i < 9; ++i) {
    client.send(
        std::string(("050100" + request(kHash)).substr(static_cast<std::size_t>(2 * i), 2)));
    play.timers.advance(1s);
  }
  CHECK_FALSE(client.closed());
  play.timers.advance(1s);
  CHECK(client.closed());
}

TEST_CASE("s5b listener: a full house lets newcomers in, and somebody goes for each", "[s5b]") {
  Play play;
  auto ticket = play.ticket();
  std::vector<test::RemoteEnd*> crowd;
  for (int i = 0; i < kHouse; ++i) {
    crowd.push_back(&play.net.dial(crowd_address(i)));
    CHECK_FALSE(crowd.back()->closed());
  }
  CHECK(play.net.open() == kHouse);

  SECTION("the oldest") {
    CHECK_FALSE(play.net.dial("198.51.100.1").closed());
    CHECK(crowd[0]->closed());
    CHECK_FALSE(crowd[1]->closed());
  }
  SECTION("of those that had time to greet and did not") {
    for (int i = 0; i < 10; ++i) crowd[i]->send("05 01 00");
    play.timers.advance(21ms);
    for (int i = 0; i < kHouse - 10; ++i) play.net.dial("198.51.100." + std::to_string(i + 1));
    for (int i = 0; i < kHouse; ++i) CHECK(crowd[i]->closed() == (i >= 10));
  }
  SECTION("before them one of an address that takes more than its share") {
    for (auto* one : crowd) one->send("05 01 00");
    std::vector<test::RemoteEnd*> greedy;
    for (std::uint16_t i = 0; i < 8; ++i)
      greedy.push_back(&play.net.dial("203.0.113.1", 50000 + i));
    for (const auto* one : greedy) CHECK_FALSE(one->closed());
    play.net.dial("203.0.113.1", 50008);
    CHECK_FALSE(greedy[0]->closed());  // the ninth came for another one of the crowd
    play.timers.advance(1s);
    play.net.dial("203.0.113.1", 50009);
    CHECK(greedy[0]->closed());
    CHECK_FALSE(greedy[1]->closed());
  }
  SECTION("or of an IPv6 network that does") {
    for (int i = 0; i < 9; ++i) play.net.dial("2001:db8:0:1::" + std::to_string(i + 1));
    CHECK(crowd[8]->closed());
    CHECK_FALSE(crowd[9]->closed());
    play.net.dial("2001:db8:0:2::1");
    CHECK_FALSE(crowd[9]->closed());
  }
  SECTION("or of an address that came before and proved nothing") {
    play.net.dial("198.51.100.1");  // the first of the crowd goes
    play.net.dial("198.51.100.2");  // and the second
    auto& again = play.net.dial(crowd_address(0));
    CHECK(crowd[2]->closed());
    again.send("05 01 00");
    play.net.dial("198.51.100.3");
    CHECK(again.closed());
    CHECK_FALSE(crowd[3]->closed());
  }
  CHECK(play.net.open() == kHouse);
}

TEST_CASE("s5b listener: a likely address of the target has a place", "[s5b]") {
  Play play;
  auto made = play.listener.wait_for({kHash}, {address("192.0.2.9"), address("2001:db8:7::1")});
  REQUIRE(made.ok());
  auto& slow = play.net.dial("192.0.2.9");
  auto& slow6 = play.net.dial("2001:db8:7::2");
  auto& other = play.net.dial("192.0.2.10");
  for (int i = 0; i < 3 * kHouse; ++i) {
    play.net.dial(crowd_address(i)).send("05 01 00");
    play.timers.advance(1ms);
  }
  CHECK(other.closed());
  CHECK_FALSE(slow6.closed());
  Play::bind(slow);
  CHECK((*made)->bound());

  SECTION("but no more than its share") {
    std::vector<test::RemoteEnd*> greedy;
    for (std::uint16_t i = 0; i < 20; ++i) greedy.push_back(&play.net.dial("192.0.2.9", 50001 + i));
    CHECK(std::count_if(greedy.begin(), greedy.end(), [](auto* one) { return one->closed(); }) > 8);
  }
}

namespace {

/// What one of the crowd does once it is connected.
struct Habit {
  std::string name;
  std::string says;
};

const std::vector<Habit> kHabits{
    {"says nothing", ""},
    {"says one byte", "05"},
    {"greets", "05 01 00"},
    {"greets by many methods", "05 03 01 02 00"},
    {"asks, but for its last byte", "05 01 00 " + request(kHash).substr(0, 2 * 46)},
    {"asks for another stream", "05 01 00 " + request(kWrong)},
    {"speaks HTTP", "47 45 54 20 2f"}};

/// The true peer: knocks, and answers each message of ours half a round trip after it was sent.
struct Knock {
  test::RemoteEnd* end = nullptr;
  int greets_at = 0, asks_at = 0;
  bool asked = false;
};

/// A crowd of so many addresses connects once a millisecond. How many of 20 knocks at the door in
/// its midst lead to a stream?
int knocks_answered(const Habit& habit, int addresses, bool v6, int greeting_takes,
                    int round_trip) {
  constexpr int kKnocks = 20, kBefore = 250, kEvery = 20;
  Play play;
  auto ticket = play.ticket();
  std::vector<Knock> knocks;
  int answered = 0;
  std::size_t most = 0;
  for (int now = 0; now < kBefore + kEvery * kKnocks + round_trip + 50; ++now) {
    const int who = now % addresses;
    auto& one = play.net.dial(v6 ? "2001:db8:" +
                                       to_hex(Bytes{static_cast<std::uint8_t>(who >> 8),
                                                    static_cast<std::uint8_t>(who)}) +
                                       "::1"
                                 : crowd_address(who),
                              static_cast<std::uint16_t>(1024 + now));
    if (!habit.says.empty()) one.send(habit.says);
    if (now >= kBefore && (now - kBefore) % kEvery == 0 && knocks.size() < kKnocks) {
      auto& end = play.net.dial("198.51.100." + std::to_string(knocks.size() + 1));
      knocks.push_back({&end, now + greeting_takes, now + greeting_takes + round_trip, false});
    }
    for (auto& knock : knocks) {
      if (now == knock.greets_at) knock.end->send("05 01 00");
      if (now != knock.asks_at || knock.end->closed()) continue;
      knock.end->send(request(kHash));
      if (ticket->bound()) ++answered;
      knock.end->end();  // and makes room for the next
    }
    if (now % 50 == 0) most = std::max(most, play.net.open());
    play.timers.advance(1ms);
  }
  CHECK(most <= S5bListener::kMaxUnproven + 1);
  return answered;
}

}  // namespace

TEST_CASE("s5b listener: a crowd does not keep the true peer out", "[s5b][flood]") {
  for (const auto& habit : kHabits)
    for (const auto& [addresses, v6] :
         {std::pair{1, false}, std::pair{8, false}, std::pair{1000, false}, std::pair{1000, true}})
      for (const auto& [greeting_takes, round_trip] :
           {std::pair{0, 1}, std::pair{5, 40}, std::pair{15, 150}}) {
        INFO(addresses << (v6 ? " IPv6" : " IPv4") << " addresses, each " << habit.name
                       << "; the peer greets after " << greeting_takes << " ms, round trip "
                       << round_trip << " ms");
        CHECK(knocks_answered(habit, addresses, v6, greeting_takes, round_trip) >= 19);
      }
}

TEST_CASE("s5b listener: one family is enough, none is an error", "[s5b]") {
  Play play;
  play.net.listening_fails = true;
  const auto failed = play.listener.wait_for({kHash});
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().code == Errc::Network);
  play.net.listening_fails = false;
  CHECK(play.listener.wait_for({kHash}).ok());
}

}  // namespace s5b_listener_test

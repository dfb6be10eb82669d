// SPDX-License-Identifier: MIT
#include "transport/s5b_listener.h"

#include <catch2/catch.hpp>

#include "support/fake_network.h"

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

TEST_CASE("s5b listener: listens only while somebody waits (RELIABILITY SB6)", "[s5b]") {
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

TEST_CASE("s5b listener: a wrong or second hash gets REP 2 and disturbs nobody (SB5)", "[s5b]") {
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

TEST_CASE("s5b listener: ten seconds for a handshake, however slowly it goes on (SB5)", "[s5b]") {
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

TEST_CASE("s5b listener: eight unproven connections an address, 64 in all (SB6)", "[s5b]") {
  Play play;
  auto ticket = play.ticket();

  SECTION("one address") {
    auto& oldest = play.net.dial("192.0.2.9", 50000);
    for (std::uint16_t i = 1; i < 8; ++i)
      CHECK_FALSE(play.net.dial("192.0.2.9", 50000 + i).closed());
    CHECK(play.net.dial("192.0.2.9", 50008).closed());  // all are younger than a second
    CHECK_FALSE(play.net.dial("192.0.2.10").closed());
    play.timers.advance(1001ms);
    CHECK_FALSE(play.net.dial("192.0.2.9", 50009).closed());
    CHECK(oldest.closed());
  }
  SECTION("one IPv6 /64") {
    for (int i = 0; i < 8; ++i)
      CHECK_FALSE(play.net.dial("2001:db8:0:1::" + std::to_string(i + 1)).closed());
    CHECK(play.net.dial("2001:db8:0:1:9::1").closed());
    CHECK_FALSE(play.net.dial("2001:db8:0:2::1").closed());
  }
  SECTION("in all") {
    for (int i = 0; i < 64; ++i)
      CHECK_FALSE(play.net.dial("192.0.2." + std::to_string(i + 1)).closed());
    CHECK(play.net.dial("198.51.100.1").closed());
    CHECK(play.net.open() == 64);
    play.timers.advance(2s);
    auto& target = play.net.dial("198.51.100.1", 50001);
    CHECK(play.net.open() == 64);
    Play::bind(target);
    CHECK(ticket->bound());
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

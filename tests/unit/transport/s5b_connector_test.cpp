// SPDX-License-Identifier: MIT
#include "transport/s5b_connector.h"

#include <catch2/catch.hpp>

#include "support/fake_network.h"
#include "transport/address_policy.h"

using namespace xmppftd;
using namespace std::chrono_literals;
using test::FakeNetwork;
using test::FakeTimers;

namespace {

const std::string kHash = "972b7bf47291ca609517f67f86b5081086052dad";
const std::string kGreeting = "05 01 00";
const std::string kConnectMessage = "05 01 00 03 28" + to_hex(view_of(kHash)) + "0000";
const std::string kReply = "05 00 00 03 28" + to_hex(view_of(kHash)) + "0000";

struct Play {
  FakeTimers timers;
  FakeNetwork net{timers};
  std::vector<std::string> told;
  std::optional<Result<S5bConnected>> result;
  std::unique_ptr<S5bConnector> connector;

  void start(std::vector<StreamHost> hosts) {
    S5bConnector::Plan plan;
    plan.hosts = std::move(hosts);
    plan.dst_addr = kHash;
    plan.allowed = [](const StreamHost&, const SocketAddress& where) {
      return AddressPolicy().may_connect(where);
    };
    plan.tell = [this](std::string detail) { told.push_back(std::move(detail)); };
    connector = std::make_unique<S5bConnector>(
        net, timers, std::move(plan),
        [this](Result<S5bConnected> how) { result = std::move(how); });
    CHECK_FALSE(result.has_value());
  }
  static StreamHost host(const std::string& where, std::uint16_t port = 4242) {
    return {"peer.lit/res", where, port, false};
  }
  static void shake_hands(test::RemoteEnd& end) {
    end.expect(kGreeting);
    end.send("05 00");
    end.expect(kConnectMessage);
    end.send(kReply);
  }
};

}  // namespace

TEST_CASE("s5b connector: greets and connects, each in one write (XEP-0065 s9)", "[s5b]") {
  Play play;
  play.start({Play::host("192.0.2.1")});
  play.net.expect_no_connect();  // resolved first
  play.timers.turn();
  auto& end = play.net.expect_connect("192.0.2.1:4242");
  end.expect_nothing();
  end.accept();
  Play::shake_hands(end);
  REQUIRE(play.result.has_value());
  REQUIRE(play.result->ok());
  CHECK((*play.result)->host.host == "192.0.2.1");
  CHECK((*play.result)->address.str() == "192.0.2.1:4242");
  CHECK(end.released());
  CHECK((*play.result)->socket.get() == end.descriptor());
  CHECK(play.timers.running() == 0);
}

TEST_CASE("s5b connector: payload glued behind the reply stays in the kernel", "[s5b]") {
  Play play;
  play.start({Play::host("192.0.2.1")});
  play.timers.turn();
  auto& end = play.net.expect_connect("192.0.2.1:4242");
  end.accept();
  end.send("05 00 " + kReply + " 68656c6c6f");
  REQUIRE(play.result.has_value());
  CHECK(play.result->ok());
  CHECK(end.in_kernel() == "68656c6c6f");
}

TEST_CASE("s5b connector: the reply cut at any byte", "[s5b]") {
  const std::string stream = to_hex(*from_hex("0500")) + [] {
    std::string digits;
    for (char c : kReply)
      if (c != ' ') digits += c;
    return digits;
  }();
  const auto cut = GENERATE(range<std::size_t>(1, 49));
  Play play;
  play.start({Play::host("192.0.2.1")});
  play.timers.turn();
  auto& end = play.net.expect_connect("192.0.2.1:4242");
  end.accept();
  end.send(stream.substr(0, 2 * cut));
  CHECK(play.result.has_value() == (2 * cut == stream.size()));
  end.send(stream.substr(2 * cut));
  REQUIRE(play.result.has_value());
  CHECK(play.result->ok());
}

TEST_CASE("s5b connector: a refused host is skipped at once", "[s5b]") {
  Play play;
  play.start({Play::host("192.0.2.1"), Play::host("192.0.2.2")});
  play.timers.turn();
  auto& first = play.net.expect_connect("192.0.2.1:4242");
  first.fail();
  play.timers.turn();
  auto& second = play.net.expect_connect("192.0.2.2:4242");
  second.accept();

  SECTION("and a wrong reply too") {
    const std::string wrong = GENERATE(values<std::string>(
        {"04 00", "05 ff", "05 00 05 02 00 03 28", "05 00 05 01 00 03", "05 00 04"}));
    second.send(wrong + (wrong.size() > 6 ? to_hex(view_of(kHash)) + "0000" : ""));
    REQUIRE(play.result.has_value());
    REQUIRE_FALSE(play.result->ok());
    CHECK(play.result->error().code == Errc::StreamFailed);
    CHECK(second.closed());
    CHECK(play.told.size() == 2);
  }
  SECTION("and the second does") {
    Play::shake_hands(second);
    REQUIRE(play.result.has_value());
    CHECK(play.result->ok());
  }
  CHECK(play.net.open() == 0);
}

TEST_CASE("s5b connector: two connects race, staggered; one handshake at a time", "[s5b]") {
  Play play;
  play.start({Play::host("192.0.2.1"), Play::host("192.0.2.2"), Play::host("192.0.2.3")});
  play.timers.turn();
  auto& first = play.net.expect_connect("192.0.2.1:4242");
  play.timers.advance(249ms);
  play.net.expect_no_connect();
  play.timers.advance(1ms);
  auto& second = play.net.expect_connect("192.0.2.2:4242");
  play.timers.advance(1s);
  play.net.expect_no_connect();  // two at once

  second.accept();
  second.expect(kGreeting);
  first.accept();
  first.expect_nothing();  // its turn has not come

  SECTION("the other gets its turn when the first handshake fails") {
    second.end();
    first.expect(kGreeting);
    first.send("05 00 " + kReply);
    CHECK(play.result->ok());
    CHECK(second.closed());
  }
  SECTION("and when it takes too long") {
    play.timers.advance(2s);
    CHECK(second.closed());
    first.expect(kGreeting);
  }
  SECTION("the loser is closed without a byte") {
    second.send("05 00 " + kReply);
    CHECK(play.result->ok());
    CHECK(first.closed());
    first.expect_nothing();
  }
}

TEST_CASE("s5b connector: three black holes of five hosts do not cost the budget", "[s5b]") {
  Play play;
  play.start({Play::host("192.0.2.1"), Play::host("192.0.2.2"), Play::host("192.0.2.3"),
              Play::host("192.0.2.4"), Play::host("192.0.2.5", 7777)});
  std::vector<test::RemoteEnd*> holes;
  const auto begin = play.timers.now();
  play.timers.turn();
  holes.push_back(&play.net.expect_connect("192.0.2.1:4242"));
  play.timers.advance(3s);
  holes.push_back(&play.net.expect_connect("192.0.2.2:4242"));
  holes.push_back(&play.net.expect_connect("192.0.2.3:4242"));
  CHECK(holes[0]->closed());
  play.timers.advance(250ms);
  auto& dead = play.net.expect_connect("192.0.2.4:4242");
  SECTION("the fourth refuses") {
    dead.fail();
    play.timers.turn();
  }
  SECTION("the fourth is a black hole too") { play.timers.advance(3s); }
  auto& proxy = play.net.expect_connect("192.0.2.5:7777");
  proxy.accept();
  Play::shake_hands(proxy);
  REQUIRE(play.result.has_value());
  CHECK(play.result->ok());
  CHECK(play.timers.now() - begin < 9s);
  CHECK(play.net.open() == 0);
}

TEST_CASE("s5b connector: a lone slow host may use the whole budget, and no more", "[s5b]") {
  Play play;
  play.start({Play::host("192.0.2.1")});
  play.timers.turn();
  auto& end = play.net.expect_connect("192.0.2.1:4242");
  play.timers.advance(8s);
  CHECK_FALSE(end.closed());
  SECTION("answering in time") {
    end.accept();
    Play::shake_hands(end);
    CHECK(play.result->ok());
  }
  SECTION("not answering") {
    play.timers.advance(999ms);
    CHECK_FALSE(play.result.has_value());
    play.timers.advance(1ms);
    REQUIRE(play.result.has_value());
    CHECK(play.result->error().code == Errc::StreamFailed);
    CHECK(end.closed());
  }
}

TEST_CASE("s5b connector: tries at most five hosts (RELIABILITY SB2)", "[s5b]") {
  Play play;
  std::vector<StreamHost> hosts;
  for (int i = 1; i <= 16; ++i) hosts.push_back(Play::host("192.0.2." + std::to_string(i)));
  play.start(hosts);
  for (int i = 1; i <= 5; ++i) {
    play.timers.turn();
    play.net.expect_connect("192.0.2." + std::to_string(i) + ":4242").fail();
  }
  play.timers.advance(10s);
  play.net.expect_no_connect();
  REQUIRE(play.result.has_value());
  CHECK_FALSE(play.result->ok());
}

TEST_CASE("s5b connector: judges every address a name resolves to (RELIABILITY SB3)", "[s5b]") {
  Play play;
  play.net.names["evil.lit"] = {"127.0.0.1", "::1", "169.254.169.254"};
  play.net.names["mixed.lit"] = {"10.0.0.1", "127.0.0.1", "2001:db8::1", "10.0.0.2"};
  play.start({Play::host("evil.lit"), Play::host("127.0.0.1", 22), Play::host("mixed.lit")});
  play.timers.advance(250ms);
  play.timers.turn();
  play.timers.turn();
  auto& first = play.net.expect_connect("10.0.0.1:4242");
  first.fail();
  play.timers.turn();
  play.net.expect_connect("[2001:db8::1]:4242").fail();
  play.timers.advance(10s);
  play.net.expect_no_connect();  // two addresses a host
  CHECK_FALSE(play.result->ok());
}

TEST_CASE("s5b connector: names are not looked up before their turn", "[s5b]") {
  Play play;
  play.net.names["a.lit"] = {"192.0.2.1"};
  play.net.names["b.lit"] = {"192.0.2.2"};
  play.start({Play::host("a.lit"), Play::host("b.lit")});
  play.timers.turn();
  play.net.expect_connect("192.0.2.1:4242").accept();
  CHECK(play.net.looked_up() == std::vector<std::string>{"a.lit"});
}

TEST_CASE("s5b connector: a resolver that never answers makes room", "[s5b]") {
  Play play;
  play.net.names["a.lit"] = {};
  play.net.names["b.lit"] = {};
  play.start({Play::host("a.lit"), Play::host("b.lit"), Play::host("192.0.2.3")});
  play.timers.advance(3s);
  play.timers.turn();
  play.net.expect_connect("192.0.2.3:4242");
}

TEST_CASE("s5b connector: all hosts of one JID are tried; doubles are not (Openfire)", "[s5b]") {
  Play play;
  play.start({Play::host("2001:db8::5"), Play::host("192.0.2.5"), Play::host("192.0.2.5")});
  play.timers.turn();
  play.net.expect_connect("[2001:db8::5]:4242").fail();
  play.timers.turn();
  play.net.expect_connect("192.0.2.5:4242").fail();
  play.timers.advance(1s);
  play.net.expect_no_connect();
  CHECK(play.result.has_value());
}

TEST_CASE("s5b connector: nothing to try fails on the next turn", "[s5b]") {
  Play play;
  play.start({});
  play.timers.turn();
  REQUIRE(play.result.has_value());
  CHECK_FALSE(play.result->ok());
}

TEST_CASE("s5b connector: destroyed in any state it calls nobody and leaks nothing", "[s5b]") {
  Play play;
  play.start({Play::host("192.0.2.1"), Play::host("192.0.2.2")});
  const int state = GENERATE(range(0, 5));
  if (state > 0) play.timers.advance(250ms);
  test::RemoteEnd* end = state > 1 ? &play.net.expect_connect("192.0.2.1:4242") : nullptr;
  if (state > 1) end->accept();
  if (state > 2) end->send("05 00");
  if (state > 3) play.net.expect_connect("192.0.2.2:4242").accept();
  play.connector.reset();
  CHECK(play.net.open() == 0);
  CHECK(play.timers.running() == 0);
  if (end) end->send(kReply);
  CHECK_FALSE(play.result.has_value());
}

// SPDX-License-Identifier: MIT
#include "transport/s5b_connector.h"

#include <catch2/catch.hpp>

#include "support/fake_network.h"
#include "transport/address_policy.h"

namespace s5b_connector_test {

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
  bool discreet = false;
  std::vector<std::string> told;
  std::optional<Result<S5bConnected>> result;
  std::unique_ptr<S5bConnector> connector;

  void start(std::vector<StreamHost> hosts) {
    S5bConnector::Task task;
    task.hosts = std::move(hosts);
    task.dst_addr = kHash;
    task.allowed = [](const StreamHost&, const SocketAddress& where) {
      return AddressPolicy().may_connect(where);
    };
    if (discreet)
      task.discreet = [](const StreamHost&, const SocketAddress& where) {
        return AddressPolicy().is_private(where);
      };
    task.tell = [this](std::string detail) { told.push_back(std::move(detail)); };
    connector = std::make_unique<S5bConnector>(
        net, timers, std::move(task),
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

TEST_CASE("s5b connector: so may the last two, for nobody waits for their places", "[s5b]") {
  Play play;
  play.start({Play::host("192.0.2.1"), Play::host("192.0.2.2")});
  play.timers.turn();
  auto& first = play.net.expect_connect("192.0.2.1:4242");
  play.timers.advance(8s);
  auto& second = play.net.expect_connect("192.0.2.2:4242");
  CHECK_FALSE(first.closed());
  CHECK_FALSE(second.closed());
  first.accept();
  Play::shake_hands(first);
  REQUIRE(play.result.has_value());
  CHECK(play.result->ok());
}

TEST_CASE("s5b connector: when all the time is up it was told of every host once", "[s5b]") {
  // The first 50 take long and say nothing then, the resolver knows nothing of the others.
  Play play;
  std::vector<std::string> names;
  std::vector<StreamHost> hosts;
  for (int i = 1; i <= 50; ++i) names.push_back("192.0.2." + std::to_string(i));
  for (int i = 1; i <= 14; ++i) {
    names.push_back("silent" + std::to_string(i) + ".lit");
    play.net.names[names.back()] = {};
  }
  for (const auto& name : names) hosts.push_back(Play::host(name));
  play.start(hosts);
  const auto begin = play.timers.now();
  std::vector<std::pair<Timers::Clock::time_point, test::RemoteEnd*>> connecting;
  while (!play.result && play.timers.now() - begin < 200s) {
    play.timers.advance(50ms);
    while (auto* end = play.net.next_connect())
      connecting.emplace_back(play.timers.now() + 2900ms, end);
    for (auto& [when, end] : connecting)
      if (end && play.timers.now() >= when) std::exchange(end, nullptr)->accept();
  }
  CHECK(play.timers.now() - begin == 140s);
  for (const auto& name : names) {
    INFO(name);
    CHECK(std::count_if(play.told.begin(), play.told.end(), [&](const std::string& one) {
            return one.starts_with(name + ":4242: ");
          }) == 1);
  }
  const auto unlooked = std::count_if(play.told.begin(), play.told.end(), [](const auto& one) {
    return one.starts_with("silent") && one.ends_with(": no answer");
  });
  CHECK(unlooked >= 2);  // two were being looked up at the end
  CHECK(play.told.back().ends_with("not tried, time was up"));
}

TEST_CASE("s5b connector: tries every host that there is time for", "[s5b]") {
  const int count = GENERATE(6, 7, 16, 40, 64);
  const int good = GENERATE_COPY(count / 2, count - 1, count);  // none of them, if it is `count`
  const bool silent = GENERATE(false, true);                    // the others: silent, or refusing
  Play play;
  std::vector<StreamHost> hosts;
  for (int i = 0; i < count; ++i) hosts.push_back(Play::host("192.0.2." + std::to_string(i + 1)));
  play.start(hosts);
  const auto begin = play.timers.now();
  std::vector<bool> tried(static_cast<std::size_t>(count));
  std::size_t most_open = 0;
  while (!play.result && play.timers.now() - begin < 200s) {
    play.timers.advance(50ms);
    most_open = std::max(most_open, play.net.open());
    while (auto* end = play.net.next_connect()) {
      const auto number = std::stoi(end->address.substr(8)) - 1;
      CHECK_FALSE(tried.at(static_cast<std::size_t>(number)));
      tried[static_cast<std::size_t>(number)] = true;
      if (number == good) {
        end->accept();
        Play::shake_hands(*end);
      } else if (!silent) {
        end->fail();
      }
    }
  }
  const auto took = play.timers.now() - begin;
  REQUIRE(play.result.has_value());
  CHECK(play.result->ok() == (good < count));
  CHECK(most_open <= 2);
  CHECK(took <= (count / 2 + 1) * 3s + 4s);
  if (good == count) {
    for (const bool one : tried) CHECK(one);
    if (silent && count <= 6) CHECK(took <= 9500ms);  // COMPAT Smack: waits 10 s
    CHECK(play.told.size() == static_cast<std::size_t>(count));
  }
  CHECK(play.timers.running() == 0);
}

TEST_CASE("s5b connector: what is over the bounds is told", "[s5b]") {
  Play play;
  SECTION("64 hosts") {
    std::vector<StreamHost> hosts;
    for (int i = 0; i < 70; ++i) hosts.push_back(Play::host("192.0.2." + std::to_string(i + 1)));
    play.start(hosts);
    CHECK(play.told == std::vector<std::string>{"6 more hosts are not tried; 64 at most are"});
  }
  SECTION("8 addresses of a name") {
    for (int i = 1; i <= 10; ++i)
      play.net.names["many.lit"].push_back("192.0.2." + std::to_string(i));
    play.start({Play::host("many.lit")});
    for (int i = 1; i <= 8; ++i) {
      play.timers.turn();
      play.net.expect_connect("192.0.2." + std::to_string(i) + ":4242").fail();
    }
    play.timers.turn();
    play.net.expect_no_connect();
    CHECK(play.told.at(0) == "many.lit: 2 more addresses are not tried");
    CHECK(play.result.has_value());
  }
  SECTION("140 s, though hosts accept and then keep silent") {
    std::vector<StreamHost> hosts;
    for (int i = 0; i < 64; ++i) {
      const auto name = "h" + std::to_string(i) + ".lit";
      for (int j = 1; j <= 8; ++j)
        play.net.names[name].push_back("192.0." + std::to_string(i) + "." + std::to_string(j));
      hosts.push_back(Play::host(name));
    }
    play.start(hosts);
    const auto begin = play.timers.now();
    while (!play.result && play.timers.now() - begin < 200s) {
      play.timers.advance(50ms);
      while (auto* end = play.net.next_connect()) end->accept();
    }
    CHECK(play.timers.now() - begin == 140s);
    REQUIRE(play.result.has_value());
    CHECK_FALSE(play.result->ok());
    CHECK(play.told.back().find("not tried, time was up") != std::string::npos);
  }
}

TEST_CASE("s5b connector: judges every address a name resolves to", "[s5b]") {
  Play play;
  play.net.names["evil.lit"] = {"127.0.0.1", "::1", "169.254.169.254", "::ffff:0:7f00:1"};
  play.net.names["mixed.lit"] = {"10.0.0.1", "127.0.0.1", "2001:db8::1", "10.0.0.2"};
  // What a resolver makes of numbers that are no address literals.
  play.net.names["127.1"] = play.net.names["0177.0.0.1"] = play.net.names["2130706433"] =
      play.net.names["0x7f.1"] = play.net.names["localhost."] = {"127.0.0.1"};
  play.start({Play::host("evil.lit"), Play::host("127.0.0.1", 22), Play::host("127.1"),
              Play::host("0177.0.0.1"), Play::host("2130706433"), Play::host("0x7f.1"),
              Play::host("localhost."), Play::host("mixed.lit")});
  for (int i = 0; i < 20; ++i) play.timers.turn();
  play.timers.advance(250ms);
  for (int i = 0; i < 20; ++i) play.timers.turn();
  play.net.expect_connect("10.0.0.1:4242").fail();
  play.timers.turn();
  play.net.expect_connect("[2001:db8::1]:4242").fail();
  play.timers.turn();
  play.net.expect_connect("10.0.0.2:4242").fail();
  play.timers.advance(10s);
  play.net.expect_no_connect();
  REQUIRE(play.result.has_value());
  CHECK_FALSE(play.result->ok());
}

namespace {

enum class Port { Closed, Silent, OpenAndSilent, OpenAndTalks, OpenAndCloses, Unresolved };

/// One after another these happen at the hosts named, each 5 ms after the connect; the last host is
/// the asker's own. When did what the asker sees happen: the connect to its host, and the end?
struct Seen {
  Timers::Clock::duration connect{}, end{};
  friend bool operator==(const Seen&, const Seen&) = default;
};

Seen look_at(const std::vector<Port>& ports, bool own_host) {
  Play play;
  std::vector<StreamHost> hosts;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const auto n = std::to_string(i + 1);
    if (ports[i] == Port::Unresolved) {
      hosts.push_back(Play::host("no" + n + ".lan"));
    } else {
      play.net.names["yes" + n + ".lan"] = {"192.168.1." + n};
      hosts.push_back(Play::host(i % 2 == 0 ? "192.168.1." + n : "yes" + n + ".lan"));
    }
  }
  if (own_host) hosts.push_back(Play::host("192.0.2.66"));
  play.discreet = true;
  play.start(hosts);
  const auto begin = play.timers.now();
  Seen seen;
  std::vector<std::pair<int, std::function<void()>>> later;
  for (int now = 0; !play.result && now < 60000; now += 5) {
    for (auto& [at, action] : std::exchange(later, {}))
      if (at <= now) action();
    while (auto* end = play.net.next_connect()) {
      if (end->address == "192.0.2.66:4242") {
        seen.connect = play.timers.now() - begin;
        later.emplace_back(now + 5, [end] { end->fail(); });
        continue;
      }
      const auto port = ports.at(static_cast<std::size_t>(std::stoi(end->address.substr(10)) - 1));
      if (port == Port::Closed) later.emplace_back(now + 5, [end] { end->fail(); });
      if (port == Port::OpenAndSilent) later.emplace_back(now + 5, [end] { end->accept(); });
      if (port == Port::OpenAndTalks)
        later.emplace_back(now + 5, [end] {
          end->accept();
          end->send("53 53 48 2d");
        });
      if (port == Port::OpenAndCloses)
        later.emplace_back(now + 5, [end] {
          end->accept();
          end->end();
        });
    }
    play.timers.advance(5ms);
  }
  REQUIRE(play.result.has_value());
  CHECK_FALSE(play.result->ok());
  seen.end = play.timers.now() - begin;
  return seen;
}

}  // namespace

TEST_CASE("s5b connector: time does not tell a closed port of our network from a silent one",
          "[s5b][discreet]") {
  const auto port = GENERATE(Port::Closed, Port::OpenAndSilent, Port::OpenAndTalks,
                             Port::OpenAndCloses, Port::Unresolved);
  const bool own_host = GENERATE(false, true);
  for (std::size_t count = 1; count <= 8; ++count) {
    INFO(count << " hosts");
    const std::vector<Port> silent(count, Port::Silent), all(count, port);
    CHECK(look_at(all, own_host) == look_at(silent, own_host));
    auto one = silent;
    one[count / 2] = port;
    CHECK(look_at(one, own_host) == look_at(silent, own_host));
  }
}

TEST_CASE("s5b connector: a public host that refuses is told at once, whoever asks", "[s5b]") {
  Play play;
  play.discreet = true;
  play.start({Play::host("192.0.2.1"), Play::host("192.0.2.2")});
  play.timers.turn();
  play.net.expect_connect("192.0.2.1:4242").fail();
  play.timers.turn();
  play.net.expect_connect("192.0.2.2:4242").fail();
  CHECK(play.result.has_value());
}

TEST_CASE("s5b connector: a discreet host that answers is used at once", "[s5b]") {
  Play play;
  play.discreet = true;
  play.start({Play::host("192.168.1.1"), Play::host("192.168.1.2"), Play::host("192.168.1.3")});
  play.timers.turn();
  play.net.expect_connect("192.168.1.1:4242").fail();
  play.timers.advance(250ms);
  auto& second = play.net.expect_connect("192.168.1.2:4242");
  second.accept();
  Play::shake_hands(second);
  REQUIRE(play.result.has_value());
  CHECK(play.result->ok());
  CHECK(play.timers.running() == 0);
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

}  // namespace s5b_connector_test

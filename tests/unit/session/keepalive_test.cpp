// SPDX-License-Identifier: MIT
#include "session/keepalive.h"

#include <catch2/catch.hpp>

#include "support/fake_iq_channel.h"

namespace keepalive_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kPing = "<iq type='get' to='montague.lit'><ping xmlns='urn:xmpp:ping'/></iq>";

struct Idle {
  FakeTimers timers;
  FakeIqChannel iq{timers};
  int dead = 0;
  Keepalive keepalive{iq, timers, [this] { ++dead; }};
  Idle() { keepalive.start(); }
};

}  // namespace

TEST_CASE("keepalive: answers a ping (XEP-0199)", "[keepalive]") {
  Idle idle;
  idle.iq.inject(
      "<iq type='get' id='545-11' from='montague.lit'><ping xmlns='urn:xmpp:ping'/></iq>");
  idle.iq.expect_result("545-11");
}

TEST_CASE("keepalive: an idle session pings its server every three minutes and no more",
          "[keepalive]") {
  Idle idle;
  for (int i = 0; i < 3; ++i) {
    idle.timers.advance(179s);
    idle.iq.expect_nothing();
    idle.timers.advance(1s);
    idle.iq.expect(kPing);
    idle.iq.reply();
    CHECK(idle.timers.running() == 1);  // one wake-up in three minutes
  }
  CHECK(idle.dead == 0);
}

TEST_CASE("keepalive: a server without ping is alive as well", "[keepalive]") {
  Idle idle;
  idle.timers.advance(180s);
  idle.iq.expect(kPing);
  idle.iq.refuse(Condition::ServiceUnavailable);
  idle.timers.advance(180s);
  idle.iq.expect(kPing);
  CHECK(idle.dead == 0);
}

TEST_CASE("keepalive: a ping unanswered for 30 s means the session is dead, said once",
          "[keepalive]") {
  Idle idle;
  idle.timers.advance(180s + 29s);
  CHECK(idle.dead == 0);
  idle.timers.advance(1s);
  CHECK(idle.dead == 1);
  idle.timers.advance(1h);
  CHECK(idle.dead == 1);
}

TEST_CASE("keepalive: a server that has not come to our ping yet but speaks is alive",
          "[keepalive]") {
  Idle idle;
  idle.keepalive.heard();  // before the ping: says nothing
  idle.timers.advance(180s);
  idle.iq.expect(kPing);
  idle.timers.advance(10s);
  idle.keepalive.heard();
  idle.timers.advance(20s);
  CHECK(idle.dead == 0);
  idle.timers.advance(180s + 30s);  // and nothing at all the next time
  CHECK(idle.dead == 1);
}

TEST_CASE("keepalive: a session in doubt is asked at once, and not for long", "[keepalive]") {
  Idle idle;
  idle.timers.advance(10s);
  idle.keepalive.probe();
  idle.iq.expect(kPing);
  SECTION("it lives") {
    idle.iq.reply();
    idle.timers.advance(179s);
    idle.iq.expect_nothing();
    CHECK(idle.dead == 0);
  }
  SECTION("it is dead") {
    idle.timers.advance(2s);
    CHECK(idle.dead == 0);
    idle.timers.advance(1s);
    CHECK(idle.dead == 1);
  }
  SECTION("it is over: there is none to ask") {
    idle.keepalive.stop(true);
    idle.keepalive.probe();
    idle.iq.expect_nothing();
  }
}

TEST_CASE("keepalive: is silent between sessions", "[keepalive]") {
  Idle idle;
  idle.timers.advance(180s);
  idle.iq.expect(kPing);
  idle.keepalive.stop(false);
  idle.timers.advance(1h);
  idle.iq.expect_nothing();
  CHECK(idle.dead == 0);
}

TEST_CASE("keepalive: the end of the session is not a dead server", "[keepalive]") {
  Idle idle;
  idle.timers.advance(180s);
  idle.iq.expect(kPing);
  idle.iq.disconnect();
  idle.timers.advance(1h);
  CHECK(idle.dead == 0);
}

TEST_CASE("keepalive: a session cut in idleness tells how often to ping", "[keepalive]") {
  const auto limit = GENERATE(9s, 20s, 60s, 90s, 170s);
  Idle idle;
  idle.timers.advance(limit);
  idle.keepalive.stop(true);
  idle.keepalive.start();
  for (int i = 0; i < 20; ++i) {  // never again as idle as that
    idle.timers.advance(std::chrono::milliseconds(limit) * 2 / 3);
    idle.iq.expect(kPing);
    idle.keepalive.sent();
    idle.iq.reply();
  }
}

TEST_CASE("keepalive: idleness begins with the last stanza of ours", "[keepalive]") {
  Idle idle;
  idle.timers.advance(100s);
  idle.keepalive.sent();
  idle.timers.advance(30s);
  idle.keepalive.stop(true);
  idle.keepalive.start();
  idle.timers.advance(19s);
  idle.iq.expect_nothing();
  idle.timers.advance(1s);
  idle.iq.expect(kPing);
}

TEST_CASE("keepalive: an end that has a reason, or comes at once, teaches nothing", "[keepalive]") {
  Idle idle;
  SECTION("with a reason") {
    idle.timers.advance(60s);
    idle.keepalive.stop(false);
  }
  SECTION("at once") {
    idle.timers.advance(5s);
    idle.keepalive.stop(true);
  }
  SECTION("twice told") {
    idle.keepalive.stop(false);
    idle.timers.advance(60s);
    idle.keepalive.stop(true);
  }
  idle.keepalive.start();
  idle.timers.advance(179s);
  idle.iq.expect_nothing();
}

TEST_CASE("keepalive: one cut is believed for an hour, two alike for good", "[keepalive]") {
  Idle idle;
  const auto cut_after = [&](std::chrono::seconds idleness) {
    idle.keepalive.sent();
    idle.timers.advance(idleness);
    idle.keepalive.stop(true);
    idle.keepalive.start();
  };
  const auto pinged_every = [&](std::chrono::seconds time, int times) {
    for (int i = 0; i < times; ++i) {
      idle.timers.advance(time);
      idle.iq.expect(kPing);
      idle.iq.reply();
    }
  };
  cut_after(60s);
  pinged_every(40s, 90);
  idle.timers.advance(179s);
  idle.iq.expect_nothing();
  idle.timers.advance(1s);
  idle.iq.expect(kPing);
  idle.iq.reply();
  cut_after(61s);
  pinged_every(41s, 200);
}

}  // namespace keepalive_test

// SPDX-License-Identifier: MIT
#include "session/second_look.h"

#include <catch2/catch.hpp>

#include "support/fake_timers.h"
#include "support/jid.h"

namespace second_look_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

struct World {
  FakeTimers timers;
  int looks = 0;
  SecondLook second{timers, [this](const Jid& bare) {
                      CHECK(bare.str() == "juliet@capulet.lit");
                      ++looks;
                    }};
  const Jid juliet = jid("juliet@capulet.lit");
};

}  // namespace

TEST_CASE("second look: after 15 s, then twice as long each time, up to 10 minutes",
          "[second-look]") {
  World world;
  for (const auto wait : {15s, 30s, 60s, 120s, 240s, 480s, 600s, 600s}) {
    const int before = world.looks;
    world.second.unanswered(world.juliet);
    world.timers.advance(wait - 1ms);
    CHECK(world.looks == before);
    world.timers.advance(1ms);
    CHECK(world.looks == before + 1);
    world.timers.advance(1h);
    CHECK(world.looks == before + 1);  // once for each answer that is none
  }
  world.second.settled(world.juliet);
  world.second.unanswered(world.juliet);
  world.timers.advance(15s);
  CHECK(world.looks == 9);  // from the beginning
}

TEST_CASE("second look: at once when it is heard of, but no sooner than after 5 s",
          "[second-look]") {
  World world;
  world.second.heard(world.juliet);
  CHECK(world.looks == 0);
  CHECK(world.second.idle());
  world.second.unanswered(world.juliet);
  world.timers.advance(4999ms);
  world.second.heard(world.juliet);
  CHECK(world.looks == 0);
  world.timers.advance(1ms);
  world.second.heard(jid("nurse@capulet.lit"));
  world.second.heard(world.juliet);
  world.second.heard(world.juliet);  // it is being looked at
  CHECK(world.looks == 1);
  world.second.unanswered(world.juliet);
  world.second.session_down();
  world.timers.advance(1h);
  CHECK(world.looks == 1);
  CHECK(world.second.idle());
}

}  // namespace second_look_test

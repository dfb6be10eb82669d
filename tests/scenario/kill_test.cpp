// SPDX-License-Identifier: MIT
// kill -9 and a new start.
#include "scenario/phases.h"

namespace kill_test {

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE("scenario: a killed daemon goes on where its journal left off", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  const auto phase = GENERATE(from_range(kPhases));
  const bool sender = GENERATE(true, false);
  CAPTURE(way, phase, sender);
  Play play;
  reach(play, phase, way);
  play.kill(sender ? play.ann : play.bob);
  play.pass(10s);
  sender ? play.start_ann() : play.start_bob();
  CHECK((sender ? play.ann : play.bob)->queue().find(1) != nullptr);
  play.bob_trusts_ann();
  play.settle();
  go_on(play);
  REQUIRE(play.until([&] { return is_terminal(play.ann->job().state); }, 24h));
  play.pass(1h);
  INFO("ann: " << play.ann->state() << "\n" << Play::story(play.ann_disk));
  INFO("bob: " << play.bob->state() << "\n"
               << Play::story(play.bob_disk) << "bob 2: " << play.bob->state(2) << "\n"
               << Play::story(play.bob_disk, 2));
  CHECK(play.ann->state() == "done");
  if (phase != "offered") play.check_arrived();
  check_one_file(play);
}

}  // namespace kill_test

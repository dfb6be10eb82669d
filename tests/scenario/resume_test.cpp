// SPDX-License-Identifier: MIT
// A transfer that broke goes on where it stopped, by whatever way it goes then.
#include "scenario/phases.h"

namespace resume_scenario_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

void finish(Play& play) {
  go_on(play);
  REQUIRE(play.until([&] { return is_terminal(play.ann->job().state); }, 24h));
  play.pass(1h);
  INFO("ann: " << play.ann->state() << "\n" << Play::story(play.ann_disk));
  INFO("bob: " << play.bob->state() << "\n" << Play::story(play.bob_disk));
  CHECK(play.ann->state() == "done");
  CHECK(play.bob->state() == "done");
  CHECK(play.ann->job().delivery == Delivery::Confirmed);
  CHECK(play.ann->job().hash_state == HashState::Sha256);
  CHECK(play.bob->job().hash == play.ann->job().hash);
  CHECK(play.bob->queue().newest() == 1);
  check_one_file(play);
}

}  // namespace

TEST_CASE("scenario: killed in the middle, it goes on there", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  const std::string who = GENERATE("ann", "bob", "both");
  CAPTURE(way, who);
  Play play;
  reach(play, "active", way);
  if (who != "bob") play.kill(play.ann);
  if (who != "ann") play.kill(play.bob);
  play.pass(10s);
  if (who != "bob") play.start_ann();
  if (who != "ann") play.start_bob();
  finish(play);
  CHECK(play.bob->job().offset >= kSize / 4);
  CHECK(play.ann->job().offset == play.bob->job().offset);
}

TEST_CASE("scenario: what was kept and damaged on disk meanwhile is found, and sent once more",
          "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  CAPTURE(way);
  Play play;
  reach(play, "active", way);
  play.kill(play.bob);
  REQUIRE(play.bob_disk.parts().size() == 1);
  play.bob_disk.inodes.at(play.bob_disk.names.at(play.bob_disk.parts().front())).content[100] ^= 1;
  play.pass(10s);
  play.start_bob();
  finish(play);
  CHECK(play.bob->job().offset == 0);
  const auto story = Play::story(play.bob_disk);
  CHECK(story.find("from byte ") != std::string::npos);
  CHECK(story.find("mismatch: ") != std::string::npos);
  CHECK(story.find("mismatch: ") == story.rfind("mismatch: "));
}

TEST_CASE("scenario: the receiver has it, but its sender died before it knew", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  CAPTURE(way);
  Play play;
  reach(play, "confirming", way);
  play.kill(play.ann);  // its question is on the way
  play.server.release();
  REQUIRE(play.until([&] { return play.bob->state() != "verifying"; }, 1h));
  play.pass(10s);
  play.start_ann();
  finish(play);
}

}  // namespace resume_scenario_test

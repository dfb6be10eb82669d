// SPDX-License-Identifier: MIT
// Somebody changes their mind.
#include "scenario/phases.h"

namespace cancel_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

/// A file that has nothing to do with what was cancelled goes as if nothing had been.
void check_next_file(Play& play, const std::string& way) {
  const auto before = play.bob->queue().newest();
  play.bob_trusts_ann();
  play.ann_disk.names.clear();
  const auto next = play.send(some_content(3000), way);
  REQUIRE(play.until(
      [&] { return play.ann->state(next) == "done" && play.bob->state(before + 1) == "done"; }));
}

}  // namespace

TEST_CASE("scenario: what its receiver cancelled stays cancelled, whatever the sender makes of it",
          "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  const auto phase = GENERATE(from_range(kPhases));
  CAPTURE(way, phase);
  Play play;
  reach(play, phase, way);
  play.must([&](auto done) { play.bob->queue().act(kCancel, 1, std::move(done)); });
  play.server.release();
  play.ann->bulk().stop_at = ~0ull;
  play.bob_trusts_ann();
  play.pass(1h);
  INFO("ann: " << play.ann->state() << "\n" << Play::story(play.ann_disk));
  INFO("bob: " << play.bob->state() << "\n" << Play::story(play.bob_disk));
  CHECK(play.bob->state() == (phase == "offered" ? "cancelled/refused" : "cancelled/user"));
  CHECK(play.ann->state() == "failed/declined");
  if (phase != "offered")
    CHECK(play.ann->job().error_detail.find("The receiver cancelled this file") !=
          std::string::npos);
  CHECK(play.bob->queue().find(2) == nullptr);
  CHECK(play.bob_disk.names.empty());
  play.check_nothing_left();
  check_next_file(play, way);
}

TEST_CASE("scenario: what its sender cancelled is never finished", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  const auto phase = GENERATE(from_range(kPhases));
  CAPTURE(way, phase);
  Play play;
  reach(play, phase, way);
  play.must([&](auto done) { play.ann->queue().act(kCancel, 1, std::move(done)); });
  play.server.release();
  play.ann->bulk().stop_at = ~0ull;
  play.pass(1h);
  INFO("ann: " << play.ann->state() << "\n" << Play::story(play.ann_disk));
  INFO("bob: " << play.bob->state() << "\n" << Play::story(play.bob_disk));
  CHECK(play.ann->state() == "cancelled/user");
  CHECK(play.bob->queue().find(2) == nullptr);
  // Told by a word of our own: the receiver asks no more, waits no more and keeps nothing.
  CHECK(play.bob->state() == (phase == "offered" ? "cancelled/withdrawn" : "cancelled/peer"));
  CHECK(Play::story(play.bob_disk).find("will offer the file again") == std::string::npos);
  CHECK(play.bob_disk.names.empty());
  play.check_nothing_left();
  play.bob_disk.names.clear();
  check_next_file(play, way);
}

TEST_CASE("scenario: who offers again after a refusal means it", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  CAPTURE(way);
  Play play;
  reach(play, "active", way);
  play.must([&](auto done) { play.bob->queue().act(kCancel, 1, std::move(done)); });
  play.ann->bulk().stop_at = ~0ull;
  REQUIRE(play.until([&] { return play.ann->state() == "failed/declined"; }));
  const auto again = play.send(some_content(kSize), way);
  REQUIRE(
      play.until([&] { return play.ann->state(again) == "done" && play.bob->state(2) == "done"; }));
  CHECK(play.bob_disk.names.size() == 1);
  play.check_nothing_left();
}

}  // namespace cancel_test

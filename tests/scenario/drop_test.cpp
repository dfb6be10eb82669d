// SPDX-License-Identifier: MIT
// Somebody's XMPP session breaks and comes back.
#include "scenario/phases.h"

namespace drop_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

bool waits_for_user(const Play& play, JobId id) {
  return play.bob->state(id) == "offered/awaiting-user";
}

/// Bob says yes to what asks him now.
void say_yes(Play& play) {
  for (JobId id = 1; id <= play.bob->queue().newest(); ++id)
    if (waits_for_user(play, id))
      play.must([&](auto done) { play.bob->queue().accept(id, {}, std::move(done)); });
}

/// A while passes; where bytes move, they do so slowly.
void pass_slowly(Play& play, std::chrono::seconds time, bool bytes) {
  for (auto passed = 0s; passed < time; passed += 1s) {
    if (bytes) play.ann->bulk().stop_at += 5;
    play.pass(1s);
  }
}

}  // namespace

TEST_CASE("scenario: a lost session costs no file, whenever and whose it is", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  const auto phase = GENERATE(from_range(kPhases));
  const auto who = GENERATE(from_range(std::vector<std::string>{kAnn, kBob}));
  const auto away = GENERATE(1s, 80s, 10min);
  CAPTURE(way, phase, who, away.count());
  Play play;
  reach(play, phase, way);
  const bool stream = way != "si-ibb" && phase == "active";
  play.server.refuses = true;
  play.server.drop(who);
  play.server.release();  // what was on its way is lost or comes back
  pass_slowly(play, away, stream);
  if (stream) {  // it needs no session
    CHECK(play.ann->state() == "active");
    CHECK(play.bob->state() == "active");
  }
  play.server.refuses = false;
  while (!play.server.online(who)) pass_slowly(play, 1s, stream);
  play.ann->bulk().stop_at = ~0ull;
  // A question that could no longer be answered was taken back, and is put again.
  const auto ended = [&] { return is_terminal(play.ann->job().state); };
  if (phase == "offered") {
    const auto asked = [&] { return waits_for_user(play, play.bob->queue().newest()); };
    REQUIRE(play.until(asked, 24h));
    say_yes(play);
  } else {
    play.bob_trusts_ann();
  }
  const bool over = play.until(ended, 24h);
  play.pass(1h);
  INFO("ann: " << play.ann->state() << "\n" << Play::story(play.ann_disk));
  INFO("bob: " << play.bob->state() << "\n"
               << Play::story(play.bob_disk) << "bob 2: " << play.bob->state(2) << "\n"
               << Play::story(play.bob_disk, 2));
  REQUIRE(over);
  CHECK(play.ann->state() == "done");
  CHECK(play.ann->job().delivery == Delivery::Confirmed);
  if (phase != "offered") play.check_arrived();  // one job on either side: nobody was asked twice
  if (stream) CHECK(play.ann->job().attempt == 1);
  check_one_file(play);
}

TEST_CASE("scenario: a session that is lost at the last byte is waited for, or costs another try",
          "[scenario]") {
  const auto way =
      GENERATE(from_range(std::vector<std::string>{"si-socks5/direct", "si-socks5/proxy"}));
  const auto who = GENERATE(from_range(std::vector<std::string>{kAnn, kBob}));
  CAPTURE(way, who);
  Play play;
  reach(play, "active", way);
  play.server.refuses = true;
  play.server.drop(who);
  play.ann->bulk().stop_at = ~0ull;
  REQUIRE(play.until(
      [&] { return play.ann->state() == "verifying" && play.bob->state() == "verifying"; }));
  SECTION("it is back in minutes: the bytes are across, and only their confirmation was late") {
    play.pass(3min);
    play.server.refuses = false;
    play.until_ended();
    play.check_arrived();
    CHECK(play.ann->job().attempt == 1);
    return check_one_file(play);
  }
  play.pass(15min);  // longer than the one side asks and the other listens
  INFO("ann: " << play.ann->state() << "\n" << Play::story(play.ann_disk));
  INFO("bob: " << play.bob->state() << "\n" << Play::story(play.bob_disk));
  CHECK(play.ann->state().substr(0, 6) == "queued");
  CHECK(play.bob->state() == "queued/waiting-peer");
  CHECK(play.bob_disk.names.empty());  // what nobody vouched for is not kept
  SECTION("it comes back at last") {
    play.server.refuses = false;
    play.until_ended();
    play.check_arrived();
    CHECK(play.ann->job().attempt == 2);
    check_one_file(play);
  }
  SECTION("it never does") {
    play.pass(24h * 8);
    CHECK(play.bob->state() == "failed/interrupted");
    CHECK_FALSE(play.ann->state() == "done");
    CHECK(play.bob_disk.names.empty());
    play.check_nothing_left();
  }
}

}  // namespace drop_test

// SPDX-License-Identifier: MIT
// Trouble that comes again and again, and is not the file's fault.
#include "scenario/phases.h"

namespace many_losses_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

constexpr int kTimes = 20;
constexpr std::size_t kStep = 64 << 10;  // some blocks
constexpr std::size_t kLarge = (2 * kTimes + 2) * kStep;

bool moves(const Play& play) {
  return play.ann->state() == "active" && play.bob->state() == "active";
}

void check_done(Play& play) {
  INFO("ann: " << play.ann->state() << "\n" << Play::story(play.ann_disk));
  INFO("bob: " << play.bob->state() << "\n" << Play::story(play.bob_disk));
  REQUIRE(play.until([&] { return is_terminal(play.ann->job().state); }, 24h));
  play.pass(1h);
  play.check_arrived();
  check_one_file(play, kLarge);
}

}  // namespace

TEST_CASE("scenario: a receiver that dies twenty times gets its file", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  CAPTURE(way);
  Play play;
  play.bob_trusts_ann();
  play.ann->bulk().stop_at = kStep;  // of each attempt
  play.send(some_content(kLarge), way);
  for (int time = 1; time <= kTimes; ++time) {
    CAPTURE(time);
    INFO("ann: " << play.ann->state() << "\n" << Play::story(play.ann_disk));
    REQUIRE(play.until([&] { return moves(play); }, 24h));
    play.settle();
    play.kill(play.bob);
    play.pass(10s);
    play.start_bob();
    play.bob_trusts_ann();
  }
  play.ann->bulk().stop_at = ~0ull;
  check_done(play);
}

TEST_CASE("scenario: a server that is gone twenty times costs no file", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  CAPTURE(way);
  Play play;
  play.bob_trusts_ann();
  const std::string held = GENERATE("submit", "<open", "<streamhost", "");
  // In the middle of the bytes, or before: then not even one comes between two losses.
  if ((held == "<open" && way != "si-ibb") || (held == "<streamhost" && way == "si-ibb")) return;
  if (held.empty() && way != "si-ibb") return;  // a SOCKS5 stream lives without the server
  const std::size_t step = GENERATE(std::size_t{0}, kStep);
  if (!held.empty() && step != 0) return;
  const bool bob_first = GENERATE(false, true);
  CAPTURE(held, step, bob_first);
  play.ann->bulk().stop_at = step;
  const auto state = held == "submit" ? "offered/awaiting-peer"
                     : held.empty()   ? "active"
                                      : "connecting";
  play.server.hold(held.empty() ? "<nothing" : held);
  play.send(some_content(kLarge), way);
  for (int time = 1; time <= kTimes; ++time) {
    CAPTURE(time);
    INFO("ann: " << play.ann->state() << "\n" << Play::story(play.ann_disk));
    REQUIRE(play.until([&] { return play.ann->state() == state; }, 24h));
    play.settle();
    if (bob_first) {
      play.server.drop(kBob);
      play.pass(30s);
    }
    play.server.drop(kAnn);
    play.server.drop(kBob);
    REQUIRE(play.until([&] { return play.ann->state() != state; }, 1h));
  }
  play.server.release();
  play.ann->bulk().stop_at = ~0ull;
  check_done(play);
}

TEST_CASE("scenario: a server that is away for long costs no byte twice", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  const auto away = GENERATE(std::chrono::minutes(1), 15min, 24h);
  const auto phase = GENERATE(from_range(std::vector<std::string>{"active", "confirming"}));
  CAPTURE(way, away.count(), phase);
  Play play;
  reach(play, phase, way, kLarge);
  play.server.refuses = true;
  play.server.drop(kAnn);
  play.server.drop(kBob);
  play.server.release();
  play.ann->bulk().stop_at = ~0ull;  // a SOCKS5 stream needs no server
  play.pass(away);
  play.server.refuses = false;
  check_done(play);
  const auto offset = play.ann->job().offset;
  if (way == "si-ibb" && phase == "active")
    CHECK(offset == kLarge / 2);
  else  // all of it was across, and perhaps a last byte was asked for to hear that
    CHECK((offset == 0 || offset == kLarge - 1));
}

}  // namespace many_losses_test

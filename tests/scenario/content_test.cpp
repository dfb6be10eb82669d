// SPDX-License-Identifier: MIT
// What arrives is not what was sent. Nothing of it gets the file's name.
#include "scenario/play.h"

namespace content_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

struct Spoilt {
  explicit Spoilt(std::function<void(std::string&)> spoil) {
    play.bob_trusts_ann();
    play.ann->bulk().spoil = std::move(spoil);
  }
  void run(const std::string& way) {
    play.send(some_content(10'000), way);
    play.until_ended();
    for (const auto& [path, inode] : play.bob_disk.names) CHECK(path.ends_with(".bad"));
    CHECK(play.ann->state().substr(0, 6) == "failed");
    CHECK(play.bob->state().substr(0, 6) == "failed");
    play.check_nothing_left();
  }
  Play play;
};

}  // namespace

TEST_CASE("scenario: a flipped bit is found on both sides", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  const std::size_t at = GENERATE(0u, 4096u, 9999u);
  CAPTURE(way, at);
  Spoilt spoilt([at](std::string& content) { content[at] ^= 1; });
  // Ann's workers hash what the disk holds; the bit flips on the way.
  spoilt.run(way);
  CHECK(spoilt.play.ann->state() == "failed/hash-mismatch");
  CHECK(spoilt.play.bob->state() == "failed/hash-mismatch");
  CHECK(spoilt.play.bob->job().hash_state == HashState::Mismatch);
  CHECK(spoilt.play.bob_disk.names.size() == 1);  // kept for a look
}

TEST_CASE("scenario: a byte too many is never taken for the file", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  CAPTURE(way);
  Spoilt spoilt([](std::string& content) { content += '!'; });
  spoilt.run(way);
  CHECK(spoilt.play.bob->state() == "failed/protocol");
}

TEST_CASE("scenario: a byte that is missing is asked for again, not made up", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  CAPTURE(way);
  bool once = true;
  Play play;
  play.bob_trusts_ann();
  play.ann->bulk().spoil = [&once](std::string& content) {
    if (std::exchange(once, false)) content.pop_back();
  };
  play.send(some_content(10'000), way);
  REQUIRE(play.until([&] { return play.bob->state() == "queued/waiting-peer"; }));
  CHECK(play.bob_disk.names.count(kTarget) == 0);
  play.until_ended();
  play.check_arrived();
  play.check_nothing_left();
}

}  // namespace content_test

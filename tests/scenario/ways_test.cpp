// SPDX-License-Identifier: MIT
// Ways that do not work, and peers that are not there.
#include "scenario/play.h"

namespace ways_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

bool tells(const std::string& story, const std::string& words) {
  return story.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("scenario: what cannot go directly goes through the proxy, within one offer",
          "[scenario]") {
  Play play;
  play.bob_trusts_ann();
  play.wires.black_holes = {"10.0.0.1", "10.0.0.2"};
  play.send(some_content(5000), std::vector<std::string>{});
  play.until_ended();
  play.check_arrived();
  CHECK(play.ann->job().route == "proxy");
  CHECK(play.ann->job().attempt == 1);
  play.check_nothing_left();
}

TEST_CASE("scenario: what no stream can carry goes in-band, in the same job", "[scenario]") {
  Play play;
  play.bob_trusts_ann();
  play.wires.black_holes = {"10.0.0.1", "10.0.0.2", Wires::kProxyHost};
  play.send(some_content(5000), std::vector<std::string>{});
  play.until_ended();
  play.check_arrived();
  CHECK(play.ann->job().method == "si-ibb");
  CHECK(play.ann->job().attempt == 1);
  const auto story = Play::story(play.ann_disk);
  INFO(story);
  CHECK(tells(story, "failed: "));
  CHECK(tells(story, "fallback: in-band, under the same sid"));
  CHECK(tells(story, "active: si-ibb"));
  play.check_nothing_left();
}

TEST_CASE("scenario: a proxy that closes what it joined is tried again, then done without",
          "[scenario]") {
  Play play;
  play.bob_trusts_ann();
  play.wires.proxy_gives_up = true;
  play.send(some_content(5000), "si-socks5/proxy");
  REQUIRE(play.until([&] { return play.ann->state() == "queued/backoff"; }));
  REQUIRE(play.until([&] { return play.bob->state() == "queued/waiting-peer"; }));
  play.wires.proxy_gives_up = false;
  play.until_ended();
  play.check_arrived();
  play.check_nothing_left();
}

TEST_CASE("scenario: a file waits for a peer that is offline", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  CAPTURE(way);
  Play play(false);
  play.send(some_content(5000), way);
  play.pass(25h);
  CHECK(play.ann->state() == "queued/waiting-peer");
  CHECK(play.ann->job().attempt == 0);
  play.start_bob();
  play.bob_trusts_ann();
  play.until_ended();
  play.check_arrived();
  CHECK(play.ann->job().attempt == 1);
  play.check_nothing_left();
}

}  // namespace ways_test

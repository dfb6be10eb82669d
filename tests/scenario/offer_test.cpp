// SPDX-License-Identifier: MIT
// Ann offers a file, and no rule of Bob's takes it.
#include "scenario/play.h"

namespace offer_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

/// Bob has been asked.
void offered(Play& play, const std::string& way) {
  CAPTURE(way);
  play.send(some_content(5000), way);
  REQUIRE(play.until([&] { return play.bob->state() == "offered/awaiting-user"; }));
  CHECK(play.ann->state() == "offered/awaiting-peer");
  CHECK(play.bob_disk.names.empty());
  CHECK(play.wires.listeners() == 0);  // nobody may connect before he says yes
}

}  // namespace

TEST_CASE("scenario: the user accepts", "[scenario]") {
  Play play;
  offered(play, GENERATE(from_range(kWays)));
  play.pass(1min);
  play.must([&](auto done) { play.bob->queue().accept(1, {}, std::move(done)); });
  play.until_ended();
  play.check_arrived();
  play.check_nothing_left();
}

TEST_CASE("scenario: the user declines", "[scenario]") {
  Play play;
  offered(play, GENERATE(from_range(kWays)));
  play.must([&](auto done) { play.bob->queue().act(kDecline, 1, std::move(done)); });
  play.until_ended();
  CHECK(play.ann->state() == "failed/declined");
  CHECK(play.bob->state() == "cancelled/refused");
  CHECK(play.bob_disk.names.empty());
  play.check_nothing_left();
}

TEST_CASE("scenario: nobody answers the offer", "[scenario]") {
  Play play;
  offered(play, GENERATE(from_range(kWays)));
  REQUIRE(play.until([&] { return is_terminal(play.ann->job().state); }, 24h));
  play.pass(1h);
  CHECK(play.ann->state() ==
        "failed/declined");  // to the sender an expired offer is a refusal (XEP-0095 s3.2)
  CHECK(play.bob->state() == "cancelled/expired");
  CHECK(play.bob_disk.names.empty());
  play.check_nothing_left();
}

}  // namespace offer_test

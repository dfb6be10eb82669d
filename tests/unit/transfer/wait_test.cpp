// SPDX-License-Identifier: MIT
// What a job waits for as it is asked, and until when.
#include "transfer/wait.h"

#include "unit/transfer/house.h"

namespace wait_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

/// How long from now.
std::chrono::seconds left(const Wait& wait) {
  REQUIRE(wait.until != WallTime{});
  return std::chrono::round<std::chrono::seconds>(wait.until - wall_now());
}

bool endless(const Wait& wait) { return wait.until == WallTime{}; }

}  // namespace

TEST_CASE("wait: for the peer's answer, until its time is over", "[wait]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  REQUIRE(house.state(id) == "offered/awaiting-peer");
  CHECK(left(house.queue->wait_of(id)) == 5min);
  house.pass(1min);
  CHECK(left(house.queue->wait_of(id)) == 4min);
  house.deliver(house.last_talk());
  CHECK(endless(house.queue->wait_of(id)));
}

TEST_CASE("wait: the turn of a job has no time, the \"not now\" to those before it does",
          "[wait]") {
  House house;
  house.start();
  const auto first = house.send("/src/a");
  const auto second = house.send("/src/b");
  REQUIRE(house.state(second) == "queued/waiting-slot");
  CHECK(house.queue->wait_of(second).what.empty());
  CHECK(endless(house.queue->wait_of(second)));
  for (int times = 0; times < 2; ++times) {
    house.last_talk()->handler->on_ended({Errc::Constraint, "too many offers wait"});
    house.settle();
    if (times == 0) house.pass(1s);
  }
  CHECK(left(house.queue->wait_of(first)) == 2s);
  const auto wait = house.queue->wait_of(second);
  CHECK(wait.what == kNotNow);
  CHECK(wait.why == "too many offers wait");
  CHECK(left(wait) == 2s);
  CHECK(house.state(second) == "queued/waiting-slot");  // thousands may stand behind it
}

TEST_CASE("wait: a failed attempt, until the next", "[wait]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  house.last_talk()->handler->on_ended({Errc::Timeout, "no answer"});
  house.settle();
  REQUIRE(house.state(id) == "queued/backoff");
  CHECK(left(house.queue->wait_of(id)) == 5s);
  CHECK(house.queue->wait_of(id).why == "no answer");
}

TEST_CASE("wait: a peer that is away, until the job fails for that", "[wait]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::PeerOffline;
  const auto id = house.send("/src/a", kAnn);
  REQUIRE(house.state(id) == "queued/waiting-peer");
  CHECK(left(house.queue->wait_of(id)) == 24h * 7);
}

TEST_CASE("wait: our own account has no time", "[wait]") {
  House house;
  house.account().is_online = false;
  house.start();
  const auto id = house.send("/src/a");
  REQUIRE(house.state(id) == "queued/waiting-account");
  CHECK(endless(house.queue->wait_of(id)));
}

TEST_CASE("wait: an offer, until it expires; a lost stream, until its sender is given up",
          "[wait]") {
  House house;
  house.start();
  const auto offer = House::offer_of("notes.txt", 1000);
  auto answer = house.offered(offer);
  REQUIRE(house.state(1) == "offered/awaiting-user");
  CHECK(left(house.queue->wait_of(1)) == 10min);
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  CHECK(endless(house.queue->wait_of(1)));
  line->handler->on_end(Error{Errc::Interrupted, "reset"});
  house.settle();
  REQUIRE(house.state(1) == "queued/waiting-peer");
  CHECK(left(house.queue->wait_of(1)) == 24h * 7);
}

TEST_CASE("wait: of a job that is not there, or ended, there is none", "[wait]") {
  House house;
  house.start();
  CHECK(endless(house.queue->wait_of(9)));
  house.offered(House::offer_of("notes.txt", 1000));
  house.pass(11min);
  REQUIRE(house.state(1) == "cancelled/expired");
  CHECK(endless(house.queue->wait_of(1)));
}

}  // namespace wait_test

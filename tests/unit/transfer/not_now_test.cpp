// SPDX-License-Identifier: MIT
// A peer that has no room just now is asked again, and costs no attempt.
#include "transfer/outgoing_jobs.h"
#include "unit/transfer/house.h"

namespace not_now_test {

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE(
    "schedule: \"not now\" is not charged, and the lane asks again in its order, ever more slowly",
    "[schedule]") {
  House house;
  house.start();
  const auto first = house.send("/src/a");
  const auto second = house.send("/src/b");
  std::chrono::milliseconds delay = 1s;
  for (unsigned times = 1; times < OutgoingJobs::kAskedInARow; ++times) {
    house.last_talk()->handler->on_ended({Errc::Constraint, "not now"});
    house.settle();
    CHECK(house.state(first) == "queued/backoff");
    CHECK(house.job(first).attempt == 0);
    CHECK(house.job(first).next_attempt_at > wall_now());
    CHECK(house.job(first).error_detail == "not now");
    CHECK(house.state(second) == "queued/waiting-slot");
    house.pass(delay - 1ms);
    CHECK(house.state(first) == "queued/backoff");
    house.pass(1ms);
    CHECK(house.state(first) == "offered/awaiting-peer");
    CHECK(house.state(second) == "queued/waiting-slot");
    delay *= 2;
  }
  SECTION("it is accepted: the next one is not held back") {
    house.deliver(house.last_talk());
    CHECK(house.state(second) == "offered/awaiting-peer");
    house.last_talk()->handler->on_ended({Errc::Constraint, "not now"});
    house.pass(1s);
    CHECK(house.state(second) == "offered/awaiting-peer");
  }
  SECTION("again: perhaps there is room for another one") {
    house.last_talk()->handler->on_ended({Errc::Constraint, "not now"});
    house.pass(delay - 1ms);
    CHECK(house.state(first) == "queued/backoff");
    CHECK(house.state(second) == "queued/waiting-slot");
    house.pass(1ms);
    CHECK(house.negotiator().talks.size() == 4);
    house.last_talk()->handler->on_ended({Errc::Declined, "no"});
    house.settle();
    CHECK(house.negotiator().talks.size() == 5);
  }
  SECTION("for a week: that is a no") {
    for (int i = 0; i < 24 * 7 * 7; ++i) {
      for (const auto& talk : std::vector(house.negotiator().talks))
        if (talk->alive) talk->handler->on_ended({Errc::Constraint, "not now"});
      house.pass(10min);
    }
    CHECK(house.state(first) == "failed/declined");
    CHECK(house.job(first).attempt == 0);
  }
}

TEST_CASE("schedule: \"not now\" does not hide what went wrong before it", "[schedule]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  house.last_talk()->handler->on_ended({Errc::Timeout, "no answer"});
  house.pass(5s);
  REQUIRE(house.state(id) == "offered/awaiting-peer");
  house.last_talk()->handler->on_ended({Errc::Constraint, "not now"});
  house.settle();
  CHECK(house.state(id) == "queued/backoff");
  CHECK(house.job(id).error_name == "Timeout");
  CHECK(house.job(id).error_detail == "no answer");
  house.pass(1s);
  REQUIRE(house.state(id) == "offered/awaiting-peer");
  house.last_talk()->handler->on_ended({Errc::Interrupted, "reset"});  // but this is news
  house.settle();
  CHECK(house.job(id).error_detail == "reset");
}

TEST_CASE("schedule: \"not now\" to the only job of a lane is asked ever more slowly, too",
          "[schedule]") {
  House house;
  house.start();
  const auto only = house.send("/src/a");
  std::chrono::milliseconds delay = 1s;
  for (int times = 0; times < 8; ++times, delay *= 2) {
    house.last_talk()->handler->on_ended({Errc::Constraint, "not now"});
    house.settle();
    const auto talks = house.negotiator().talks.size();
    house.pass(delay - 1ms);
    CHECK(house.negotiator().talks.size() == talks);
    house.pass(1ms);
    CHECK(house.negotiator().talks.size() == talks + 1);
    CHECK(house.state(only) == "offered/awaiting-peer");
  }
}

TEST_CASE(
    "schedule: five hundred files to a peer that is overloaded now and then all arrive, in order",
    "[schedule]") {
  House house;
  house.start();
  const unsigned files = 500;
  for (unsigned i = 0; i < files; ++i) house.send("/src/a", kAnn);
  unsigned done = 0;
  for (unsigned i = 0; done < files && i < 4 * files; ++i) {
    auto talk = house.last_talk();
    if (talk->alive && i % 3 == 1) {
      talk->handler->on_ended({Errc::Constraint, "resource-constraint"});
    } else if (talk->alive) {
      house.deliver(talk);
      ++done;
      REQUIRE(house.state(done) == "done");
      REQUIRE(house.job(done).attempt == 1);
    }
    if (!house.last_talk()->alive) house.pass(1s);
  }
  CHECK(done == files);
}

}  // namespace not_now_test

// SPDX-License-Identifier: MIT
#include "transfer/rate_meter.h"
#include "unit/transfer/house.h"

namespace progress_test {

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE("rate: a steady stream reads as it is, a change within seconds", "[progress]") {
  const auto start = Timers::Clock::time_point{};
  RateMeter meter(start, 0);
  CHECK(meter.rate() == 0);
  std::uint64_t bytes = 0;
  auto now = start;
  const auto run = [&](std::chrono::milliseconds time, std::uint64_t per_second) {
    for (auto end = now + time; now < end;) {
      now += 500ms;
      bytes += per_second / 2;
      meter.sample(now, bytes);
    }
  };
  run(1s, 1000);
  CHECK(meter.rate() == 1000);
  run(9s, 5000);
  CHECK(meter.rate() > 4700);
  CHECK(meter.rate() <= 5000);
  run(20s, 0);
  CHECK(meter.rate() < 10);
}

TEST_CASE("rate: looks close together change nothing", "[progress]") {
  RateMeter meter(Timers::Clock::time_point{}, 0);
  meter.sample(Timers::Clock::time_point{} + 1s, 1000);
  meter.sample(Timers::Clock::time_point{} + 1s + 1ms, 1'000'000);
  CHECK(meter.rate() == 1000);
}

TEST_CASE("progress: bytes, rate and time left while active", "[progress]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  CHECK(house.queue->progress(id).rate == 0);
  auto line = house.last_talk()->open();
  house.settle();
  line->progress.bytes = 100;
  house.pass(1s);
  const auto now = house.queue->progress(id);
  CHECK(now.transferred == 100);
  CHECK(now.rate == 100);
  CHECK(now.left == std::chrono::seconds(9));
  CHECK(house.queue->active_jobs() == std::vector<JobId>{id});
  CHECK(house.queue->progress(99).transferred == 0);
}

TEST_CASE("progress: never falls within an attempt", "[progress]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  auto line = house.last_talk()->open();
  house.settle();
  line->progress.bytes = 1000;
  CHECK(house.queue->progress(id).transferred == 1000);
  line->handler->on_end(Moved{1000, std::nullopt});
  CHECK(house.queue->progress(id).transferred == 1000);
  house.settle();
  CHECK(house.queue->progress(id).transferred == 1000);
  house.last_talk()->sender->on_completed(Delivery::Confirmed, std::nullopt);
  house.settle();
  CHECK(house.queue->progress(id).transferred == 1000);
}

TEST_CASE("progress: fifteen seconds without a byte is stalled, one byte is not", "[progress]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  auto line = house.last_talk()->open();
  house.settle();
  house.pass(14s);
  CHECK(house.state(id) == "active");
  house.pass(1s);
  CHECK(house.state(id) == "active/stalled");
  line->progress.bytes = 1;
  house.pass(5s);
  CHECK(house.state(id) == "active");
}

TEST_CASE("progress: a server that slows us is named, and stays named", "[progress]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  auto line = house.last_talk()->open("si-ibb", "");
  house.settle();
  line->progress.bytes = 1;
  line->handler->on_server_limit(7421);
  house.settle();
  CHECK(house.state(id) == "active/server-limit");
  line->progress.bytes = 2;
  house.pass(5s);
  CHECK(house.state(id) == "active/server-limit");
  std::string told;
  house.queue->history(id, [&](auto entries) { told = entries->back().detail; });
  house.settle();
  CHECK(told == "server limits to 7 kB/s");
  house.pass(15s);
  CHECK(house.state(id) == "active/stalled");
  line->progress.bytes = 3;
  house.pass(5s);
  CHECK(house.state(id) == "active/server-limit");
}

TEST_CASE("progress: a trickle stops holding a slot (R7)", "[progress]") {
  House house;
  house.config.max_active = 1;
  house.queue->set_config(house.config);
  house.start();
  house.send("/src/a", kAnn);
  const auto next = house.send("/src/b", kBob);
  auto line = house.last_talk()->open();
  for (int i = 0; i < 29; ++i) {
    line->progress.bytes += 100;
    house.pass(10s);
  }
  CHECK(house.state(next) == "queued/waiting-slot");
  line->progress.bytes += 100;
  house.pass(10s);
  CHECK(house.state(next) == "offered/awaiting-peer");
}

TEST_CASE("progress: a job that keeps its own limit neither stalls nor creeps", "[progress]") {
  House house;
  house.config.max_active = 1;
  house.queue->set_config(house.config);
  house.start();
  const auto id = house.send("/src/a", kAnn);
  const auto next = house.send("/src/b", kBob);
  auto line = house.last_talk()->open();
  house.settle();
  line->progress.throttled = true;
  const std::uint64_t a_while = GENERATE(0u, 100u);  // bytes in 10 s
  for (int i = 0; i < 60; ++i) {
    line->progress.bytes += a_while;
    house.pass(10s);
    REQUIRE(house.state(id) == "active");
  }
  CHECK(house.state(next) == "queued/waiting-slot");
  // Its limit is lifted, and the peer takes nothing.
  line->progress.throttled = false;
  house.pass(10s);
  CHECK(house.state(id) == "active");
  CHECK(house.state(next) == "queued/waiting-slot");
  house.pass(5s);
  CHECK(house.state(id) == "active/stalled");
  CHECK(house.state(next) == "offered/awaiting-peer");
}

TEST_CASE("progress: a file that comes within a limit of ours does not stall", "[progress]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  line->progress.throttled = true;
  house.pass(60s);
  CHECK(house.state(1) == "active");
  line->progress.throttled = false;
  house.pass(15s);
  CHECK(house.state(1) == "active/stalled");
}

TEST_CASE("progress: a job that crept before it got a limit no longer does", "[progress]") {
  House house;
  house.config.max_active = 1;
  house.queue->set_config(house.config);
  house.start();
  house.send("/src/a", kAnn);
  auto line = house.last_talk()->open();
  house.settle();
  for (int i = 0; i < 31; ++i) {
    line->progress.bytes += 100;
    house.pass(10s);
  }
  line->progress.throttled = true;
  house.pass(5s);
  const auto next = house.send("/src/b", kBob);
  CHECK(house.state(next) == "queued/waiting-slot");
}

TEST_CASE("progress: no timer runs while nothing is active", "[progress]") {
  House house;
  house.start();
  const auto idle = house.timers.running();
  const auto id = house.send("/src/a");
  house.last_talk()->open();
  house.settle();
  CHECK(house.timers.running() > idle);
  CHECK(house.cancel(id));
  house.pass(5s);
  CHECK(house.timers.running() == idle);
}

}  // namespace progress_test

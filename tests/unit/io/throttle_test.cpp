// SPDX-License-Identifier: MIT
#include "io/throttle.h"

#include <catch2/catch.hpp>

namespace throttle_test {

using namespace xmppftd;
using namespace std::chrono_literals;

namespace {

const Throttle::Clock::time_point kStart{1h};
constexpr auto kNow = Throttle::Clock::time_point::min();

}  // namespace

TEST_CASE("throttle: whoever moves pays with time, but for what 50 ms let through", "[throttle]") {
  Throttle throttle(1000);
  CHECK(throttle.due(throttle.pay(50, kStart)) == kStart);
  CHECK(throttle.due(throttle.pay(100, kStart)) == kStart + 100ms);
  CHECK(throttle.due(throttle.pay(1000, kStart)) == kStart + 1100ms);
  CHECK(throttle.due(throttle.pay(50, kStart + 1h)) == kStart + 1h);  // nothing is saved up
}

TEST_CASE("throttle: turns follow each other in the order given", "[throttle]") {
  Throttle throttle(1000);
  throttle.pay(50, kStart);
  Throttle::Clock::time_point last = kStart;
  for (int round = 0; round < 3; ++round)
    for (int mover = 0; mover < 3; ++mover) {
      const auto due = throttle.due(throttle.pay(50, kStart));
      CHECK(due == last + 50ms);
      last = due;
    }
}

TEST_CASE("throttle: a new rate takes effect at once, the same one changes nothing", "[throttle]") {
  Throttle throttle(1);
  const auto turn = throttle.pay(1000, kStart);
  CHECK(throttle.due(turn) > kStart + 900s);
  throttle.set_rate(1);
  CHECK(throttle.due(turn) > kStart + 900s);
  const auto rate = GENERATE(0u, 10u);
  throttle.set_rate(rate);
  CHECK(throttle.rate() == rate);
  CHECK(throttle.due(turn) == kNow);
  if (rate == 10) CHECK(throttle.due(throttle.pay(100, kStart)) == kStart + 9950ms);
}

TEST_CASE("throttle: without a rate there is no limit", "[throttle]") {
  Throttle throttle;
  CHECK(throttle.due(throttle.pay(std::uint64_t{1} << 60, kStart)) == kNow);
  throttle.set_rate(1);
  CHECK(throttle.due(throttle.pay(std::uint64_t{1} << 60, kStart)) < kStart + 25h);
}

TEST_CASE("pace: keeps both of its limits", "[throttle]") {
  const auto own = std::make_shared<Throttle>(), shared = std::make_shared<Throttle>();
  Pace pace(own, shared);
  CHECK(pace.piece(1'000'000) == 1'000'000);
  CHECK(pace.due() == kNow);
  own->set_rate(GENERATE(1000u, 2000u));
  shared->set_rate(own->rate() == 1000 ? 2000 : 1000);
  CHECK(pace.piece(1'000'000) == 50);
  CHECK(pace.piece(7) == 7);
  CHECK(pace.piece(0) == 0);
  pace.pay(1050, kStart);
  CHECK(pace.due() == kStart + 1s);
  own->set_rate(1);
  CHECK(pace.piece(1'000'000) == 1);  // one byte at least
}

TEST_CASE("pace: the turns of those who share do not hold up each other's own", "[throttle]") {
  const auto shared = std::make_shared<Throttle>(1000);
  Pace one(nullptr, shared), other(nullptr, shared), alone;
  one.pay(1050, kStart);
  CHECK(other.due() == kNow);
  other.pay(50, kStart);
  CHECK(other.due() == kStart + 1050ms);
  alone.pay(1'000'000, kStart);
  CHECK(alone.due() == kNow);
}

}  // namespace throttle_test

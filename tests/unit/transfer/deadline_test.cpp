// SPDX-License-Identifier: MIT
#include "transfer/deadline.h"

#include <catch2/catch.hpp>

namespace deadline_test {

using namespace xmppftd;
using namespace std::chrono_literals;

TEST_CASE("deadline: what passed while we were not running counts", "[deadline]") {
  const auto left = time_left(wall_now() - 10h, 24h);
  CHECK(left <= 14h);
  CHECK(left > 14h - 1min);
}

TEST_CASE("deadline: a clock that was set cannot end a wait, nor lengthen it", "[deadline]") {
  CHECK(time_left(WallTime{}, 24h * 7) == 1h);             // set far ahead
  CHECK(time_left(wall_now() + 24h, 24h * 7) == 24h * 7);  // set back
}

TEST_CASE("deadline: of a wait shorter than an hour all is left", "[deadline]") {
  CHECK(time_left(wall_now() - 10h, 15min) == 15min);
  CHECK(time_left(wall_now(), 15min) == 15min);
}

}  // namespace deadline_test

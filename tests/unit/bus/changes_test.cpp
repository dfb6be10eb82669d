// SPDX-License-Identifier: MIT
#include "bus/changes.h"

#include <catch2/catch.hpp>

#include "support/fake_timers.h"

namespace changes_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

TEST_CASE("changes: told at once when it was quiet, then at most four times a second", "[bus]") {
  FakeTimers timers;
  std::vector<Changes::Batch> told;
  Changes changes(timers, [&](const Changes::Batch& batch) { told.push_back(batch); });
  timers.advance(10s);
  changes.add(1, "queued");
  changes.add(2, "queued");
  changes.add(1, "offered");
  timers.advance(0ms);
  REQUIRE(told.size() == 1);
  CHECK(told[0] == Changes::Batch{{2, "queued"}, {1, "offered"}});
  changes.add(1, "connecting");
  timers.advance(249ms);
  CHECK(told.size() == 1);
  timers.advance(1ms);
  REQUIRE(told.size() == 2);
  CHECK(told[1] == Changes::Batch{{1, "connecting"}});
  timers.advance(10s);
  CHECK(told.size() == 2);
}

TEST_CASE("changes: more than 500 jobs at once are told as none", "[bus]") {
  FakeTimers timers;
  std::vector<Changes::Batch> told;
  Changes changes(timers, [&](const Changes::Batch& batch) { told.push_back(batch); });
  for (JobId id = 1; id <= 501; ++id) changes.add(id, "queued");
  timers.advance(1s);
  REQUIRE(told.size() == 1);
  CHECK(told[0].empty());
  changes.add(7, "done");
  timers.advance(1s);
  REQUIRE(told.size() == 2);
  CHECK(told[1].size() == 1);
}

}  // namespace changes_test

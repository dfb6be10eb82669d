// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "support/fake_disk.h"

namespace fake_store_test {

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE("fake store: a checkpoint is kept with its row, in the order of the calls", "[store]") {
  Disk disk;
  Turns turns;
  Crash crash;
  FakeStore store(disk, turns, crash);
  JobRecord job;
  job.id = 1;
  store.put({job}, [](Result<void> how) { CHECK(how); });
  store.checkpoint(1, 5);
  store.checkpoint(2, 6);
  CHECK(disk.rows.empty());
  while (turns.run_one()) {
  }
  CHECK(store.read().jobs.at(0).durable == 5);
  CHECK(disk.rows.size() == 1);
  store.checkpoint(1, 7);
  store.put({job}, [](Result<void> how) { CHECK(how); });
  while (turns.run_one()) {
  }
  CHECK(disk.rows.at(1).durable == 0);
  crash.left = 0;
  store.checkpoint(1, 9);
  while (turns.run_one()) {
  }
  CHECK(disk.rows.at(1).durable == 0);
}

}  // namespace fake_store_test

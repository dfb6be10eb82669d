// SPDX-License-Identifier: MIT
// What of a file that comes in is on disk for good.
#include "transfer/checkpoints.h"

#include "unit/transfer/house.h"

namespace checkpoints_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

constexpr std::uint64_t kMiB = 1 << 20;

/// Job 1 comes in, 100 MiB of it in all.
struct Coming {
  House house;
  std::shared_ptr<Answer> answer;
  std::shared_ptr<Line> line;

  Coming() {
    house.start();
    answer = house.offered(House::offer_of("big", 100 * kMiB));
    REQUIRE(house.accept(1));
    line = answer->talk->open();
    house.settle();
  }
  void write(std::uint64_t bytes) const { line->progress.bytes = bytes; }
  std::uint64_t durable() { return house.disk.rows[1].durable; }
  std::uint64_t reach() const { return line->file.reach->end; }
};

}  // namespace

TEST_CASE("checkpoints: every 8 MiB, every 2 s, one at a time", "[checkpoints]") {
  Coming coming;
  auto& house = coming.house;
  coming.write(8 * kMiB - 1);
  house.pass(Checkpoints::kLook);
  CHECK(coming.durable() == 0);
  coming.write(8 * kMiB);
  house.pass(Checkpoints::kLook);
  CHECK(coming.durable() == 8 * kMiB);
  coming.write(8 * kMiB + 1);
  house.pass(1s);
  CHECK(coming.durable() == 8 * kMiB);
  house.pass(1s + Checkpoints::kLook);
  CHECK(coming.durable() == 8 * kMiB + 1);
  const int synced = house.files.data_synced;
  house.pass(1min);
  CHECK(house.files.data_synced == synced);  // nothing came
  SECTION("no more once the bytes are there") {
    house.disk.inodes[coming.line->file.file->identity.inode].size = 100 * kMiB;
    coming.line->handler->on_end(Moved{100 * kMiB, std::nullopt});
    house.settle();
    coming.answer->talk->receiver->on_declared(std::nullopt);
    house.settle();
    CHECK(house.state(1) == "done");
    house.pass(1min);
    CHECK(house.files.data_synced == synced);
  }
}

TEST_CASE("checkpoints: no byte comes more than 64 MiB ahead of what is synced", "[checkpoints]") {
  Coming coming;
  CHECK(coming.reach() == Checkpoints::kAhead);
  // A peer that sends whatever it may, however fast.
  std::uint64_t most = 0;
  std::chrono::milliseconds passed{};
  while (coming.durable() < 96 * kMiB) {
    coming.write(std::min(coming.reach(), 96 * kMiB));
    most = std::max(most, coming.line->progress.bytes - coming.durable());
    coming.house.pass(1ms);
    REQUIRE((passed += 1ms) < 100ms);  // nor does it wait for long where the disk is fast
  }
  CHECK(most <= 64 * kMiB);
}

TEST_CASE("checkpoints: while the disk syncs nothing is let in beyond", "[checkpoints]") {
  Coming coming;
  auto& house = coming.house;
  house.files.holds_sync = true;
  coming.write(64 * kMiB);
  coming.line->progress.throttled = true;  // as a stream says that is held
  house.pass(1min);
  CHECK(coming.reach() == 64 * kMiB);
  CHECK(house.state(1) == "active");
  house.files.release_sync();
  house.pass(Checkpoints::kLook);
  CHECK(coming.reach() == 128 * kMiB);
  CHECK(coming.durable() == 64 * kMiB);
}

}  // namespace checkpoints_test

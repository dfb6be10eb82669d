// SPDX-License-Identifier: MIT
// No room on the receiver's disk: both sides say so, wait, and go on by themselves.
#include "transfer/outgoing_jobs.h"
#include "unit/transfer/house.h"

namespace disk_full_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

const std::string kPhone = kAnn + "/phone";

void make_room(House& house, std::uint64_t room) {
  house.disk.free = house.config.keep_free + room;
}

/// Bob's side under a rule, with this much room.
void begin(House& house, std::uint64_t room) {
  house.start();
  REQUIRE(house.queue->set_rules({rule(kAnn)}));
  make_room(house, room);
}

}  // namespace

TEST_CASE("disk full: what a rule takes is one job that waits for room", "[disk-full]") {
  House house;
  begin(house, 100);
  auto answer = house.offered();
  CHECK(answer->declined->code == Errc::DiskFull);  // the sender learns whose disk it is
  CHECK(house.state(1) == "paused/disk-low");
  CHECK(house.job(1).error_name == "DiskFull");
  CHECK(house.job(1).error_detail == "/in: not enough room");
  for (int hour = 0; hour < 5; ++hour) {
    house.pass(1h);
    auto again = house.offered();
    CHECK(again->declined->code == Errc::DiskFull);
  }
  CHECK(house.queue->newest() == 1);
  CHECK(house.state(1) == "paused/disk-low");
  CHECK(house.negotiator().ready.empty());
  SECTION("until there is some: the sender is told, once") {
    make_room(house, 1000);
    house.pass(30s);
    CHECK(house.state(1) == "queued/waiting-peer");
    CHECK(house.job(1).error_name.empty());
    CHECK(house.negotiator().ready == std::vector{kPhone});
    house.pass(1h);
    CHECK(house.negotiator().ready.size() == 1);
    house.deliver(*house.offered());
    CHECK(house.state(1) == "done");
  }
  SECTION("a sender that comes by itself need not wait for the next look") {
    make_room(house, 1000);
    house.deliver(*house.offered());
    CHECK(house.state(1) == "done");
    house.pass(1h);
    CHECK(house.negotiator().ready.empty());
  }
  SECTION("its user may cancel it, and the sender hears of that") {
    CHECK(house.cancel(1));
    CHECK(house.state(1) == "cancelled/user");
    CHECK(house.offered()->declined->code == Errc::Cancelled);
    const auto looks = house.files.places_checked;
    house.pass(1h);
    CHECK(house.files.places_checked == looks);
  }
  SECTION("a sender that does not come again in a week is not awaited for ever") {
    house.pass(24h * 7 + 1min);
    CHECK(house.state(1) == "failed/interrupted");
  }
}

TEST_CASE("disk full: a sender of another kind is not told of room, and known again",
          "[disk-full]") {
  House house;
  begin(house, 100);
  auto offer = House::offer_of("notes.txt", 1000);
  offer.can_confirm = false;
  offer.file.modified.reset();  // nor a hash: nothing says that it is the same file
  CHECK(house.offered(offer)->declined->code == Errc::DiskFull);
  house.pass(10min);
  CHECK(house.offered(offer)->declined->code == Errc::DiskFull);
  CHECK(house.queue->newest() == 1);
  make_room(house, 1000);
  house.pass(30s);
  CHECK(house.state(1) == "queued/waiting-peer");
  CHECK(house.negotiator().ready.empty());
  house.deliver(*house.offered(offer));
  CHECK(house.state(1) == "done");
  CHECK(house.queue->newest() == 1);
}

TEST_CASE("disk full: in the middle, what came is kept", "[disk-full]") {
  House house;
  begin(house, 1000);
  house.files.reserves = false;
  auto answer = house.offered();
  auto line = answer->talk->open();
  house.settle();
  line->progress.bytes = 400;
  house.disk.inodes[line->file.file->identity.inode].size = 400;
  make_room(house, 0);
  line->handler->on_end(Error{Errc::DiskFull, "no space"});
  house.settle();
  CHECK(answer->talk->failed->code == Errc::DiskFull);
  CHECK(house.state(1) == "paused/disk-low");
  CHECK(house.disk.parts().size() == 1);
  house.pass(1min);
  CHECK(house.negotiator().ready.empty());
  make_room(house, 599);
  house.pass(1min);
  CHECK(house.negotiator().ready.empty());
  make_room(house, 600);  // what is kept need not have room again
  house.pass(30s);
  CHECK(house.negotiator().ready == std::vector{kPhone});
  auto again = house.offered();
  REQUIRE(again->talk);
  CHECK(again->talk->terms->range.offset == 400);
  house.deliver(*again);
  CHECK(house.state(1) == "done");
}

TEST_CASE("disk full: it still waits after a restart", "[disk-full]") {
  House before;
  begin(before, 100);
  before.offered();
  House house(&before.disk);
  house.start();
  CHECK(house.state(1) == "paused/disk-low");
  CHECK(house.job(1).error_detail == "/in: not enough room");
  house.disk.free = house.config.keep_free + 1000;
  house.pass(30s);
  CHECK(house.state(1) == "queued/waiting-peer");  // whose session it was is not known any more
  house.deliver(*house.offered());
  CHECK(house.state(1) == "done");
}

TEST_CASE("disk full: a smaller file that fits is taken meanwhile", "[disk-full]") {
  House house;
  begin(house, 100);
  house.offered("large", 1000);
  CHECK(house.offered("small", 100)->talk);
  CHECK(house.state(1) == "paused/disk-low");
}

TEST_CASE("disk full: who has many files that wait is told of room once", "[disk-full]") {
  House house;
  begin(house, 100);
  for (int i = 0; i < 10; ++i) house.offered("file-" + std::to_string(i));
  house.offered(House::offer_of("other", 1000, kAnn + "/laptop"));
  make_room(house, 1000);
  house.pass(30s);
  CHECK(house.negotiator().ready == std::vector{kPhone, kAnn + "/laptop"});
  CHECK(house.state(10) == "queued/waiting-peer");
}

TEST_CASE("disk full: how much is to stay free is asked of the configuration as it is now",
          "[disk-full]") {
  House house;
  begin(house, 100);
  house.offered();
  house.config.keep_free = 100;
  house.queue->set_config(house.config);
  house.pass(30s);
  CHECK(house.state(1) == "queued/waiting-peer");
}

// The sender

TEST_CASE("disk full: the receiver's is not charged to the job, however long it lasts",
          "[disk-full]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  const auto refuse = [&] {
    house.last_talk()->handler->on_ended({Errc::PeerCannotStore, "the receiver's disk is full"});
    house.settle();
  };
  refuse();
  CHECK(house.state(id) == "queued/backoff");
  CHECK(house.job(id).error_name == "Io");
  CHECK(house.job(id).error_detail == "the receiver's disk is full");
  SECTION("and it is asked now and then") {
    std::size_t asked = 1;
    for (int i = 0; i < 500; ++i) {
      house.pass(1min);
      if (house.state(id) != "offered/awaiting-peer") continue;
      ++asked;
      CHECK(house.job(id).attempt == 1);
      refuse();
    }
    CHECK(asked > 30);
    CHECK(asked < 80);
    house.queue->on_ready(1, jid(kPhone));
    house.settle();
    REQUIRE(house.state(id) == "offered/awaiting-peer");
    house.deliver(house.last_talk());
    CHECK(house.state(id) == "done");
  }
  SECTION("at once when the receiver says that there is room") {
    house.queue->on_ready(1, jid(kBob + "/x"));
    house.settle();
    CHECK(house.state(id) == "queued/backoff");
    house.queue->on_ready(1, jid(kPhone));
    house.settle();
    CHECK(house.state(id) == "offered/awaiting-peer");
  }
  SECTION("after a week it is told as what it is") {
    for (int i = 0; i < 24 * 7 * 7 + 2; ++i) {
      house.pass(10min);
      if (house.state(id) == "offered/awaiting-peer") refuse();
    }
    CHECK(house.state(id) == "failed/io");
  }
}

TEST_CASE("disk full: a job that stepped aside for others is offered at once too", "[disk-full]") {
  House house;
  house.start();
  const auto large = house.send("/src/large");
  const auto small = house.send("/src/small");
  for (unsigned times = 1; times <= OutgoingJobs::kAskedInARow; ++times) {
    REQUIRE(house.state(large) == "offered/awaiting-peer");
    house.last_talk()->handler->on_ended({Errc::PeerCannotStore, "full"});
    house.settle();
    if (times < OutgoingJobs::kAskedInARow) house.pass(5s);
  }
  REQUIRE(house.state(large) == "queued/backoff");
  REQUIRE(house.state(small) == "queued/waiting-slot");
  house.queue->on_ready(1, jid(kPhone));
  house.settle();
  CHECK(house.state(large) == "offered/awaiting-peer");
}

}  // namespace disk_full_test

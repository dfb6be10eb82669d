// SPDX-License-Identifier: MIT
// The receiver's disk or folder does not take a file, for another reason than want of room: that is
// the receiver's trouble, which it has in one job.
#include "unit/transfer/house.h"

namespace disk_trouble_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

/// One whose sender is of our kind and names its files.
Offer offer_of_f1() {
  auto offer = House::offer_of("notes.txt", 1000);
  offer.file_id = "f1";
  return offer;
}

void begin(House& house) {
  house.start();
  REQUIRE(house.queue->set_rules({rule(kAnn)}));
}

std::shared_ptr<Line> open(House& house, const Answer& answer) {
  REQUIRE(answer.talk);
  auto line = answer.talk->open();
  house.settle();
  REQUIRE(house.state(1) == "active");
  return line;
}

void write(House& house, Line& line, std::uint64_t bytes) {
  line.progress.bytes = bytes - line.range.offset;
  house.disk.inodes[line.file.file->identity.inode].size = bytes;
}

/// 600 bytes are on disk for good, 700 are written.
std::shared_ptr<Line> some_is_durable(House& house) {
  auto line = open(house, *house.offered(offer_of_f1()));
  write(house, *line, 600);
  house.pass(3s);
  REQUIRE(house.disk.rows[1].durable == 600);
  write(house, *line, 700);
  return line;
}

std::uint64_t part_size(const House& house) {
  REQUIRE(house.disk.parts().size() == 1);
  return house.disk.inodes.at(house.disk.names.at(house.disk.parts()[0])).size;
}

}  // namespace

TEST_CASE("disk trouble: what fails once goes on in the same job", "[disk-trouble]") {
  House house;
  begin(house);
  auto answer = house.offered(offer_of_f1());
  auto line = open(house, *answer);
  write(house, *line, 400);
  line->handler->on_end(Error{Errc::Io, "pwrite: Input/output error"});
  house.settle();
  CHECK(answer->talk->failed->code == Errc::Io);  // the sender learns whose disk it is
  CHECK(house.state(1) == "paused/io");
  CHECK(house.job(1).error_name == "Io");
  CHECK(house.job(1).error_detail == "pwrite: Input/output error");
  SECTION("when its sender comes by itself") {}
  SECTION("when it is told that the folder can be used") {
    house.pass(30s);
    CHECK(house.state(1) == "queued/waiting-peer");
    CHECK(house.negotiator().ready == std::vector{kAnn + "/phone"});
  }
  auto again = house.offered(offer_of_f1());
  REQUIRE(again->talk);
  CHECK(again->talk->terms->range.offset == 400);
  house.deliver(*again, std::nullopt);
  CHECK(house.queue->newest() == 1);
}

TEST_CASE("disk trouble: a disk that fails twice is not asked for ever", "[disk-trouble]") {
  House house;
  begin(house);
  auto offer = offer_of_f1();
  const bool of_our_kind = GENERATE(true, false);
  offer.can_confirm = of_our_kind;
  for (int i = 0; i < 2; ++i) {
    auto line = open(house, *house.offered(offer));
    line->handler->on_end(Error{Errc::Io, "broken"});
    house.settle();
  }
  CHECK(house.state(1) == "failed/io");
  CHECK(house.disk.parts().empty());
  if (of_our_kind) {  // who comes again by itself has to hear of the end, once
    CHECK(house.offered(offer)->declined->code == Errc::StoreFailed);
    CHECK(house.queue->newest() == 1);
  }
  CHECK(house.offered(offer)->talk);
  CHECK(house.queue->newest() == 2);
}

TEST_CASE("disk trouble: the end is told after a restart too", "[disk-trouble]") {
  House before;
  begin(before);
  for (int i = 0; i < 2; ++i) {
    open(before, *before.offered(offer_of_f1()))->handler->on_end(Error{Errc::Io, "broken"});
    before.settle();
  }
  REQUIRE(before.state(1) == "failed/io");
  House house(&before.disk);
  begin(house);
  CHECK(house.offered(offer_of_f1())->declined->code == Errc::StoreFailed);
}

TEST_CASE("disk trouble: what a rule took waits for its folder", "[disk-trouble]") {
  House house;
  begin(house);
  const auto code = GENERATE(Errc::Io, Errc::Unreadable);
  house.files.place_fails = code;
  for (int hour = 0; hour < 5; ++hour) {
    CHECK(house.offered(offer_of_f1())->declined->code == code);
    CHECK(house.state(1) == "paused/io");
    house.pass(1h);
  }
  CHECK(house.queue->newest() == 1);
  CHECK(house.negotiator().ready.empty());
  house.files.place_fails.reset();
  house.pass(30s);
  CHECK(house.state(1) == "queued/waiting-peer");
  CHECK(house.job(1).error_name.empty());
  CHECK(house.negotiator().ready == std::vector{kAnn + "/phone"});
  house.deliver(*house.offered(offer_of_f1()));
  CHECK(house.state(1) == "done");
}

TEST_CASE("disk trouble: what was begun waits for its folder, whatever that lacks",
          "[disk-trouble]") {
  House house;
  begin(house);
  some_is_durable(house)->handler->on_end(Error{Errc::Interrupted, "lost"});
  house.settle();
  REQUIRE(house.state(1) == "queued/waiting-peer");
  const auto code = GENERATE(Errc::Io, Errc::Unreadable, Errc::FileMissing, Errc::UnsafeFolder);
  house.files.create_fails = house.files.place_fails = code;
  for (int i = 0; i < 10; ++i) {
    house.pass(1min);
    CHECK(house.offered(offer_of_f1())->declined->code == code);
    CHECK(house.state(1) == "paused/io");
  }
  house.files.create_fails.reset();
  house.files.place_fails.reset();
  house.pass(30s);
  CHECK(house.negotiator().ready.size() == 1);
  auto again = house.offered(offer_of_f1());
  REQUIRE(again->talk);
  CHECK(again->talk->terms->range.offset == 700);
}

TEST_CASE("disk trouble: after a sync that failed only what was synced before is trusted",
          "[disk-trouble]") {
  House house;
  begin(house);
  auto line = some_is_durable(house);
  house.files.sync_fails = GENERATE(Errc::Io, Errc::DiskFull);
  const bool full = house.files.sync_fails == Errc::DiskFull;
  SECTION("a checkpoint, which ends the attempt") { house.pass(3s); }
  SECTION("the one after a stream that was lost") {
    line->handler->on_end(Error{Errc::Interrupted, "lost"});
    house.settle();
    CHECK(house.state(1) == "queued/waiting-peer");
  }
  SECTION("the last one") {
    house.written(*line, 1000);
    line->handler->on_end(Moved{1000, std::nullopt});
    house.settle();
    CHECK((house.state(1) == "verifying" ||
           house.state(1) == (full ? "paused/disk-low" : "paused/io")));
    house.pass(3s);
    CHECK(house.state(1) == (full ? "paused/disk-low" : "paused/io"));
  }
  CHECK(house.disk.rows[1].durable == 600);
  CHECK(part_size(house) == 600);
  house.files.sync_fails.reset();
  auto again = house.offered(offer_of_f1());
  REQUIRE(again->talk);
  CHECK(again->talk->terms->range.offset == 600);
  house.deliver(*again);
  CHECK(house.state(1) == "done");
}

TEST_CASE("disk trouble: a sync that fails late takes the next attempt back", "[disk-trouble]") {
  House house;
  begin(house);
  auto line = some_is_durable(house);
  house.files.holds_sync = true;
  line->handler->on_end(Error{Errc::Interrupted, "lost"});
  house.settle();
  auto second = house.offered(offer_of_f1());
  auto goes_on = open(house, *second);
  REQUIRE(goes_on->range.offset == 700);
  write(house, *goes_on, 800);
  house.files.sync_fails = Errc::Io;
  house.files.release_sync();
  house.settle();
  house.files.sync_fails.reset();
  CHECK_FALSE(goes_on->alive);
  CHECK(part_size(house) == 600);
  CHECK(house.disk.rows[1].durable == 600);
  auto third = house.offered(offer_of_f1());
  REQUIRE(third->talk);
  CHECK(third->talk->terms->range.offset == 600);
}

TEST_CASE("disk trouble: whether a file has its name is found out once its folder can be read",
          "[disk-trouble]") {
  Disk disk;
  {
    House before(&disk);
    begin(before);
    before.files.publish_fails = Errc::Io;  // it may have its name, or not
    before.deliver(*before.offered(offer_of_f1()));
    REQUIRE(before.state(1) == "verifying/awaiting-folder");
  }
  House house(&disk);
  house.files.find_fails = GENERATE(Errc::Io, Errc::Unreadable, Errc::UnsafeFolder);
  begin(house);
  house.pass(1min);
  CHECK(house.state(1) == "verifying");
  CHECK_FALSE(house.job(1).error_detail.empty());
  house.files.find_fails.reset();
  house.pass(10s);
  CHECK(house.state(1) == "done");
  CHECK(house.disk.names.count("/in/notes.txt") == 1);
}

// The sender

TEST_CASE("disk trouble: the sender learns the end, and it is the receiver's", "[disk-trouble]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  house.last_talk()->handler->on_ended({Errc::StoreFailed, "the receiver's disk failed again"});
  house.settle();
  CHECK(house.state(id) == "failed/io");
  CHECK(house.job(id).error_detail == "the receiver's disk failed again");
}

TEST_CASE("disk trouble: a stream that broke before the receiver could say why is not charged",
          "[disk-trouble]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  for (unsigned i = 0; i < 2 * house.config.attempts; ++i) {
    house.pass(10min);
    REQUIRE(house.state(id) == "offered/awaiting-peer");
    house.last_talk()->sender->on_accepted();
    house.last_talk()->handler->on_ended({Errc::Interrupted, "Connection reset by peer"});
    house.pass(10min);
    REQUIRE(house.state(id) == "offered/awaiting-peer");
    house.last_talk()->handler->on_ended({Errc::PeerCannotStore, "the receiver's disk"});
    house.settle();
  }
  CHECK(house.state(id) == "queued/backoff");
}

}  // namespace disk_trouble_test

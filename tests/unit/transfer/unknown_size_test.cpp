// SPDX-License-Identifier: MIT
//
// Files whose size nobody knows before their end.
#include "transfer/checkpoints.h"
#include "unit/transfer/house.h"

namespace unknown_size_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

Offer offer_of_unknown_size(std::optional<Hash> hash = std::nullopt) {
  auto offer = House::offer_of("notes.txt", 0, kAnn + "/phone", std::move(hash));
  offer.file.size = std::nullopt;
  return offer;
}

/// Bytes come into the file of an open stream.
void write(House& house, Line& line, std::uint64_t bytes) {
  line.progress.bytes = bytes;
  house.disk.inodes[line.file.file->identity.inode].size = line.range.offset + bytes;
}

void end(House& house, const Answer& answer, Line& line, std::uint64_t bytes,
         std::optional<Hash> moved = std::nullopt) {
  write(house, line, bytes);
  house.disk.inodes[line.file.file->identity.inode].whole = true;
  line.handler->on_end(Moved{bytes, std::move(moved)});
  house.settle();
  REQUIRE(answer.talk->delivered);
}

void lose(House& house, Line& line) {
  line.handler->on_end(Error{Errc::Interrupted, "reset"});
  house.settle();
  REQUIRE(house.state(1) == "queued/waiting-peer");
}

}  // namespace

TEST_CASE("unknown size: it is what came before the end of the stream", "[unknown-size]") {
  House house;
  house.start();
  auto answer = house.offered(offer_of_unknown_size());
  CHECK_FALSE(house.job(1).file.size);
  REQUIRE(house.accept(1));
  CHECK(answer->talk->terms->range.offset == 0);
  CHECK(answer->talk->terms->range.open);
  auto line = answer->talk->open();
  house.settle();
  line->progress.bytes = 500;
  house.pass(5s);
  CHECK(house.queue->progress(1).transferred == 500);
  CHECK(house.queue->progress(1).rate > 0);
  CHECK_FALSE(house.queue->progress(1).left);
  end(house, *answer, *line, 777);
  CHECK(house.state(1) == "verifying");
  CHECK(house.queue->progress(1).transferred == 777);
  CHECK_FALSE(house.job(1).file.size);
  answer->talk->receiver->on_declared(std::nullopt);
  house.settle();
  CHECK(house.state(1) == "done");
  CHECK(house.job(1).file.size == 777);
  CHECK(house.job(1).transferred == 777);
}

TEST_CASE("unknown size: a restart before the file has its name does not forget it",
          "[unknown-size]") {
  Disk disk;
  {
    House house(&disk);
    house.start();
    auto answer = house.offered(offer_of_unknown_size());
    REQUIRE(house.accept(1));
    house.files.publish_fails = Errc::FileMissing;
    auto line = answer->talk->open();
    house.settle();
    end(house, *answer, *line, 777);
    answer->talk->receiver->on_declared(std::nullopt);
    house.settle();
    REQUIRE(house.state(1) == "verifying/awaiting-folder");
  }
  House house(&disk);
  house.start();
  REQUIRE(house.state(1) == "done");
  CHECK(house.job(1).file.size == 777);
}

TEST_CASE("unknown size: no rule that has a bound takes it", "[unknown-size]") {
  House house;
  house.config.daily_quota = std::uint64_t{1} << 40;
  house.queue->set_config(house.config);
  const std::uint64_t max_size = GENERATE(0u, 1000u);
  REQUIRE(house.queue->set_rules({rule(kAnn, max_size)}));
  house.start();
  house.offered(offer_of_unknown_size());
  CHECK(house.state(1) == "offered/awaiting-user");
}

TEST_CASE("unknown size: others need not leave room for it", "[unknown-size]") {
  House house;
  house.start();
  auto answer = house.offered(offer_of_unknown_size());
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  house.disk.free = house.config.keep_free + 1000;
  house.offered("other.txt", 1000);
  CHECK(house.accept(2));
}

TEST_CASE("unknown size: what is to stay free stays", "[unknown-size]") {
  House house;
  house.start();
  house.disk.free = house.config.keep_free - 1;
  house.offered(offer_of_unknown_size());
  CHECK(house.accept(1).error().code == Errc::DiskFull);
}

TEST_CASE("unknown size: what came is kept only where a digest will tell the end",
          "[unknown-size]") {
  House house;
  house.start();
  const bool hashed = GENERATE(false, true);
  CAPTURE(hashed);
  const auto hash = Hash{HashAlgo::Md5, "aa"};
  const auto offer = offer_of_unknown_size(hashed ? std::optional(hash) : std::nullopt);
  auto answer = house.offered(offer);
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  write(house, *line, 700);
  lose(house, *line);
  REQUIRE(house.disk.rows[1].durable == 700);
  auto again = house.offered(offer);
  REQUIRE(again->talk);
  CHECK(again->talk->terms->range == ByteRange::up_to(INT64_MAX, hashed ? 700 : 0));
  line = again->talk->open();
  house.settle();
  end(house, *again, *line, 77, hashed ? std::optional(hash) : std::nullopt);
  again->talk->receiver->on_declared(std::nullopt);
  house.settle();
  CHECK(house.state(1) == "done");
  CHECK(house.job(1).file.size == (hashed ? 777 : 77));
}

TEST_CASE("unknown size: the same file comes again when its sender's word was lost",
          "[unknown-size]") {
  House house;
  house.start();
  auto answer = house.offered(offer_of_unknown_size());
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  end(house, *answer, *line, 777);
  answer->talk->receiver->on_ended({Errc::Interrupted, "the sender did not say"});
  house.settle();
  REQUIRE(house.state(1) == "queued/waiting-peer");
  CHECK_FALSE(house.job(1).file.size);
  auto again = house.offered(offer_of_unknown_size());
  CHECK(house.state(1) == "connecting");
  CHECK(again->talk->terms->range == ByteRange::up_to(INT64_MAX));
}

TEST_CASE("unknown size: nothing looks at a file that is synced whole", "[unknown-size]") {
  House house;
  house.start();
  auto offer = House::offer_of("notes.txt", 777);
  if (GENERATE(false, true)) offer.file.size = std::nullopt;
  auto answer = house.offered(offer);
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  end(house, *answer, *line, 777);
  house.pass(Checkpoints::kTime + Checkpoints::kLook);
  house.pass(Checkpoints::kLook);  // the disk has answered by now
  REQUIRE(house.disk.rows[1].durable == 777);
  CHECK(house.timers.next().value_or(1h) > Checkpoints::kLook);
}

}  // namespace unknown_size_test

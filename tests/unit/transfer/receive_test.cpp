// SPDX-License-Identifier: MIT
#include "unit/transfer/house.h"

namespace receive_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

Hash md5(const std::string& hex) { return {HashAlgo::Md5, hex}; }
Hash sha256(const std::string& hex) { return {HashAlgo::Sha256, hex}; }

}  // namespace

TEST_CASE("receive: from offered to done", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered("notes.txt", 1000);
  CHECK(house.state(1) == "offered/awaiting-user");
  CHECK(house.job(1).peer == kAnn + "/phone");
  CHECK_FALSE(answer->talk);
  REQUIRE(house.accept(1));
  REQUIRE(answer->talk);
  CHECK(answer->talk->terms->range == ByteRange{0, 1000});
  CHECK(house.state(1) == "connecting");
  CHECK(house.disk.parts().empty());
  auto line = answer->talk->open("si-ibb", "");
  house.settle();
  CHECK(house.disk.parts().size() == 1);
  CHECK(house.state(1) == "active");
  CHECK(house.job(1).method == "si-ibb");
  house.written(*line, 1000);
  line->handler->on_end(Moved{1000, sha256("aa")});
  house.settle();
  CHECK(house.state(1) == "verifying");
  CHECK(house.disk.names.count("/in/notes.txt") == 0);
  answer->talk->receiver->on_declared(sha256("aa"));
  house.settle();
  CHECK(house.state(1) == "done");
  CHECK(house.disk.names.count("/in/notes.txt") == 1);
  CHECK(house.disk.parts().empty());
  CHECK(house.job(1).path == "/in/notes.txt");
  CHECK(house.job(1).hash_state == HashState::Sha256);
  CHECK(house.job(1).hash == sha256("aa"));
  CHECK(answer->talk->completed);
  CHECK(answer->talk->alive);
  answer->talk->receiver->on_completed();
  house.settle();
  CHECK_FALSE(answer->talk->alive);
}

TEST_CASE("receive: the sender hears of success only after `done` is on disk", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  house.written(*line, 1000);
  line->handler->on_end(Moved{1000, std::nullopt});
  house.settle();
  answer->talk->receiver->on_declared(std::nullopt);
  while (!answer->talk->completed) {
    REQUIRE(house.turns.run_one());
    if (answer->talk->completed) CHECK(house.disk.rows[1].state == JobState::Done);
  }
}

TEST_CASE("receive: each step waits for the commit of the one before", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  house.store.held = true;
  house.queue->accept(1, {}, [](Result<void>) {});
  house.settle();
  CHECK_FALSE(answer->talk);  // the consent is not on disk
  house.store.release();
  house.settle();
  REQUIRE(answer->talk);
  house.store.held = true;
  auto line = answer->talk->open();
  house.settle();
  CHECK(house.disk.parts().size() == 1);
  CHECK(line->handler == nullptr);  // the part's inode is not on disk
  house.store.release();
  house.settle();
  REQUIRE(line->handler != nullptr);
  house.written(*line, 1000);
  line->handler->on_end(Moved{1000, std::nullopt});
  house.settle();
  house.store.held = true;
  answer->talk->receiver->on_declared(std::nullopt);
  house.settle();
  CHECK(house.disk.names.count("/in/notes.txt") == 0);  // `publishing` is not on disk
  house.store.release();
  house.store.held = true;
  while (house.disk.names.count("/in/notes.txt") == 0) {
    house.store.release();
    house.store.held = true;
    REQUIRE(house.turns.run_one());
  }
  house.settle();
  CHECK_FALSE(answer->talk->completed);  // `done` is not on disk
  house.store.release();
  house.settle();
  CHECK(answer->talk->completed);
}

TEST_CASE(
    "receive: the peer is answered once the consent is on disk, its bytes are taken once the "
    "part's inode is",
    "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  house.queue->accept(1, {}, [](Result<void>) {});
  while (!answer->talk) {
    REQUIRE(house.turns.run_one());
    if (answer->talk) CHECK((house.disk.rows[1].accepted && house.disk.rows[1].folder == "/in"));
  }
  auto line = answer->talk->open();
  while (line->handler == nullptr) {
    REQUIRE(house.turns.run_one());
    if (line->handler == nullptr) continue;
    CHECK(house.disk.rows[1].part.inode != 0);
    CHECK_FALSE(house.disk.rows[1].part_name.empty());
  }
}

TEST_CASE("receive: a size that lies is never done (NT2, SI2)", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  SECTION("too short") {
    house.written(*line, 999);
    line->handler->on_end(Moved{999, std::nullopt});
    house.settle();
    CHECK(house.state(1) == "queued/waiting-peer");
  }
  SECTION("too long") {
    line->handler->on_end(Error{Errc::Protocol, "a byte too many"});
    house.settle();
    CHECK(house.state(1) == "failed/protocol");
    CHECK(answer->talk->failed->code == Errc::Protocol);
    CHECK(house.disk.parts().empty());
  }
  CHECK(house.disk.names.count("/in/notes.txt") == 0);
}

TEST_CASE("receive: wrong content is set aside, never published (R2)", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered(House::offer_of("notes.txt", 4, kAnn + "/phone", md5("00")));
  house.bulk.content = "data";
  REQUIRE(house.accept(1));
  SECTION("against the offer, computed on the way") {
    house.deliver(*answer, std::nullopt, md5("11"));
  }
  SECTION("against the offer, computed afterwards") {
    house.deliver(*answer, std::nullopt, sha256("11"));
  }
  SECTION("against the word at the end") { house.deliver(*answer, sha256("22"), md5("00")); }
  SECTION("two words that contradict each other") { house.deliver(*answer, md5("11"), md5("11")); }
  CHECK(house.state(1) == "failed/hash-mismatch");
  CHECK(house.job(1).hash_state == HashState::Mismatch);
  CHECK(house.disk.names.count("/in/notes.txt") == 0);
  CHECK(house.disk.parts().empty());
  CHECK(std::any_of(house.disk.names.begin(), house.disk.names.end(),
                    [](const auto& name) { return name.first.ends_with(".bad"); }));
  CHECK(answer->talk->failed->code == Errc::HashMismatch);
  CHECK_FALSE(answer->talk->completed);
}

TEST_CASE("receive: every hash that anybody gave is compared, reading again where needed",
          "[receive]") {
  House house;
  house.start();
  const auto right = Digest::of(HashAlgo::Md5, view_of("data"));
  auto answer = house.offered(House::offer_of("notes.txt", 4, kAnn + "/phone", right));
  house.bulk.content = "data";
  REQUIRE(house.accept(1));
  house.deliver(*answer, Digest::of(HashAlgo::Sha256, view_of("data")));
  CHECK(house.state(1) == "done");
  CHECK(house.job(1).hash_state == HashState::Sha256);
}

TEST_CASE("receive: without any hash the size is all that was checked, and it says so",
          "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  house.deliver(*answer);
  CHECK(house.job(1).hash_state == HashState::SizeOnly);
}

TEST_CASE("receive: the session may go while the file is put in place", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  house.written(*line, 1000);
  line->handler->on_end(Moved{1000, std::nullopt});
  house.settle();
  answer->talk->receiver->on_declared(std::nullopt);
  answer->talk->handler->on_ended({Errc::NotOnline, "stream closed"});
  house.settle();
  CHECK(house.state(1) == "done");
}

TEST_CASE("receive: the terms carry what the policy says about addresses", "[receive]") {
  House house;
  house.start();
  house.account().peer_trust = {true, false, false, true, false};
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  CHECK_FALSE(answer->talk->terms->direct_allowed);
  CHECK(answer->talk->terms->own_proxy_only);
  CHECK_FALSE(answer->talk->terms->streams_allowed);
}

TEST_CASE("receive: the empty file", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered("empty", 0);
  REQUIRE(house.accept(1));
  house.deliver(*answer);
  CHECK(house.state(1) == "done");
  CHECK(house.job(1).path == "/in/empty");
}

}  // namespace receive_test

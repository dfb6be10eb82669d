// SPDX-License-Identifier: MIT
// Our own system is short of descriptors, memory or the like: jobs wait until it is not, and are
// done then.
#include "transfer/open_offers.h"
#include "unit/transfer/house.h"

namespace shortage_test {

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE(
    "shortage: a file that cannot be opened just now is sent later, and the wait is not charged",
    "[shortage]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::PeerOffline;
  const auto id = house.send("/src/a");
  REQUIRE(house.state(id) == "queued/waiting-peer");
  house.files.unreadable["/src/a"] = Errc::Unavailable;
  house.account().no_way.clear();
  house.queue->peer_changed(1, jid(kAnn));
  house.settle();
  CHECK(house.state(id) == "queued/backoff");
  CHECK(house.job(id).error_name == "Io");
  CHECK(house.job(id).error_detail == "/src/a: the test says no");
  SECTION("hours later") {
    for (int i = 0; i < 100; ++i) house.pass(3min);
    CHECK(house.state(id) == "queued/backoff");
    CHECK(house.job(id).attempt == 0);
    CHECK(house.files.opens < 100);  // it is not tried all the time
    house.files.unreadable.clear();
    house.pass(15min);
    REQUIRE(house.state(id) == "offered/awaiting-peer");
    CHECK(house.job(id).attempt == 1);
    house.deliver(house.last_talk());
    CHECK(house.state(id) == "done");
  }
  SECTION("after a week it is told as what it is") {
    for (int i = 0; i < 24 * 7 * 7; ++i) house.pass(10min);
    CHECK(house.state(id) == "failed/io");
    CHECK(house.job(id).error_detail == "/src/a: the test says no");
  }
}

TEST_CASE("shortage: an attempt that ended for it is not charged", "[shortage]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  house.last_talk()->handler->on_ended({Errc::Unavailable, "no socket was left"});
  house.settle();
  CHECK(house.state(id) == "queued/backoff");
  CHECK(house.job(id).attempt == 0);
  CHECK(house.job(id).error_detail == "no socket was left");
  house.pass(1s);
  CHECK(house.state(id) == "offered/awaiting-peer");
}

TEST_CASE("shortage: an attempt that the peer accepted is tried again later and later",
          "[shortage]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  std::size_t tries = 0;
  for (int minute = 0; minute < 60; ++minute) {
    if (house.state(id) == "offered/awaiting-peer") {
      ++tries;
      CHECK(house.job(id).attempt == 1);  // this one, and none of those before it
      house.last_talk()->sender->on_accepted();
      house.settle();
      house.last_talk()->handler->on_ended({Errc::Unavailable, "no socket was left"});
    }
    for (int second = 0; second < 60; ++second) house.pass(1s);
  }
  CHECK(tries > 3);
  CHECK(house.negotiator().talks.size() < 20);
}

TEST_CASE("shortage: a sender whose stream is open waits for the part file", "[shortage]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  house.files.create_fails = Errc::Unavailable;
  auto line = answer->talk->open();
  for (int i = 0; i < 20; ++i) house.pass(1s);
  CHECK(house.state(1) == "connecting");
  CHECK(house.job(1).error_detail == "/in: the test says no");
  CHECK_FALSE(answer->talk->failed);
  house.files.create_fails.reset();
  house.pass(1s);
  CHECK(house.state(1) == "active");
  CHECK(house.job(1).error_detail.empty());
  house.written(*line, line->range.length);
  line->handler->on_end(Moved{line->range.length, std::nullopt});
  house.settle();
  answer->talk->receiver->on_declared(std::nullopt);
  house.settle();
  CHECK(house.state(1) == "done");
}

TEST_CASE("shortage: what a rule takes waits for its place", "[shortage]") {
  House house;
  house.start();
  house.config.daily_quota = 2500;
  house.queue->set_config(house.config);
  REQUIRE(house.queue->set_rules({rule(kAnn)}));
  house.files.place_fails = Errc::Unavailable;
  auto first = house.offered("a", 1000);
  CHECK(house.state(1) == "offered/waiting-slot");
  CHECK(house.job(1).error_detail == "/in: the test says no");
  auto second = house.offered("b", 1000);
  CHECK(house.state(2) == "offered/waiting-slot");
  CHECK(house.files.places_checked == 1);  // another one would fare no better
  for (int i = 0; i < 10; ++i) house.pass(5s);
  CHECK(house.files.places_checked <= 12);
  CHECK_FALSE(first->declined);
  CHECK_FALSE(second->declined);
  SECTION("until there is something left") {
    house.files.place_fails.reset();
    house.pass(5s);
    REQUIRE(first->talk);
    REQUIRE(second->talk);
    house.deliver(*first);
    CHECK(house.state(1) == "done");
    CHECK(house.job(1).error_detail.empty());
    CHECK_FALSE(house.offered("c", 1000)
                    ->talk);  // the tries used up nothing of the day's bytes, these two did
  }
  SECTION("or the rules take no more of this address today: the user is asked") {
    house.config.daily_quota = 1500;
    house.queue->set_config(house.config);
    house.files.place_fails.reset();
    house.pass(5s);
    CHECK(first->talk);
    CHECK(house.state(2) == "offered/awaiting-user");
    CHECK(house.job(2).error_detail.empty());
    CHECK(house.accept(2));
    CHECK(second->talk);
  }
  SECTION("or their rule goes: the user is asked") {
    REQUIRE(house.queue->set_rules({}));
    house.files.place_fails.reset();
    house.pass(5s);
    CHECK(house.state(1) == "offered/awaiting-user");
    CHECK(house.state(2) == "offered/awaiting-user");
    CHECK_FALSE(first->declined);
    // Nobody wants it any more: as if no rule ever had.
    CHECK_FALSE(house.job(1).accepted);
    CHECK(house.job(1).folder.empty());
    CHECK(actions_of(house.job(1)).front() == "accept");
    house.pass(10min);
    CHECK(house.state(1) == "cancelled/expired");
  }
  SECTION("or the offer expires: \"not now\"") {
    for (int i = 0; i < 120; ++i) house.pass(5s);
    CHECK(house.state(1) == "cancelled/expired");
    CHECK(house.job(1).error_detail == "/in: the test says no");
    CHECK(first->declined->code == Errc::Constraint);
    const int tried = house.files.places_checked;
    house.pass(1h);
    CHECK(house.files.places_checked == tried);
  }
}

TEST_CASE("shortage: a folder whose file server is away holds up no other one", "[shortage]") {
  House house;
  house.start();
  auto elsewhere = rule(kBob);
  elsewhere.folder = "/elsewhere";
  REQUIRE(house.queue->set_rules({rule(kAnn), elsewhere}));
  house.files.place_fails = Errc::Unavailable;
  auto first = house.offered("a", 1000);
  REQUIRE(house.state(1) == "offered/waiting-slot");
  house.files.place_fails.reset();
  CHECK(house.offered(House::offer_of("b", 1000, kBob + "/x"))->talk);
  CHECK_FALSE(first->talk);
  house.pass(5s);
  CHECK(first->talk);
}

TEST_CASE("shortage: offers that wait for better times are bounded", "[shortage]") {
  House house;
  house.start();
  REQUIRE(house.queue->set_rules({rule(kAnn)}));
  house.files.place_fails = Errc::Unavailable;
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 200; ++i) answers.push_back(house.offered("f" + std::to_string(i), 10));
  CHECK(house.queue->select({}).size() == house.config.max_pending_per_peer);
  CHECK(answers.back()->declined->code == Errc::Constraint);
}

TEST_CASE("shortage: the user who accepts hears of it, and the offer stays open", "[shortage]") {
  House house;
  house.start();
  auto answer = house.offered();
  house.files.place_fails = Errc::Unavailable;
  const auto how = house.accept(1);
  REQUIRE_FALSE(how);
  CHECK(how.error().code == Errc::Unavailable);
  CHECK(house.state(1) == "offered/awaiting-user");
  house.files.place_fails.reset();
  CHECK(house.accept(1));
  CHECK(answer->talk);
}

TEST_CASE("shortage: a complete file is put in place later", "[shortage]") {
  Disk disk;
  {
    House house(&disk);
    house.start();
    auto answer = house.offered();
    REQUIRE(house.accept(1));
    house.files.publish_fails = Errc::Unavailable;
    house.deliver(*answer);
    CHECK(house.state(1) == "verifying/awaiting-folder");
    if (GENERATE(true, false)) {
      house.files.publish_fails.reset();
      house.pass(10s);
      CHECK(house.state(1) == "done");
      return;
    }
  }
  House again(&disk);  // and after a restart, too
  again.files.find_fails = Errc::Unavailable;
  again.start();
  again.pass(1min);
  CHECK(again.state(1) == "verifying");
  CHECK_FALSE(again.job(1).error_detail.empty());  // it says what it waits for,
  CHECK(actions_of(again.job(1)).empty());
  auto other = again.offered("other", 1000);
  again.disk.free = 1000 + again.config.keep_free;  // and needs no room: its bytes are there
  CHECK(again.accept(2));
  CHECK(again.cancel(1).error().code == Errc::BadState);  // it may be under its name already
  again.files.find_fails.reset();
  again.pass(10s);
  CHECK(again.state(1) == "done");
}

}  // namespace shortage_test

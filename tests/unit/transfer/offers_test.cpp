// SPDX-License-Identifier: MIT
#include "unit/transfer/house.h"

namespace offers_test {

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE("offers: declined by the user", "[offers]") {
  House house;
  house.start();
  auto answer = house.offered();
  CHECK(house.decline(1));
  CHECK(answer->declined->code == Errc::Declined);
  CHECK(house.state(1) == "cancelled/refused");
  CHECK(house.decline(1).error().code == Errc::BadState);
  CHECK(house.accept(1).error().code == Errc::BadState);
}

TEST_CASE("offers: the story of one that waits begins with that", "[offers]") {
  House house;
  house.start();
  auto answer = house.offered();
  const auto& story = house.disk.stories[1];
  REQUIRE(story.size() == 1);
  CHECK(story[0].what == "waiting");
  CHECK(story[0].detail == "for the user, 10 min at most");
}

TEST_CASE("offers: expire after ten minutes", "[offers]") {
  House house;
  house.start();
  auto answer = house.offered();
  house.pass(10min - 1ms);
  CHECK_FALSE(answer->declined);
  house.pass(1ms);
  CHECK(answer->declined->code == Errc::Timeout);
  CHECK(house.state(1) == "cancelled/expired");
}

TEST_CASE("offers: withdrawn when they can no longer be answered", "[offers]") {
  House house;
  house.start();
  house.offered();
  SECTION("our session went") {
    house.account().is_online = false;
    house.queue->account_changed(1);
  }
  SECTION("the peer went") { house.queue->peer_gone(1, jid(kAnn + "/phone")); }
  house.settle();
  CHECK(house.state(1) == "cancelled/withdrawn");
}

TEST_CASE("offers: one that outlives its session stays until it is answered", "[offers]") {
  House house;
  house.start();
  auto offer = House::offer_of("notes.txt", 1000);
  offer.outlives_session = true;
  auto answer = house.offered(offer);
  house.account().is_online = false;
  house.queue->account_changed(1);
  house.queue->peer_gone(1, jid(kAnn + "/phone"));
  house.settle();
  CHECK(house.state(1) == "offered/awaiting-user");
  CHECK(house.accept(1));
  CHECK(answer->talk);
}

TEST_CASE("offers: another resource going changes nothing", "[offers]") {
  House house;
  house.start();
  house.offered();
  house.queue->peer_gone(1, jid(kAnn + "/laptop"));
  house.settle();
  CHECK(house.state(1) == "offered/awaiting-user");
}

TEST_CASE("offers: at most ten wait for one peer, a hundred in all (SI3)", "[offers]") {
  House house;
  house.start();
  for (int i = 0; i < 10; ++i) {
    const auto from = kAnn + (i % 2 == 0 ? "/phone" : "/laptop");
    CHECK_FALSE(house.offered(House::offer_of("f" + std::to_string(i), 1, from))->declined);
  }
  auto surplus = house.offered(House::offer_of("one more", 1, kAnn + "/third"));
  REQUIRE(surplus->declined);
  CHECK(surplus->declined->code == Errc::Constraint);
  CHECK(house.queue->newest() == 10);  // no row for it
  for (int peer = 0; peer < 9; ++peer)
    for (int i = 0; i < 10; ++i) {
      const auto from = "peer" + std::to_string(peer) + "@example.org/x";
      CHECK_FALSE(house.offered(House::offer_of("f" + std::to_string(i), 1, from))->declined);
    }
  CHECK(house.offered(House::offer_of("x", 1, kBob + "/phone"))->declined);
  CHECK(house.decline(1));
  CHECK_FALSE(house.offered(House::offer_of("x", 1, kBob + "/phone"))->declined);
}

TEST_CASE("offers: from room occupants are refused (ST8)", "[offers]") {
  House house;
  house.start();
  house.account().peer_trust.room_occupant = true;
  auto answer = house.offered();
  CHECK(answer->declined->code == Errc::Policy);
  CHECK(house.queue->newest() == 0);
}

TEST_CASE("offers: a rule accepts without asking, into its folder", "[offers]") {
  House house;
  house.start();
  auto one = rule(kAnn, 1000);
  one.folder = "/ann";
  REQUIRE(house.queue->set_rules({one}));
  auto answer = house.offered("notes.txt", 1000);
  REQUIRE(answer->talk);
  house.deliver(*answer);
  CHECK(house.job(1).path == "/ann/notes.txt");
  const auto story = house.story(1);
  CHECK(std::find(story.begin(), story.end(), "offered/awaiting-user") ==
        story.end());  // nobody is bothered
  CHECK_FALSE(house.offered("big.txt", 1001)->talk);
}

TEST_CASE("offers: a bad rule changes nothing", "[offers]") {
  House house;
  house.start();
  REQUIRE(house.queue->set_rules({rule(kAnn)}));
  CHECK_FALSE(house.queue->set_rules({rule("*")}));
  REQUIRE(house.queue->rules().size() == 1);
  CHECK(house.queue->rules()[0].from == kAnn);
}

TEST_CASE("offers: where a rule's folder is missing the user is asked", "[offers]") {
  House house;
  house.start();
  REQUIRE(house.queue->set_rules({rule(kAnn)}));
  house.files.place_fails = Errc::FileMissing;
  auto answer = house.offered();
  CHECK_FALSE(answer->declined);
  CHECK(house.state(1) == "offered/awaiting-user");
  house.files.place_fails.reset();
  CHECK(house.accept(1));
}

TEST_CASE("offers: where a rule may not rename and the name is taken, the user is asked",
          "[offers]") {
  House house;
  house.start();
  house.disk.add("/in/notes.txt", 5);
  auto one = rule(kAnn);
  SECTION("by its own word") { one.on_exists = "fail"; }
  SECTION("by the configuration's") {
    house.config.on_exists = "fail";
    house.queue->set_config(house.config);
  }
  REQUIRE(house.queue->set_rules({one}));
  auto answer = house.offered();
  CHECK_FALSE(answer->declined);
  CHECK(house.state(1) == "offered/awaiting-user");
  AcceptOptions options;
  options.on_exists = "rename";
  CHECK(house.accept(1, options));
}

TEST_CASE("offers: a rule whose job cannot be written lets the sender try later", "[offers]") {
  House house;
  house.start();
  REQUIRE(house.queue->set_rules({rule(kAnn)}));
  house.store.fails = Errc::DiskFull;
  auto answer = house.offered();
  CHECK(answer->declined->code == Errc::Constraint);
  CHECK(house.queue->select({}).empty());
  house.store.fails.reset();
  CHECK(house.offered()->talk);
}

TEST_CASE("offers: rules accept a bounded number of bytes a day from one address (SI5)",
          "[offers]") {
  House house;
  house.config.daily_quota = 2500;
  house.queue->set_config(house.config);
  house.start();
  REQUIRE(house.queue->set_rules({rule(kAnn), rule(kBob)}));
  CHECK(house.offered("a", 1000)->talk);
  CHECK(house.offered("b", 1000)->talk);
  CHECK_FALSE(house.offered("c", 1000)->talk);
  CHECK(house.state(3) == "offered/awaiting-user");
  CHECK(house.offered(House::offer_of("a", 2000, kBob + "/x"))->talk);
  house.pass(24h);
  CHECK(house.offered("d", 1000)->talk);
}

TEST_CASE("offers: nothing is taken while the journal cannot be written", "[offers]") {
  House house;
  house.start();
  house.store.fails = Errc::DiskFull;
  auto first = house.offered("a");
  CHECK(house.queue->degraded());
  auto second = house.offered("b");
  CHECK(second->declined->code == Errc::Constraint);
  CHECK(house.queue->find(1) == nullptr);
  house.store.fails.reset();
  house.pass(5s);
  CHECK(house.state(1) == "offered/awaiting-user");
}

TEST_CASE("offers: the same offer again asks nobody twice", "[offers]") {
  House house;
  house.start();
  auto first = house.offered();
  auto second = house.offered();
  CHECK(first->declined->code == Errc::Constraint);  // were it another file, it would come again
  CHECK(house.queue->newest() == 1);
  REQUIRE(house.accept(1));
  CHECK(second->talk);
}

TEST_CASE("offers: who is known (ST5)", "[offers]") {
  House house;
  house.start();
  CHECK_FALSE(house.queue->knows(1, jid(kAnn + "/x")));
  SECTION("recipient of a live job") {
    const auto id = house.send("/src/a");
    CHECK(house.queue->knows(1, jid(kAnn + "/x")));
    CHECK_FALSE(house.queue->knows(2, jid(kAnn + "/x")));
    CHECK(house.cancel(id));
    CHECK_FALSE(house.queue->knows(1, jid(kAnn + "/x")));
  }
  SECTION("named by a rule") {
    REQUIRE(house.queue->set_rules({rule(kAnn)}));
    CHECK(house.queue->knows(1, jid(kAnn + "/x")));
  }
  SECTION("a wildcard names nobody") {
    REQUIRE(house.queue->set_rules({rule("*", 1)}));
    CHECK_FALSE(house.queue->knows(1, jid(kAnn + "/x")));
  }
}

}  // namespace offers_test

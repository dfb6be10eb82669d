// SPDX-License-Identifier: MIT
// What one contact, or a crowd of them, can make us hold, ask and remember.
#include "transfer/open_offers.h"
#include "unit/transfer/house.h"

namespace bounds_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

Offer numbered(int number, const std::string& from = kAnn + "/phone") {
  return House::offer_of("f" + std::to_string(number), 10, from);
}

std::size_t count(const House& house, const std::string& state) {
  std::size_t number = 0;
  for (const JobId id : house.queue->select({})) number += house.state(id) == state;
  return number;
}

}  // namespace

TEST_CASE(
    "bounds: rules accept so many files of one peer at a time, some more wait, the rest comes "
    "later",
    "[bounds]") {
  House house;
  house.start();
  REQUIRE(house.queue->set_rules({rule(kAnn), rule(kBob)}));
  constexpr int kTaken = IncomingJobs::kByRulesPerPeer;
  const int waiting = static_cast<int>(house.config.max_pending_per_peer);
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 500; ++i) answers.push_back(house.offered(numbered(i)));
  CHECK(count(house, "connecting") == kTaken);
  CHECK(count(house, "offered/waiting-slot") == static_cast<std::size_t>(waiting));
  CHECK(house.queue->select({}).size() == static_cast<std::size_t>(kTaken + waiting));
  for (int i = kTaken + waiting; i < 500; ++i)
    CHECK(answers[static_cast<std::size_t>(i)]->declined->code == Errc::Constraint);
  CHECK(
      house.disk.parts().empty());  // whoever opens no stream costs neither a file nor a descriptor
  SECTION("nobody else is held up") {
    CHECK(house.offered(numbered(1, kBob + "/x"))->talk);
    CHECK(house.state(house.send("/src/a", kBob)) == "offered/awaiting-peer");
  }
  SECTION("each that goes lets the oldest waiting one in") {
    const auto next = answers[static_cast<std::size_t>(kTaken)];
    CHECK_FALSE(next->talk);
    SECTION("it is done") {
      house.deliver(*answers[0]);
      answers[0]->talk->receiver->on_completed();
    }
    SECTION("it failed") { answers[0]->talk->handler->on_ended({Errc::Protocol, "nonsense"}); }
    SECTION("its stream is lost") {
      answers[0]->talk->handler->on_ended({Errc::Interrupted, "gone"});
    }
    SECTION("it is cancelled") { CHECK(house.cancel(1)); }
    house.settle();
    CHECK(next->talk);
    CHECK_FALSE(answers[static_cast<std::size_t>(kTaken) + 1]->talk);
  }
  SECTION("the user may take one all the same") {
    CHECK(house.accept(kTaken + 1));
    CHECK(answers[static_cast<std::size_t>(kTaken)]->talk);
  }
  SECTION("what waits too long may come again later: that is no \"no\"") {
    house.pass(10min);
    CHECK(count(house, "cancelled/expired") == static_cast<std::size_t>(waiting));
    CHECK(answers[static_cast<std::size_t>(kTaken)]->declined->code == Errc::Constraint);
  }
}

TEST_CASE("bounds: rules accept so many files in all", "[bounds]") {
  House house;
  house.start();
  std::vector<AcceptRule> rules;
  for (int peer = 0; peer < 20; ++peer)
    rules.push_back(rule("p" + std::to_string(peer) + "@example.org"));
  REQUIRE(house.queue->set_rules(rules));
  for (int peer = 0; peer < 20; ++peer)
    for (int i = 0; i < 30; ++i)
      house.offered(numbered(i, "p" + std::to_string(peer) + "@example.org/x"));
  CHECK(count(house, "connecting") == IncomingJobs::kByRules);
  CHECK(count(house, "offered/waiting-slot") == house.config.max_pending);
  CHECK(house.queue->select({}).size() <= 300);
}

TEST_CASE("bounds: streams that were lost are remembered for so many files of one peer",
          "[bounds]") {
  House house;
  house.start();
  REQUIRE(house.queue->set_rules({rule(kAnn)}));
  constexpr int kAwaited = IncomingJobs::kAwaitedPerPeer;
  for (int i = 0; i < kAwaited + 10; ++i) {
    auto answer = house.offered(numbered(i));
    REQUIRE(answer->talk);
    answer->talk->open();
    house.settle();
    answer->talk->handler->on_ended({Errc::Interrupted, "gone"});
    house.settle();
  }
  CHECK(count(house, "queued/waiting-peer") == kAwaited);
  CHECK(house.state(1) == "failed/interrupted");
  CHECK(house.state(11) == "queued/waiting-peer");
}

TEST_CASE("bounds: where a rule's folder cannot be used, no more questions come than otherwise",
          "[bounds]") {
  House house;
  house.start();
  REQUIRE(house.queue->set_rules({rule(kAnn)}));
  house.files.place_fails = GENERATE(Errc::FileMissing, Errc::UnsafeFolder);
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 250; ++i) answers.push_back(house.offered(numbered(i)));
  CHECK(count(house, "offered/awaiting-user") == house.config.max_pending_per_peer);
  CHECK(house.queue->select({}).size() ==
        house.config.max_pending_per_peer);  // no rows of the others either
  CHECK(answers.back()->declined->code == Errc::Constraint);
}

TEST_CASE("bounds: a rule whose folder is back is followed when the sender offers again",
          "[bounds]") {
  House house;
  house.start();
  REQUIRE(house.queue->set_rules({rule(kAnn)}));
  house.files.place_fails = Errc::FileMissing;
  auto first = house.offered();
  REQUIRE(house.state(1) == "offered/awaiting-user");
  auto second = house.offered();
  CHECK(house.state(1) == "offered/awaiting-user");  // still away
  house.files.place_fails.reset();
  auto third = house.offered();
  CHECK(third->talk);
  CHECK(house.queue->newest() == 1);
  house.deliver(*third);
  CHECK(house.state(1) == "done");
}

TEST_CASE("bounds: whoever is declined asks ten times, and then once a minute", "[bounds]") {
  House house;
  house.start();
  for (int i = 0; i < 10; ++i) {
    house.offered(numbered(i));
    CHECK(house.decline(house.queue->newest()));
  }
  for (int i = 10; i < 20; ++i)
    CHECK(house.offered(numbered(i))->declined->code == Errc::Constraint);
  CHECK(house.queue->newest() == 10);
  CHECK_FALSE(house.offered(numbered(1, kBob + "/x"))->declined);  // it is not everybody's fault
  house.pass(1min);
  CHECK_FALSE(house.offered(numbered(20))->declined);
  CHECK(house.offered(numbered(21))->declined);
}

TEST_CASE("bounds: offers that are taken back at once are questions too", "[bounds]") {
  House house;
  house.start();
  for (int i = 0; i < 30; ++i) {
    auto offer = numbered(i);
    offer.sid = "s" + std::to_string(i);
    house.offered(offer);
    house.queue->on_withdrawn(1, {offer.peer, offer.sid, false});
    house.settle();
  }
  CHECK(house.queue->newest() == 10);
}

TEST_CASE("bounds: whose files are taken may ask as often as it likes", "[bounds]") {
  House house;
  house.start();
  for (int i = 0; i < 50; ++i) {
    auto answer = house.offered(numbered(i));
    REQUIRE(house.accept(house.queue->newest()));
    house.deliver(*answer);
    answer->talk->receiver->on_completed();
    house.settle();
  }
  CHECK(count(house, "done") == 50);
}

}  // namespace bounds_test

// SPDX-License-Identifier: MIT
// What holds for every job, whatever it goes through. That nothing is told before it is on disk is
// checked by House in every test.
#include "unit/transfer/house.h"

namespace invariants_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

/// Does the verb succeed just when `actions_of` lists it?
void check_action(House& house, JobId id, const Verb& verb) {
  const auto listed = actions_of(house.job(id));
  INFO(house.state(id) << ": " << verb.word);
  const bool may = std::find(listed.begin(), listed.end(), verb.word) != listed.end();
  const auto done = house.ask([&](auto told) { house.queue->act(verb, id, std::move(told)); });
  CHECK(done.ok() == may);
  if (!done) CHECK(done.error().code == Errc::BadState);
}

/// Each row of the table: the test goes through once for each.
const Verb& any_verb() { return all_verbs()[GENERATE(range<std::size_t>(0, all_verbs().size()))]; }

}  // namespace

TEST_CASE("invariant: actions are the verbs that succeed, outgoing", "[invariants]") {
  const Verb& verb = any_verb();
  House house;
  house.start();
  const auto id = house.send("/src/a");
  auto talk = house.last_talk();
  SECTION("offered") {}
  SECTION("connecting") { talk->sender->on_accepted(); }
  SECTION("active") { talk->open(); }
  SECTION("verifying") { talk->open()->handler->on_end(Moved{1000, std::nullopt}); }
  SECTION("backoff") { talk->handler->on_ended({Errc::Timeout, ""}); }
  SECTION("failed") { talk->handler->on_ended({Errc::Declined, ""}); }
  SECTION("done") { house.deliver(talk); }
  house.settle();
  check_action(house, id, verb);
}

TEST_CASE("invariant: actions are the verbs that succeed, incoming", "[invariants]") {
  const Verb& verb = any_verb();
  House house;
  house.start();
  auto answer = house.offered();
  const JobId id = house.queue->newest();
  SECTION("offered") {}
  SECTION("connecting") { REQUIRE(house.accept(id)); }
  SECTION("active") {
    REQUIRE(house.accept(id));
    answer->talk->open();
  }
  SECTION("lost") {
    REQUIRE(house.accept(id));
    answer->talk->handler->on_ended({Errc::Interrupted, ""});
  }
  SECTION("awaiting its folder") {
    REQUIRE(house.accept(id));
    house.files.publish_fails = Errc::FileMissing;
    house.deliver(*answer);
    house.pass(1min);
    REQUIRE(house.job(id).publishing);
  }
  SECTION("done") {
    REQUIRE(house.accept(id));
    house.deliver(*answer);
  }
  house.settle();
  check_action(house, id, verb);
}

TEST_CASE("invariant: no action is told while the file is being put in place", "[invariants]") {
  const Verb& verb = any_verb();
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
  while (!house.job(1).publishing) REQUIRE(house.turns.run_one());
  CHECK(actions_of(house.job(1)).empty());
  check_action(house, 1, verb);
}

TEST_CASE("invariant: one terminal state, told once", "[invariants]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  auto talk = house.last_talk();
  auto line = talk->open();
  house.settle();
  // Everything at once: the stream ends, the user cancels, and the journal is slow.
  line->handler->on_end(Moved{1000, std::nullopt});
  talk->sender->on_completed(Delivery::Confirmed, std::nullopt);
  const auto cancelled = house.cancel(id);
  CHECK_FALSE(cancelled);
  house.pass(1h);
  const auto story = house.story(id);
  CHECK(std::count(story.begin(), story.end(), "done") == 1);
  CHECK(story.back() == "done");
}

TEST_CASE("invariant: removing takes an ended job off the list, also from the disk",
          "[invariants]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  house.deliver(*answer);
  // The goodbye to the sender is still under way.
  CHECK(house.remove(1));
  CHECK_FALSE(answer->talk->alive);
  CHECK(house.queue->find(1) == nullptr);
  CHECK(house.disk.rows.empty());
  CHECK(house.disk.names.count("/in/notes.txt") == 1);  // the file stays
  CHECK(house.story(1).back() == "removed");
}

TEST_CASE("invariant: a removed job does not come back by a late write", "[invariants]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  answer->talk->handler->on_ended({Errc::Cancelled, "bye"});
  // Ended, but its bytes are still being removed, which ends in a write of its row.
  std::optional<Result<void>> removed;
  while (house.queue->find(1)->state != JobState::Cancelled) REQUIRE(house.turns.run_one());
  house.queue->act(kRemove, 1, [&](Result<void> how) { removed = how; });
  house.settle();
  REQUIRE(removed);
  CHECK(*removed);
  CHECK(house.disk.rows.empty());
}

TEST_CASE("invariant: every change has a generation of its own", "[invariants]") {
  House house;
  house.start();
  auto last = house.queue->generation();
  house.send("/src/a");
  CHECK(house.queue->generation() > last);
  last = house.queue->generation();
  house.deliver(house.last_talk());
  CHECK(house.queue->generation() >= last + 4);
}

TEST_CASE("invariant: destroying the queue in the middle touches no record", "[invariants]") {
  Disk disk;
  auto house = std::make_unique<House>(&disk);
  house->start();
  house->send("/src/a");
  auto answer = house->offered();
  REQUIRE(house->accept(2));
  house->last_talk()->open();
  answer->talk->open();
  house->settle();
  const auto before = disk.rows.size();
  house->queue.reset();
  house->settle();  // late answers find nobody
  CHECK(disk.rows.size() == before);
  CHECK(disk.rows[1].state == JobState::Active);
  CHECK(disk.rows[2].state == JobState::Active);
}

TEST_CASE("invariant: an observer that leaves hears nothing more", "[invariants]") {
  House house;
  house.start();
  house.queue->remove_observer(house);
  house.send("/src/a");
  CHECK(house.told.empty());
}

}  // namespace invariants_test

// SPDX-License-Identifier: MIT
// Somebody gives an incoming file up.
#include "unit/transfer/house.h"

namespace receive_cancel_test {

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE("receive: cancel stops it, tells the sender and removes the bytes", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  std::string expected = "cancelled/user";
  SECTION("offered: that is declining") { expected = "cancelled/refused"; }
  SECTION("connecting") { REQUIRE(house.accept(1)); }
  SECTION("active") {
    REQUIRE(house.accept(1));
    answer->talk->open();
  }
  SECTION("lost") {
    REQUIRE(house.accept(1));
    answer->talk->handler->on_ended({Errc::Interrupted, "gone"});
  }
  house.settle();
  CHECK(house.cancel(1));
  CHECK(house.state(1) == expected);
  CHECK(house.disk.parts().empty());
  CHECK(house.job(1).part_name.empty());
  if (answer->talk)
    CHECK_FALSE(answer->talk->alive);
  else
    CHECK(answer->declined);
}

TEST_CASE("receive: cancel while the part file is being made", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  answer->talk->open();
  const int steps = GENERATE(0, 1, 2, 3);
  for (int i = 0; i < steps; ++i) house.turns.run_one();
  CHECK(house.cancel(1));
  CHECK(house.state(1) == "cancelled/user");
  house.settle();
  CHECK(house.disk.parts().empty());
  CHECK(house.job(1).part_name.empty());
  CHECK_FALSE(answer->talk->alive);
}

TEST_CASE("receive: the stream that is lost at once does not cost the user an answer",
          "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  std::optional<Result<void>> accepted;
  house.queue->accept(1, {}, [&](Result<void> how) { accepted = std::move(how); });
  while (!answer->talk) REQUIRE(house.turns.run_one());
  answer->talk->handler->on_ended({Errc::Interrupted, "gone"});
  house.settle();
  REQUIRE(accepted);
  CHECK(*accepted);
  CHECK(house.state(1) == "queued/waiting-peer");
}

TEST_CASE("receive: cancel while the place is being looked at", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  std::optional<Result<void>> accepted;
  house.queue->accept(1, {}, [&](Result<void> how) { accepted = how; });
  const int steps = GENERATE(0, 1);
  for (int i = 0; i < steps; ++i) house.turns.run_one();
  CHECK(house.cancel(1));
  REQUIRE(accepted);
  CHECK(accepted->error().code == Errc::BadState);
  CHECK(is_terminal(house.job(1).state));
  CHECK(house.disk.parts().empty());
  CHECK_FALSE(answer->talk);
  CHECK(answer->dropped);
}

TEST_CASE("receive: too late to cancel once the file is being put in place", "[receive]") {
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
  while (!house.disk.rows[1].publishing) REQUIRE(house.turns.run_one());
  std::optional<Result<void>> cancelled;
  house.queue->act(kCancel, 1, [&](Result<void> how) { cancelled = how; });
  house.settle();
  CHECK(cancelled->error().code == Errc::BadState);
  CHECK(house.state(1) == "done");
}

TEST_CASE("receive: the peer's goodbye in the middle cancels it", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  answer->talk->handler->on_ended({Errc::Cancelled, "the peer closed the stream"});
  house.settle();
  CHECK(house.state(1) == "cancelled/peer");
  CHECK(house.disk.parts().empty());
}

namespace {

/// A rule takes Ann's file, and the user stops it in the middle.
std::shared_ptr<Answer> cancelled_on_the_way(House& house, const Offer& offer) {
  AcceptRule rule;
  rule.from = kAnn;
  REQUIRE(house.queue->set_rules({rule}));
  auto answer = house.offered(offer);
  answer->talk->open();
  house.settle();
  REQUIRE(house.cancel(1));
  return answer;
}

/// So many minutes ago.
void date_back(JobRecord& record, std::chrono::minutes by) {
  record.unaware_since -= by;
  record.finished_at -= by;
}

}  // namespace

TEST_CASE("receive: what the user cancelled is not taken when its sender offers it again",
          "[receive]") {
  House house;
  house.start();
  auto offer = House::offer_of("notes.txt", 1000);
  SECTION("from another resource, with the same date") { offer.peer = jid(kAnn + "/laptop"); }
  SECTION("at once, without hash or date") { offer.file.modified.reset(); }
  cancelled_on_the_way(house, offer);
  offer.peer = jid(kAnn + "/phone");
  auto again = house.offered(offer);
  REQUIRE(again->declined);
  CHECK(again->declined->code == Errc::Cancelled);
  CHECK(house.queue->newest() == 1);
  CHECK(house.state(1) == "cancelled/user");
  // Its sender knows now, so that it means what it offers after that.
  CHECK(house.offered(offer)->talk);
  CHECK(house.state(2) == "connecting");
}

TEST_CASE(
    "receive: a cancelled file that a client offers again which never does so by itself is a new "
    "offer",
    "[receive]") {
  House house;
  house.start();
  auto offer = House::offer_of("notes.txt", 1000);
  offer.can_confirm = false;
  cancelled_on_the_way(house, offer);
  CHECK(house.offered(offer)->talk);
  CHECK(house.state(2) == "connecting");
}

TEST_CASE("receive: only what was cancelled is refused", "[receive]") {
  House house;
  house.start();
  cancelled_on_the_way(house, House::offer_of("notes.txt", 1000));
  SECTION("not another file") { CHECK(house.offered(House::offer_of("notes.txt", 1001))->talk); }
  SECTION("not another one's file") {
    CHECK_FALSE(house.offered(House::offer_of("notes.txt", 1000, kBob + "/phone"))->declined);
  }
  SECTION("not what is offered after it was taken off the list") {
    CHECK(house.remove(1));
    CHECK(house.offered()->talk);
  }
}

TEST_CASE(
    "receive: a cancelled file may be offered again after a quarter of an hour, over restarts",
    "[receive]") {
  House before;
  before.start();
  cancelled_on_the_way(before, House::offer_of("notes.txt", 1000));
  const bool late = GENERATE(false, true);
  date_back(before.disk.rows[1], late ? 15min : 14min);
  House house(&before.disk);
  house.start();
  CHECK(house.offered()->declined.has_value() == !late);
}

TEST_CASE(
    "receive: what was cancelled while its sender was away is refused for as long as it was "
    "awaited",
    "[receive]") {
  House before;
  before.start();
  auto answer = before.offered();
  REQUIRE(before.accept(1));
  answer->talk->handler->on_ended({Errc::Interrupted, "gone"});
  before.settle();
  REQUIRE(before.state(1) == "queued/waiting-peer");
  REQUIRE(before.cancel(1));
  const bool late = GENERATE(false, true);
  date_back(before.disk.rows[1], std::chrono::hours(24 * 7) - (late ? 0min : 1min));
  House house(&before.disk);
  house.start();
  CHECK(house.offered()->declined.has_value() == !late);
}

TEST_CASE("receive: a file that failed by itself may come again at once", "[receive]") {
  House house;
  house.start();
  AcceptRule rule;
  rule.from = kAnn;
  REQUIRE(house.queue->set_rules({rule}));
  auto answer = house.offered();
  auto line = answer->talk->open();
  house.settle();
  line->handler->on_end(Error{Errc::Protocol, "broken"});
  house.settle();
  REQUIRE(house.state(1) == "failed/protocol");
  CHECK(house.offered()->talk);
}

}  // namespace receive_cancel_test

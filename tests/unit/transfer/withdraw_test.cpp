// SPDX-License-Identifier: MIT
// A sender gives a file up, and its receiver hears of it; or never does.
#include "unit/transfer/house.h"

namespace withdraw_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

Offer with_sid(std::string sid) {
  auto offer = House::offer_of("notes.txt", 1000);
  offer.sid = std::move(sid);
  return offer;
}

bool withdraw(House& house, const Offer& offer, bool again = false) {
  const bool known = house.queue->on_withdrawn(1, {offer.peer, offer.sid, again});
  house.settle();
  return known;
}

}  // namespace

TEST_CASE("withdraw: an offer that was taken back can no longer be accepted", "[withdraw]") {
  House house;
  house.start();
  const auto offer = with_sid("a");
  auto answer = house.offered(offer);
  CHECK_FALSE(withdraw(house, with_sid("b")));
  CHECK(withdraw(house, offer));
  CHECK(house.state(1) == "cancelled/withdrawn");
  CHECK(house.accept(1).error().code == Errc::BadState);
  CHECK_FALSE(answer->talk);
  CHECK_FALSE(withdraw(house, offer));  // nothing is known of it any more
}

TEST_CASE("withdraw: only its own sender takes an offer back", "[withdraw]") {
  House house;
  house.start();
  auto offer = with_sid("a");
  house.offered(offer);
  offer.peer = jid(kAnn + "/laptop");
  CHECK_FALSE(withdraw(house, offer));
  offer.peer = jid(kBob + "/phone");
  CHECK_FALSE(withdraw(house, offer));
  CHECK(house.state(1) == "offered/awaiting-user");
}

TEST_CASE("withdraw: a file that was accepted is cancelled wherever it is", "[withdraw]") {
  House house;
  house.start();
  const auto offer = with_sid("a");
  auto answer = house.offered(offer);
  std::optional<Result<void>> accepted;
  house.queue->accept(1, {}, [&](Result<void> how) { accepted = how; });
  SECTION("before the answer is out") {
    CHECK(house.queue->on_withdrawn(1, {offer.peer, "a", false}));
  }
  SECTION("before the stream") {
    house.settle();
    CHECK(withdraw(house, offer));
  }
  SECTION("in the middle") {
    house.settle();
    answer->talk->open();
    CHECK(withdraw(house, offer));
  }
  SECTION("all bytes are here, and not the sender's word for them") {
    house.settle();
    auto line = answer->talk->open();
    house.settle();
    house.written(*line, 1000);
    line->handler->on_end(Moved{1000, std::nullopt});
    house.settle();
    CHECK(withdraw(house, offer));
  }
  SECTION("its stream was lost") {
    house.settle();
    answer->talk->handler->on_ended({Errc::Interrupted, "gone"});
    house.settle();
    REQUIRE(house.state(1) == "queued/waiting-peer");
    CHECK(withdraw(house, offer));
  }
  house.settle();
  CHECK(house.state(1) == "cancelled/peer");
  CHECK(accepted.has_value());
  CHECK(house.disk.parts().empty());
  house.pass(24h * 8);
  CHECK(house.state(1) == "cancelled/peer");
}

TEST_CASE("withdraw: too late once the sender vouched for the bytes", "[withdraw]") {
  House house;
  house.start();
  const auto offer = with_sid("a");
  auto answer = house.offered(offer);
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  const bool again = GENERATE(false, true);
  const auto end = [&] {
    house.written(*line, 1000);
    line->handler->on_end(Moved{1000, std::nullopt});
    house.settle();
  };
  SECTION("after the last byte") {
    end();
    answer->talk->receiver->on_declared(std::nullopt);
    CHECK(house.queue->on_withdrawn(1, {offer.peer, "a", again}));
  }
  SECTION("before the last byte was here") {
    answer->talk->vouched = true;
    CHECK(withdraw(house, offer, again));
    CHECK(house.state(1) == "active");
    end();
    answer->talk->receiver->on_declared(std::nullopt);
  }
  house.settle();
  CHECK(house.state(1) == "done");
}

TEST_CASE("withdraw: a stream that the sender gave up makes room for its next at once",
          "[withdraw]") {
  House house;
  house.start();
  const auto offer = with_sid("a");
  auto answer = house.offered(offer);
  REQUIRE(house.accept(1));
  std::shared_ptr<Line> line;
  SECTION("before it was open") {}
  SECTION("after a switch, which was its last") {
    house.offered(with_sid("a2"));
    REQUIRE(withdraw(house, with_sid("a2"), true));
  }
  SECTION("while it is open, and dead") {
    line = answer->talk->open();
    house.settle();
    line->progress.bytes = 7;
  }
  withdraw(house, offer, true);
  CHECK(house.state(1) == "queued/waiting-peer");
  auto again = house.offered(with_sid("b"));
  REQUIRE(again->talk);
  CHECK(house.queue->newest() == 1);
  house.deliver(*again);
  CHECK(house.state(1) == "done");
}

TEST_CASE("withdraw: a question stays open while its sender is about to ask it again",
          "[withdraw]") {
  House house;
  house.start();
  CHECK(house.offered(with_sid("a"))->declined == std::nullopt);
  CHECK(withdraw(house, with_sid("a"), true));
  CHECK(house.state(1) == "offered/awaiting-user");
}

TEST_CASE("withdraw: a sender that never opens the stream", "[withdraw]") {
  House house;
  house.start();
  auto offer = with_sid("a");
  offer.can_confirm = GENERATE(false, true);
  auto answer = house.offered(offer);
  REQUIRE(house.accept(1));
  answer->talk->handler->on_ended(
      {Errc::Timeout, "the sender did not open the stream that was agreed on"});
  house.settle();
  if (offer.can_confirm) {
    // It tries again by itself, soon or never.
    CHECK(house.state(1) == "queued/waiting-peer");
    house.pass(24h);
    CHECK(house.state(1) == "failed/interrupted");
  } else {
    CHECK(house.state(1) == "failed/timeout");
    CHECK(house.job(1).error_detail == "the sender did not open the stream that was agreed on");
  }
}

TEST_CASE("withdraw: two files that only their ids tell apart are two files", "[withdraw]") {
  House house;
  house.start();
  auto first = with_sid("a"), second = with_sid("b");
  first.file.modified.reset();
  second.file.modified.reset();
  const bool ours = GENERATE(false, true);
  first.can_confirm = second.can_confirm = ours;
  auto one = house.offered(first);
  if (GENERATE(false, true)) REQUIRE(house.accept(1));
  auto two = house.offered(second);
  CHECK_FALSE(one->declined);
  CHECK_FALSE(one->dropped);
  CHECK_FALSE(two->declined);
  CHECK(house.queue->newest() == 2);
  if (!one->talk) REQUIRE(house.accept(1));
  REQUIRE(house.accept(2));
  house.deliver(*one);
  house.deliver(*two);
  CHECK(house.job(1).path == "/in/notes.txt");
  CHECK(house.job(2).path == "/in/notes (2).txt");
}

TEST_CASE("withdraw: whoever gives a file up for good says so to the peer that holds it",
          "[withdraw]") {
  House house;
  house.config.attempts = 2;
  house.queue->set_config(house.config);
  house.start();
  const auto id = house.send("/src/a");
  auto talk = house.last_talk();
  std::vector<std::string> expected{kAnn + "/phone s1"};
  SECTION("the user cancels it, offered") { CHECK(house.cancel(id)); }
  SECTION("the user cancels it, active") {
    talk->open();
    house.settle();
    CHECK(house.cancel(id));
  }
  SECTION("the user cancels it between two attempts") {
    talk->handler->on_ended({Errc::Interrupted, "reset"});
    house.settle();
    CHECK(house.negotiator().withdrawn.empty());
    CHECK(house.cancel(id));
  }
  SECTION("the file changed in the middle") {
    auto line = talk->open();
    house.settle();
    line->handler->on_end(Error{Errc::FileChanged, "it was written to"});
  }
  SECTION("the file changed between two attempts") {
    talk->handler->on_ended({Errc::Interrupted, "reset"});
    house.settle();
    house.disk.names.erase("/src/a");
    house.pass(5s);
    CHECK(house.state(id) == "failed/file-missing");
  }
  SECTION("nothing helped") {
    talk->handler->on_ended({Errc::Interrupted, "reset"});
    house.pass(5s);
    house.last_talk()->handler->on_ended({Errc::Interrupted, "reset"});
    expected = {kAnn + "/phone s2"};
  }
  SECTION("not where it holds none") {
    talk->sid = "";
    talk->handler->on_ended({Errc::Declined, "no"});
    expected.clear();
  }
  SECTION("not where it is done") {
    house.deliver(talk);
    expected.clear();
  }
  house.settle();
  CHECK(is_terminal(house.job(id).state));
  CHECK(house.negotiator().withdrawn == expected);
}

TEST_CASE("withdraw: an offer of a way that led nowhere is withdrawn once no way is left",
          "[withdraw]") {
  House house;
  house.start();
  FakeNegotiator second;
  house.account().negotiators.push_back(&second);
  const auto id = house.send("/src/a");
  house.last_talk()->sender->on_accepted();
  house.settle();
  house.last_talk()->handler->on_ended({Errc::StreamFailed, "nothing could be reached"});
  house.settle();
  CHECK(house.negotiator().withdrawn.empty());
  second.talks.at(0)->sid = "";  // refused: the peer holds none of it
  second.talks.at(0)->handler->on_ended({Errc::NoCommonMethod, "not this one"});
  house.settle();
  CHECK(house.state(id) == "failed/no-method");
  CHECK(house.negotiator().withdrawn == std::vector<std::string>{kAnn + "/phone s1"});
  CHECK(second.withdrawn.empty());
}

}  // namespace withdraw_test

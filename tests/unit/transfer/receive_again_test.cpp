// SPDX-License-Identifier: MIT
// A file that is offered again.
#include "unit/transfer/house.h"

namespace receive_again_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

Hash md5(const std::string& hex) { return {HashAlgo::Md5, hex}; }

}  // namespace

TEST_CASE(
    "receive: a lost stream waits for the sender, and goes on under the same id without asking",
    "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  line->handler->on_end(Error{Errc::Interrupted, "reset"});
  house.settle();
  CHECK(house.state(1) == "queued/waiting-peer");
  CHECK_FALSE(answer->talk->alive);
  house.pass(24h * 6);
  auto again = house.offered();
  CHECK(house.queue->newest() == 1);
  REQUIRE(again->talk);
  CHECK(house.state(1) == "connecting");
  CHECK(house.disk.parts().size() == 1);
  CHECK(house.job(1).attempt == 2);
  house.deliver(*again);
  CHECK(house.state(1) == "done");
}

TEST_CASE("receive: only the same file of the same sender continues a job", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered(House::offer_of("notes.txt", 1000, kAnn + "/phone", md5("aa")));
  REQUIRE(house.accept(1));
  answer->talk->handler->on_ended({Errc::Interrupted, "gone"});
  house.pass(2min);
  REQUIRE(house.state(1) == "queued/waiting-peer");
  auto offer = House::offer_of("notes.txt", 1000, kAnn + "/laptop", md5("aa"));
  SECTION("another resource, another date: the hash proves it") {
    offer.file.modified = std::chrono::sys_seconds(std::chrono::seconds(5));
    CHECK(house.offered(offer)->talk);
  }
  SECTION("no hash: the date proves it") {
    offer.file.hash.reset();
    CHECK(house.offered(offer)->talk);
  }
  SECTION("a name that has to be made safe again") {
    offer.file.name = "../notes.txt";
    CHECK(house.offered(offer)->talk);
  }
  const auto is_new = [&](Offer other) {
    const auto result = house.offered(std::move(other));
    CHECK_FALSE(result->talk);
    CHECK(house.queue->newest() == 2);
  };
  SECTION("another name") {
    offer.file.name = "other.txt";
    is_new(offer);
  }
  SECTION("another size") {
    offer.file.size = 1001;
    is_new(offer);
  }
  SECTION("another hash") {
    offer.file.hash = md5("bb");
    is_new(offer);
  }
  SECTION("neither hash nor date") {
    offer.file.hash.reset();
    offer.file.modified.reset();
    is_new(offer);
  }
  SECTION("another sender") {
    offer.peer = jid(kBob + "/phone");
    is_new(offer);
  }
}

TEST_CASE("receive: a fallback offer within a minute continues its job without hash or date",
          "[receive]") {
  House house;
  house.start();
  auto offer = House::offer_of("notes.txt", 1000);
  offer.file.modified.reset();
  auto answer = house.offered(offer);
  REQUIRE(house.accept(1));
  answer->talk->handler->on_ended({Errc::StreamFailed, "no host reached"});
  house.settle();
  CHECK(house.offered(offer)->talk);
  CHECK(house.queue->newest() == 1);
}

TEST_CASE("receive: a fallback offer while we still wait for the first stream takes its place",
          "[receive]") {
  House house;
  house.start();
  auto first = house.offered();
  REQUIRE(house.accept(1));
  auto second = house.offered(House::offer_of("notes.txt", 1000, kAnn + "/laptop"));
  REQUIRE(second->talk);
  CHECK_FALSE(first->talk->alive);
  CHECK(house.queue->newest() == 1);
  CHECK(house.job(1).peer_full == kAnn + "/laptop");  // known at once, not when bytes come
  CHECK(house.disk.rows[1].peer_full == kAnn + "/laptop");
  house.deliver(*second);
  CHECK(house.state(1) == "done");
}

TEST_CASE("receive: an offer that comes again and again does not keep a job connecting (R7)",
          "[receive]") {
  House house;
  house.start();
  auto first = house.offered();
  REQUIRE(house.accept(1));
  auto second = house.offered();
  auto third = house.offered();
  REQUIRE(third->declined);
  CHECK(third->declined->code == Errc::Constraint);
  REQUIRE(second->talk->alive);
  second->talk->handler->on_ended({Errc::Timeout, "no stream came"});
  house.settle();
  CHECK(house.state(1) == "queued/waiting-peer");
  // The job's next attempt has its own.
  auto fourth = house.offered();
  auto fifth = house.offered();
  REQUIRE(fifth->talk);
  CHECK_FALSE(fourth->talk->alive);
  CHECK(house.queue->newest() == 1);
}

TEST_CASE("receive: a double of a running job is put off, not refused for good", "[receive]") {
  House house;
  house.start();
  auto first = house.offered();
  REQUIRE(house.accept(1));
  auto line = first->talk->open();
  house.settle();
  auto second = house.offered();
  REQUIRE(second->declined);
  CHECK(second->declined->code == Errc::Constraint);
  CHECK(line->alive);
  CHECK(house.queue->newest() == 1);
}

TEST_CASE("receive: a finished file offered again is a new offer (R5)", "[receive]") {
  House house;
  house.start();
  auto first = house.offered();
  REQUIRE(house.accept(1));
  house.deliver(*first);
  first->talk->receiver->on_completed();
  house.settle();
  auto second = house.offered();
  CHECK_FALSE(second->talk);
  CHECK(house.state(2) == "offered/awaiting-user");
}

TEST_CASE(
    "receive: a lost stream's bytes go at once, a sender that never comes back fails the job after "
    "a week",
    "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  answer->talk->handler->on_ended({Errc::Interrupted, "gone"});
  house.pass(24h * 7 - 1s);
  CHECK(house.state(1) == "queued/waiting-peer");
  CHECK(house.disk.parts().empty());
  house.pass(1s);
  CHECK(house.state(1) == "failed/interrupted");
  CHECK(house.disk.parts().empty());
}

TEST_CASE("receive: a sender that names its files began anew, and its old stream is dead",
          "[receive]") {
  House house;
  house.start();
  auto offer = House::offer_of("notes.txt", 1000);
  offer.file_id = "f1";
  auto first = house.offered(offer);
  REQUIRE(house.accept(1));
  auto line = first->talk->open();
  house.settle();
  house.written(*line, 400);
  line->progress.bytes = 400;
  offer.peer = jid(kAnn + "/after-the-restart");
  SECTION("in the middle of the bytes: it goes on there, without a wait") {
    auto second = house.offered(offer);
    REQUIRE(second->talk);
    CHECK(second->talk->terms->range.offset == 400);
    CHECK_FALSE(first->talk->alive);
    CHECK(house.state(1) == "connecting");
    CHECK(house.queue->newest() == 1);
    CHECK(house.disk.parts().size() == 1);
  }
  SECTION("once it vouched for the bytes they are awaited") {
    first->talk->vouched = true;
    CHECK(house.offered(offer)->declined->code == Errc::Constraint);
    CHECK(house.state(1) == "active");
  }
  SECTION("another file of that name is another job") {
    offer.file_id = "f2";
    CHECK_FALSE(house.offered(offer)->talk);
    CHECK(house.queue->newest() == 2);
    CHECK(house.state(1) == "active");
  }
}

TEST_CASE("receive: a sender that begins anew in place of its last word is taken at once",
          "[receive]") {
  House house;
  house.start();
  auto first = house.offered();
  REQUIRE(house.accept(1));
  auto line = first->talk->open();
  house.settle();
  house.written(*line, 1000);
  line->handler->on_end(Moved{1000, std::nullopt});
  house.settle();
  REQUIRE(house.state(1) == "verifying");
  SECTION("it was restarted, and knows nothing of what it sent") {
    auto second = house.offered();
    REQUIRE(second->talk);
    CHECK_FALSE(first->talk->alive);
    CHECK(house.disk.parts().size() == 1);
    house.deliver(*second);
    CHECK(house.state(1) == "done");
    CHECK(house.queue->newest() == 1);
    CHECK(house.disk.parts().empty());
  }
  SECTION("not once it vouched for the bytes") {
    first->talk->receiver->on_declared(std::nullopt);
    auto second = house.offered();
    CHECK_FALSE(second->talk);
    CHECK(house.state(1) == "done");
  }
}

TEST_CASE("receive: a cut file that is offered again without a hash is not held to the old one",
          "[receive]") {
  House house;
  house.start();
  auto answer = house.offered(House::offer_of("notes.txt", 1000, kAnn + "/phone", md5("aa")));
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  line->handler->on_end(Error{Errc::Interrupted, "reset"});
  house.settle();
  auto offer = House::offer_of("notes.txt", 1000, kAnn + "/phone");
  const bool with_hash = GENERATE(false, true);
  if (with_hash) offer.file.hash = md5("aa");
  auto again = house.offered(offer);
  REQUIRE(again->talk);
  house.deliver(*again, std::nullopt, md5("bb"));
  CHECK(house.state(1) == (with_hash ? "failed/hash-mismatch" : "done"));
}

}  // namespace receive_again_test

// SPDX-License-Identifier: MIT
#include "unit/transfer/house.h"

namespace send_ways_test {

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE("send: a way that leads nowhere is followed by the next, in the same attempt", "[send]") {
  House house;
  house.start();
  FakeNegotiator second;
  house.account().negotiators.push_back(&second);
  const auto id = house.send("/src/a");
  auto first = house.last_talk();
  SECTION("refused as no method that the peer has") {
    first->handler->on_ended({Errc::NoCommonMethod, "none of these"});
  }
  SECTION("accepted, and no stream came up") {
    first->sender->on_accepted();
    house.settle();
    first->handler->on_ended({Errc::StreamFailed, "nothing could be reached"});
  }
  house.settle();
  CHECK_FALSE(first->alive);
  CHECK(house.negotiator().withdrawn.empty());  // the file is not given up
  REQUIRE(second.talks.size() == 1);
  CHECK(house.job(id).state == JobState::Offered);
  CHECK(house.job(id).attempt == 1);
  house.deliver(second.talks[0]);
  CHECK(house.state(id) == "done");
  CHECK(house.negotiator().talks.size() == 1);
}

TEST_CASE("send: the next way hashes the file where its peer cannot confirm", "[send]") {
  House house;
  house.start();
  FakeNegotiator second;
  second.peer_confirms = false;
  house.account().negotiators.push_back(&second);
  house.send("/src/a");
  CHECK_FALSE(house.last_talk()->offer->file.hash);
  house.last_talk()->handler->on_ended({Errc::NoCommonMethod, ""});
  house.settle();
  REQUIRE(second.talks.size() == 1);
  CHECK(second.talks[0]->offer->file.hash);
}

TEST_CASE("send: the next way is not offered by a session that ended while the file was hashed",
          "[send]") {
  House house;
  house.start();
  FakeNegotiator second;
  second.peer_confirms = false;
  house.account().negotiators.push_back(&second);
  const auto id = house.send("/src/a");
  house.last_talk()->handler->on_ended({Errc::NoCommonMethod, ""});
  house.account().is_online = false;
  house.settle();
  CHECK(second.talks.empty());
  CHECK(house.state(id) == "queued/waiting-account");
  CHECK(house.job(id).attempt == 0);  // our own trouble
}

TEST_CASE("send: no other way is tried where it would not help", "[send]") {
  House house;
  house.start();
  FakeNegotiator second;
  house.account().negotiators.push_back(&second);
  const auto id = house.send("/src/a");
  auto talk = house.last_talk();
  std::string state;
  SECTION("a person said no") {
    talk->handler->on_ended({Errc::Declined, ""});
    state = "failed/declined";
  }
  SECTION("bytes had moved") {
    talk->open();
    house.settle();
    talk->handler->on_ended({Errc::StreamFailed, ""});
    state = "queued/backoff";
  }
  SECTION("the receiver has no room just now") {
    talk->handler->on_ended({Errc::Constraint, ""});
    state = "queued/backoff";
  }
  SECTION("our own session is gone") {
    house.account().is_online = false;
    talk->handler->on_ended({Errc::StreamFailed, ""});
    state = "queued/backoff";
  }
  house.settle();
  CHECK(house.state(id) == state);
  CHECK(second.talks.empty());
}

TEST_CASE("send: the last way's failure is the attempt's", "[send]") {
  House house;
  house.start();
  FakeNegotiator second;
  house.account().negotiators.push_back(&second);
  const auto id = house.send("/src/a");
  house.last_talk()->handler->on_ended({Errc::NoCommonMethod, "not one"});
  house.settle();
  second.talks.at(0)->handler->on_ended({Errc::NoCommonMethod, "not the other"});
  house.settle();
  CHECK(house.state(id) == "failed/no-method");
  CHECK(house.job(id).error_detail == "not the other");
  CHECK(house.job(id).attempt == 1);
}

TEST_CASE("send: a method that is left out is in the story once, until there is another reason",
          "[send]") {
  House house;
  house.start();
  auto& left_out = house.account().left_out;
  left_out["si-socks5"] = "the peer does not take it";
  const auto id = house.send("/src/a");
  const auto skipped = [&] {
    std::vector<std::string> details;
    for (const auto& entry : house.disk.stories[id])
      if (entry.what == "skipped") details.push_back(entry.detail);
    return details;
  };
  const auto try_again = [&] {
    const auto talks = house.negotiator().talks.size();
    house.last_talk()->handler->on_ended({Errc::Interrupted, "the test cuts it"});
    house.pass(1min);
    REQUIRE(house.negotiator().talks.size() == talks + 1);
  };
  std::vector<std::string> expected{"si-socks5: the peer does not take it"};
  CHECK(skipped() == expected);
  CHECK(house.last_talk()->offer_terms->methods == std::vector<MethodChoice>{{"si-ibb", ""}});
  try_again();
  CHECK(skipped() == expected);
  left_out["si-socks5"] = "the configuration does not name it";
  try_again();
  expected.push_back("si-socks5: the configuration does not name it");
  CHECK(skipped() == expected);
  left_out.clear();
  try_again();
  CHECK(skipped() == expected);
  CHECK(house.last_talk()->offer_terms->methods == all_choices());
  left_out["si-socks5"] = "the peer does not take it";
  try_again();
  expected.push_back("si-socks5: the peer does not take it");
  CHECK(skipped() == expected);
  house.deliver(house.last_talk());
  CHECK(house.state(id) == "done");
}

}  // namespace send_ways_test

// SPDX-License-Identifier: MIT
#include "transfer/outgoing_jobs.h"
#include "unit/transfer/house.h"

namespace schedule_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

std::string peer(int number) { return "peer" + std::to_string(number) + "@example.org"; }

}  // namespace

TEST_CASE("schedule: max_active at a time, the next one when one ends", "[schedule]") {
  House house;
  house.start();
  for (int i = 0; i < 5; ++i) house.send("/src/a", peer(i));
  REQUIRE(house.negotiator().talks.size() == 3);
  CHECK(house.state(4) == "queued/waiting-slot");
  house.deliver(house.negotiator().talks[1]);
  REQUIRE(house.negotiator().talks.size() == 4);
  CHECK(house.state(4) == "offered/awaiting-peer");
  CHECK(house.state(5) == "queued/waiting-slot");
}

TEST_CASE("schedule: one at a time for one peer, whatever the resource", "[schedule]") {
  House house;
  house.start();
  house.send("/src/a", kAnn);
  house.send("/src/b", kAnn + "/laptop");
  house.send("/src/c", kBob);
  REQUIRE(house.negotiator().talks.size() == 2);
  CHECK(house.state(2) == "queued/waiting-slot");
  house.deliver(house.negotiator().talks[0]);
  CHECK(house.state(2) == "offered/awaiting-peer");
  CHECK(house.last_talk()->offer->peer == jid(kAnn + "/laptop"));
}

TEST_CASE("schedule: higher priority first, then the older one", "[schedule]") {
  House house;
  house.config.max_active = 1;
  house.queue->set_config(house.config);
  house.start();
  house.send("/src/a", peer(0));
  house.send("/src/b", peer(1), -5);
  house.send("/src/c", peer(2), 0);
  house.send("/src/d", peer(2), 7);
  house.send("/src/e", peer(3), 7);
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) {
    names.push_back(house.last_talk()->offer->file.name);
    house.deliver(house.last_talk());
  }
  CHECK(names == std::vector<std::string>{"a", "d", "e", "c", "b"});
}

TEST_CASE("schedule: a peer that is away stops only its own jobs, and nothing is charged",
          "[schedule]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::PeerOffline;
  const auto first = house.send("/src/a", kAnn);
  const auto second = house.send("/src/b", kAnn);
  const auto other = house.send("/src/c", kBob);
  CHECK(house.state(first) == "queued/waiting-peer");
  CHECK(house.state(second) == "queued/waiting-peer");
  CHECK(house.job(first).attempt == 0);
  CHECK(house.state(other) == "offered/awaiting-peer");
  CHECK(house.account().look_ups == 2);  // not once more for the second job

  house.account().no_way.clear();
  house.queue->peer_changed(1, jid(kAnn));
  house.settle();
  CHECK(house.state(first) == "offered/awaiting-peer");
  CHECK(house.state(second) == "queued/waiting-slot");
  CHECK(house.job(first).waiting_since == WallTime{});
}

TEST_CASE("schedule: presence of a peer wakes the jobs for its resources too", "[schedule]") {
  House house;
  house.start();
  house.account().no_way[kAnn + "/laptop"] = Errc::PeerOffline;
  house.account().no_way[kAnn + ".de"] = Errc::PeerOffline;
  const auto id = house.send("/src/a", kAnn + "/laptop");
  const auto other = house.send("/src/b", kAnn + ".de");
  house.account().no_way.clear();
  house.queue->peer_changed(1, jid(kAnn));
  house.settle();
  CHECK(house.state(id) == "offered/awaiting-peer");
  CHECK(house.state(other) == "queued/waiting-peer");
}

TEST_CASE("schedule: peers without presence are looked for every ten minutes", "[schedule]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::PeerOffline;
  const auto id = house.send("/src/a");
  house.pass(9min);
  CHECK(house.account().look_ups == 1);
  house.pass(1min);
  CHECK(house.account().look_ups == 2);
  house.account().no_way.clear();
  house.pass(10min);
  CHECK(house.state(id) == "offered/awaiting-peer");
}

TEST_CASE(
    "schedule: a story tells once for what its job waits, however often the peer is looked for",
    "[schedule]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::PeerOffline;
  const auto id = house.send("/src/a");
  for (int i = 0; i < 12; ++i) house.pass(10min);
  CHECK(house.account().look_ups > 10);
  const auto& story = house.disk.stories[id];
  REQUIRE_FALSE(story.empty());
  CHECK(story.back().what == "waiting");
  CHECK(story.back().detail.starts_with(kAnn + ": the test says no; it is looked for"));
  CHECK(std::count_if(story.begin(), story.end(),
                      [](const auto& entry) { return entry.what == "waiting"; }) == 1);
  CHECK(std::none_of(story.begin(), story.end(),
                     [](const auto& entry) { return entry.what == "interrupted"; }));
}

TEST_CASE("schedule: a peer that never appears fails the job after a week", "[schedule]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::PeerOffline;
  const auto id = house.send("/src/a");
  house.pass(24h * 7 - 1min);
  CHECK(house.state(id) == "queued/waiting-peer");
  house.pass(1min);
  CHECK(house.state(id) == "failed/peer-offline");
  house.pass(1h);
  const auto look_ups = house.account().look_ups;
  house.pass(1h);
  CHECK(house.account().look_ups == look_ups);
}

TEST_CASE(
    "schedule: while we are offline nobody is given up, and all are looked for when we are back",
    "[schedule]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::PeerOffline;
  const auto id = house.send("/src/a");
  house.account().is_online = false;
  house.queue->account_changed(1);
  house.pass(24h * 8);
  CHECK(house.state(id) == "queued/waiting-account");
  house.account().is_online = true;
  house.account().no_way.clear();
  house.queue->account_changed(1);
  house.settle();
  CHECK(house.state(id) == "offered/awaiting-peer");
}

TEST_CASE("schedule: the week goes on over restarts, and a clock set ahead cannot end it at once",
          "[schedule]") {
  Disk disk;
  JobId id = 0;
  {
    House house(&disk);
    house.start();
    house.account().no_way[kAnn] = Errc::PeerOffline;
    id = house.send("/src/a");
  }
  std::chrono::hours left{};
  SECTION("three days later") {
    disk.rows[id].waiting_since -= std::chrono::hours(72);
    left = std::chrono::hours(96);
  }
  SECTION("ten years later, says the clock") {
    disk.rows[id].waiting_since -= std::chrono::hours(24 * 3650);
    left = std::chrono::hours(1);
  }
  House again(&disk);
  again.account().no_way[kAnn] = Errc::PeerOffline;
  again.start();
  CHECK(again.state(id) == "queued/waiting-peer");
  again.pass(left - 1min);
  CHECK(again.state(id) == "queued/waiting-peer");
  again.pass(2min);
  CHECK(again.state(id) == "failed/peer-offline");
}

TEST_CASE("schedule: a JID that does not exist fails at once", "[schedule]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::NoSuchPeer;
  CHECK(house.state(house.send("/src/a")) == "failed/no-such-peer");
}

TEST_CASE("schedule: offline accounts hold their jobs only", "[schedule]") {
  House house;
  house.accounts.all.emplace(2, std::make_unique<FakeAccount>(2, "work@example.com", house.turns));
  house.start();
  house.account().is_online = false;
  const auto mine = house.send("/src/a");
  auto request = house.request("/src/a");
  request.account = 2;
  const auto other = house.submit(std::move(request)).ids.at(0);
  CHECK(house.state(mine) == "queued/waiting-account");
  CHECK(house.state(other) == "offered/awaiting-peer");
}

TEST_CASE("schedule: a job in backoff does not hold up those behind it", "[schedule]") {
  House house;
  house.start();
  const auto first = house.send("/src/a");
  const auto second = house.send("/src/b");
  house.last_talk()->handler->on_ended({Errc::Timeout, ""});
  house.settle();
  CHECK(house.state(first) == "queued/backoff");
  CHECK(house.state(second) == "offered/awaiting-peer");
}

TEST_CASE(
    "schedule: incoming files take slots while their bytes move, but never the last of those for "
    "sending",
    "[schedule]") {
  House house;
  house.start();
  std::vector<std::shared_ptr<Answer>> answers;
  for (JobId id = 1; id <= 3; ++id) {
    answers.push_back(house.offered("f" + std::to_string(id), 1000));
    REQUIRE(house.accept(id));
  }
  SECTION("accepted, and never opened") {
    for (int i = 0; i < 3; ++i)
      CHECK(house.state(house.send("/src/a", peer(i))) == "offered/awaiting-peer");
  }
  SECTION("moving, and were it a byte every 14 s") {
    for (const auto& answer : answers) answer->talk->open();
    house.settle();
    const auto first = house.send("/src/a", peer(0));
    CHECK(house.state(first) == "offered/awaiting-peer");
    house.last_talk()->open();
    house.settle();
    const auto second = house.send("/src/a", peer(1));
    house.pass(5s);
    CHECK(house.state(second) == "queued/waiting-slot");
    SECTION("until one is over") {
      house.deliver(*answers[0]);
      house.deliver(*answers[1]);
    }
    SECTION("until one is cancelled") {
      CHECK(house.cancel(1));
      CHECK(house.cancel(2));
    }
    SECTION("until one fails") {
      for (int i = 0; i < 2; ++i)
        answers[static_cast<std::size_t>(i)]->talk->handler->on_ended({Errc::Interrupted, "gone"});
    }
    house.settle();
    CHECK(house.state(second) == "offered/awaiting-peer");
  }
}

TEST_CASE("schedule: whoever only waits for somebody holds no slot for more than a moment",
          "[schedule]") {
  House house;
  house.config.max_active = 1;
  house.queue->set_config(house.config);
  house.start();
  house.send("/src/a", peer(0));
  auto talk = house.last_talk();
  std::shared_ptr<Line> line;
  SECTION("for a user's answer") {}
  SECTION("for the stream") { talk->sender->on_accepted(); }
  SECTION("for a byte to go") {
    line = talk->open();
    house.pass(15s);
  }
  SECTION("for the receiver's word") {
    talk->open()->handler->on_end(Moved{1000, std::nullopt});
    house.settle();
  }
  const auto next = house.send("/src/b", peer(1));
  house.pass(1s);
  CHECK(house.state(next) == "offered/awaiting-peer");
}

TEST_CASE("schedule: a sender that waits for many still has a bounded number of files open",
          "[schedule]") {
  House house;
  house.start();
  for (int i = 0; i < 60; ++i) house.send("/src/a", peer(i));
  house.pass(2min);
  CHECK(house.negotiator().talks.size() == Slots::kMaxSending);
  CHECK(house.cancel(1));
  house.pass(Slots::kPatience);
  CHECK(house.negotiator().talks.size() == Slots::kMaxSending + 1);
}

TEST_CASE(
    "schedule: when an awaited peer comes, the lane goes on whatever becomes of its first job",
    "[schedule]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::PeerOffline;
  const auto first = house.send("/src/a");
  const auto second = house.send("/src/b");
  const auto third = house.send("/src/c");
  REQUIRE(house.state(third) == "queued/waiting-peer");
  house.account().no_way.clear();
  std::string expected;
  SECTION("its file was changed") {
    house.disk.inodes[house.disk.names["/src/a"]].size = 999;
    expected = "failed/file-changed";
  }
  SECTION("its file is gone") {
    house.disk.names.erase("/src/a");
    expected = "failed/file-missing";
  }
  SECTION("its file cannot be read") {
    house.files.unreadable["/src/a"] = Errc::Io;
    expected = "failed/io";
  }
  SECTION("it is cancelled while it looks") {
    house.queue->peer_changed(1, jid(kAnn));
    while (house.account().look_ups == 1) {
      house.turns.run_one();
      house.timers.turn();
    }
    REQUIRE(house.cancel(first));
    expected = "cancelled/user";
  }
  house.queue->peer_changed(1, jid(kAnn));
  house.settle();
  CHECK(house.state(first) == expected);
  CHECK(house.state(second) == "offered/awaiting-peer");
  CHECK(house.state(third) == "queued/waiting-slot");
  house.deliver(house.last_talk());
  CHECK(house.state(third) == "offered/awaiting-peer");
}

TEST_CASE("schedule: a bare JID without anything that takes files is waited for, a full one is not",
          "[schedule]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::PeerUnsupported;
  house.account().no_way[kAnn + "/phone"] = Errc::PeerUnsupported;
  CHECK(house.state(house.send("/src/a", kAnn + "/phone")) == "failed/peer-unsupported");
  const auto id = house.send("/src/a", kAnn);
  const auto next = house.send("/src/b", kAnn);
  CHECK(house.state(id) == "queued/waiting-peer");
  CHECK(house.job(id).error_name == "PeerUnsupported");
  CHECK(house.job(next).error_detail == house.job(id).error_detail);  // they all wait for that
  CHECK(house.job(id).attempt == 0);
  SECTION("its other program comes") {
    house.account().no_way.clear();
    house.queue->peer_changed(1, jid(kAnn));
    house.settle();
    CHECK(house.state(id) == "offered/awaiting-peer");
  }
  SECTION("none ever comes") {
    house.pass(24h * 7);
    CHECK(house.state(id) == "failed/peer-unsupported");
  }
  SECTION("it goes offline: that is what is told") {
    house.account().no_way[kAnn] = Errc::PeerOffline;
    house.queue->peer_changed(1, jid(kAnn));
    house.settle();
    CHECK(house.job(id).error_name == "PeerOffline");
    CHECK(house.job(next).error_name == "PeerOffline");
  }
}

TEST_CASE("schedule: a method that the peer lacks holds up only the jobs that insist on it",
          "[schedule]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::PeerUnsupported;
  auto request = house.request("/src/a");
  house.disk.add("/src/a", 10);
  request.methods = {{"si-ibb", ""}};
  const auto insists = house.submit(std::move(request)).ids.at(0);
  REQUIRE(house.state(insists) == "queued/waiting-peer");
  house.account().no_way.clear();  // what anybody else asks has another answer
  CHECK(house.state(house.send("/src/b")) == "offered/awaiting-peer");
}

TEST_CASE("schedule: removing an account cancels what has not ended", "[schedule]") {
  House house;
  house.start();
  const auto running = house.send("/src/a");
  const auto queued = house.send("/src/b");
  house.offered();
  house.queue->account_removed(1);
  house.settle();
  CHECK(house.state(running) == "cancelled/user");
  CHECK(house.state(queued) == "cancelled/user");
  CHECK(house.state(3) == "cancelled/refused");
  CHECK_FALSE(house.last_talk()->alive);
}

TEST_CASE("schedule: while the journal cannot be written nothing new starts, and then it goes on",
          "[schedule]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  const auto next = house.send("/src/b");
  house.store.fails = Errc::DiskFull;
  house.last_talk()->handler->on_ended({Errc::Declined, "no"});
  house.settle();
  CHECK(house.degraded);
  CHECK(house.queue->degraded());
  CHECK(house.state(id) == "offered/awaiting-peer");  // as far as the disk knows
  CHECK(house.negotiator().talks.size() == 1);
  house.pass(30s);
  house.store.fails.reset();
  house.pass(5s);
  CHECK_FALSE(house.degraded);
  CHECK(house.state(id) == "failed/declined");
  CHECK(house.state(next) == "offered/awaiting-peer");
}

TEST_CASE("problems: rows that were lost and a journal that cannot be written are two things",
          "[schedule]") {
  using Words = std::vector<std::string>;
  House house;
  auto journaled = house.store.read();
  const bool lost = GENERATE(false, true);
  journaled.degraded = lost;
  house.queue->start(std::move(journaled));
  house.settle();
  CHECK(house.queue->problems() == (lost ? Words{"jobs-lost"} : Words{}));
  CHECK(house.queue->degraded() == lost);
  const auto id = house.send("/src/a");  // accepted all the same
  house.store.fails = Errc::DiskFull;
  house.last_talk()->handler->on_ended({Errc::Declined, "no"});
  house.settle();
  CHECK(house.queue->problems() ==
        (lost ? Words{"journal-unwritable", "jobs-lost"} : Words{"journal-unwritable"}));
  house.store.fails.reset();
  house.pass(1min);
  CHECK(house.queue->problems() == (lost ? Words{"jobs-lost"} : Words{}));
  CHECK(house.state(id) == "failed/declined");
}

}  // namespace schedule_test

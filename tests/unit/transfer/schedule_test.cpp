// SPDX-License-Identifier: MIT
#include "unit/transfer/house.h"

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

TEST_CASE("schedule: a peer that is away stops only its own jobs, and nothing is charged", "[schedule]") {
  House house;
  house.start();
  house.account().no_route[kAnn] = Errc::PeerOffline;
  const auto first = house.send("/src/a", kAnn);
  const auto second = house.send("/src/b", kAnn);
  const auto other = house.send("/src/c", kBob);
  CHECK(house.state(first) == "queued/waiting-peer");
  CHECK(house.state(second) == "queued/waiting-peer");
  CHECK(house.job(first).attempt == 0);
  CHECK(house.state(other) == "offered/awaiting-peer");
  CHECK(house.account().look_ups == 2);  // not once more for the second job

  house.account().no_route.clear();
  house.queue->peer_changed(1, jid(kAnn));
  house.settle();
  CHECK(house.state(first) == "offered/awaiting-peer");
  CHECK(house.state(second) == "queued/waiting-slot");
  CHECK(house.job(first).waiting_since == WallTime{});
}

TEST_CASE("schedule: presence of a peer wakes the jobs for its resources too", "[schedule]") {
  House house;
  house.start();
  house.account().no_route[kAnn + "/laptop"] = Errc::PeerOffline;
  house.account().no_route[kAnn + ".de"] = Errc::PeerOffline;
  const auto id = house.send("/src/a", kAnn + "/laptop");
  const auto other = house.send("/src/b", kAnn + ".de");
  house.account().no_route.clear();
  house.queue->peer_changed(1, jid(kAnn));
  house.settle();
  CHECK(house.state(id) == "offered/awaiting-peer");
  CHECK(house.state(other) == "queued/waiting-peer");
}

TEST_CASE("schedule: peers without presence are looked for every ten minutes", "[schedule]") {
  House house;
  house.start();
  house.account().no_route[kAnn] = Errc::PeerOffline;
  const auto id = house.send("/src/a");
  house.pass(9min);
  CHECK(house.account().look_ups == 1);
  house.pass(1min);
  CHECK(house.account().look_ups == 2);
  house.account().no_route.clear();
  house.pass(10min);
  CHECK(house.state(id) == "offered/awaiting-peer");
}

TEST_CASE("schedule: a peer that never appears fails the job after a week", "[schedule]") {
  House house;
  house.start();
  house.account().no_route[kAnn] = Errc::PeerOffline;
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

TEST_CASE("schedule: while we are offline nobody is given up, and all are looked for when we are back", "[schedule]") {
  House house;
  house.start();
  house.account().no_route[kAnn] = Errc::PeerOffline;
  const auto id = house.send("/src/a");
  house.account().is_online = false;
  house.queue->account_changed(1);
  house.pass(24h * 8);
  CHECK(house.state(id) == "queued/waiting-account");
  house.account().is_online = true;
  house.account().no_route.clear();
  house.queue->account_changed(1);
  house.settle();
  CHECK(house.state(id) == "offered/awaiting-peer");
}

TEST_CASE("schedule: the week goes on over restarts, and a clock set ahead cannot end it at once", "[schedule]") {
  Disk disk;
  JobId id = 0;
  {
    House house(&disk);
    house.start();
    house.account().no_route[kAnn] = Errc::PeerOffline;
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
  again.account().no_route[kAnn] = Errc::PeerOffline;
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
  house.account().no_route[kAnn] = Errc::NoSuchPeer;
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

TEST_CASE("schedule: accepted incoming files hold slots, waiting offers do not", "[schedule]") {
  House house;
  house.config.max_active = 1;
  house.queue->set_config(house.config);
  house.start();
  auto answer = house.offered();
  const auto sent = house.send("/src/a", kBob);
  CHECK(house.state(sent) == "offered/awaiting-peer");
  house.deliver(house.last_talk());
  REQUIRE(house.accept(1));
  const auto next = house.send("/src/b", kBob);
  CHECK(house.state(next) == "queued/waiting-slot");
  house.deliver(*answer);
  answer->talk->handler->on_completed(Delivery::HandedOver, std::nullopt);
  house.settle();
  CHECK(house.state(next) == "offered/awaiting-peer");
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

TEST_CASE("schedule: while the journal cannot be written nothing new starts, and then it goes on", "[schedule]") {
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

// SPDX-License-Identifier: MIT
#include "unit/transfer/house.h"

namespace long_lane_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

constexpr std::size_t kJobs = 700;

/// A lane of jobs that wait for their account to come online.
struct LongLane {
  LongLane() {
    house.account().is_online = false;
    house.start();
    disk.add("/src/a", 1000);
    auto order = house.request("/src/a");
    while (order.sources.size() < kJobs) order.sources.push_back({"/src/a", UniqueFd(), ""});
    REQUIRE(house.submit(std::move(order)).ids.size() == kJobs);
    REQUIRE(told("queued/waiting-account") == kJobs);
    house.account().no_way[kAnn] = Errc::PeerOffline;
  }
  std::size_t told(const std::string& words) const {
    std::size_t count = 0;
    for (const JobId id : house.queue->select({}))
      if (house.state(id) == words) ++count;
    return count;
  }
  /// One commit reaches the disk; what comes after it waits.
  void one_commit() {
    house.store.release();
    house.store.held = true;
    house.settle();
  }
  Disk disk;
  House house{&disk};
};

}  // namespace

TEST_CASE("long lane: its jobs are told what they wait for a slice at a time", "[schedule]") {
  LongLane lane;
  auto& house = lane.house;
  house.account().is_online = true;
  house.store.held = true;
  house.queue->account_changed(1);
  house.settle();
  std::size_t before = kJobs;
  for (int commits = 0; before > 0; ++commits) {
    REQUIRE(commits < 20);
    lane.one_commit();
    const auto now = lane.told("queued/waiting-account");
    REQUIRE(before - now <= 257);  // a slice, and the job that went and looked for the peer
    before = now;
  }
}

TEST_CASE("long lane: what changes while it is told is told as well", "[schedule]") {
  LongLane lane;
  auto& house = lane.house;
  house.account().is_online = true;
  house.store.held = true;
  house.queue->account_changed(1);
  house.settle();
  lane.one_commit();
  REQUIRE(lane.told("queued/waiting-account") > 0);
  house.account().is_online = false;
  house.queue->account_changed(1);
  lane.one_commit();
  house.account().is_online = true;
  house.queue->account_changed(1);
  house.store.release();
  house.settle();
  CHECK(lane.told("queued/waiting-peer") == kJobs);
}

TEST_CASE("long lane: offers go out in order, however long each file takes to be opened",
          "[schedule]") {
  House house;
  house.config.max_active = 10;
  house.config.max_active_per_peer = 4;
  house.queue->set_config(house.config);
  house.account().is_online = false;
  house.start();
  std::vector<JobId> ids;
  for (const char* path : {"/src/a", "/src/b", "/src/c", "/src/d"}) ids.push_back(house.send(path));
  house.account().is_online = true;
  const auto offered = [&] {
    std::vector<std::string> names;
    for (const auto& talk : house.negotiator().talks) names.push_back(talk->offer->file.name);
    return names;
  };
  SECTION("the first takes longest") {
    house.files.slow = {"/src/a", "/src/c"};
    house.queue->account_changed(1);
    house.settle();
    CHECK(offered().empty());
    house.files.answer("/src/c");
    house.settle();
    CHECK(offered().empty());
    house.files.answer("/src/a");
    house.settle();
    CHECK(offered() == std::vector<std::string>{"a", "b", "c", "d"});
  }
  SECTION("who cannot be opened, or is cancelled, holds up nobody") {
    house.files.slow = {"/src/a", "/src/b"};
    house.queue->account_changed(1);
    house.settle();
    REQUIRE(house.cancel(ids[0]));
    CHECK(offered().empty());
    house.files.unreadable["/src/b"] = Errc::FileMissing;
    house.files.answer("/src/b");
    house.settle();
    CHECK(offered() == std::vector<std::string>{"c", "d"});
  }
}

TEST_CASE("long lane: one large file at a time, with small ones beside it", "[schedule]") {
  House house;
  house.config.max_active = 20;
  house.config.max_active_per_peer = GENERATE(4u, 8u, 16u);
  const std::size_t large = house.config.max_active_per_peer / 16 + 1;
  house.queue->set_config(house.config);
  house.start();
  for (const char* path : {"/src/big1", "/src/big2", "/src/big3"}) house.disk.add(path, 1 << 20);
  for (const char* path : {"/src/a", "/src/big1", "/src/b", "/src/big2", "/src/c", "/src/big3"})
    house.send(path);
  // In order: what stands behind a large one that may not start yet waits with it.
  CHECK(house.negotiator().talks.size() == (large == 1 ? 3 : 5));
  house.deliver(house.negotiator().talks[1]);
  CHECK(house.negotiator().talks.size() == (large == 1 ? 5 : 6));
}

TEST_CASE("long lane: other programs get one file after the other", "[schedule]") {
  House house;
  house.config.max_active_per_peer = 8;
  house.queue->set_config(house.config);
  house.negotiator().peer_confirms = false;
  house.start();
  for (const char* path : {"/src/a", "/src/b", "/src/c"}) house.send(path);
  CHECK(house.negotiator().talks.size() == 1);
  house.deliver(house.last_talk());
  CHECK(house.negotiator().talks.size() == 2);
}

}  // namespace long_lane_test

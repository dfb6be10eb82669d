// SPDX-License-Identifier: MIT
#include <fstream>

#include "unit/transfer/house.h"

namespace lists_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

/// Jobs 1..25 of two batches to two peers, half of them done.
Disk filled() {
  Disk disk;
  for (JobId id = 1; id <= 25; ++id) {
    JobRecord record;
    record.id = id;
    record.batch = id <= 10 ? "aaa" : "bbb";
    record.account = 1;
    record.peer = id % 2 == 0 ? kAnn : kAnn + "/phone";
    record.file.name = "Photo " + std::to_string(id) + ".JPG";
    record.path = "/src/x";
    record.state = id <= 20 ? JobState::Done : JobState::Failed;
    record.created_at = WallTime(std::chrono::microseconds(id)) + std::chrono::hours(24 * 365 * 55);
    record.finished_at = wall_now();
    disk.rows[id] = record;
    disk.next_id = id + 1;
  }
  return disk;
}

struct Filled {
  Filled() { house.start(); }
  std::vector<JobId> select(const JobFilter& filter) { return house.queue->select(filter); }
  Disk disk = filled();
  House house{&disk};
};

}  // namespace

TEST_CASE("lists: each member of a filter narrows it", "[lists]") {
  Filled list;
  House& house = list.house;
  JobFilter filter;
  CHECK(list.select(filter).size() == 25);
  SECTION("ids") {
    filter.ids = {3, 99, 1, 3};
    CHECK(list.select(filter) == std::vector<JobId>{1, 3});
  }
  SECTION("batch and state") {
    filter.batch = "bbb";
    filter.states = {JobState::Done};
    CHECK(list.select(filter).size() == 10);
  }
  SECTION("bare peer means all resources, a full one only that") {
    filter.peer = kAnn;
    CHECK(list.select(filter).size() == 25);
    filter.peer = kAnn + "/phone";
    CHECK(list.select(filter).size() == 13);
    filter.peer = "nn@example.org";
    CHECK(list.select(filter).empty());
  }
  SECTION("text in any case") {
    filter.text = "photo 2";
    CHECK(list.select(filter).size() == 7);
  }
  SECTION("direction, account, since") {
    filter.direction = Direction::In;
    CHECK(list.select(filter).empty());
    filter.direction = Direction::Out;
    filter.account = 2;
    CHECK(list.select(filter).empty());
    filter.account = 1;
    filter.since = house.job(24).created_at;
    CHECK(list.select(filter) == std::vector<JobId>{24, 25});
  }
}

TEST_CASE("lists: pages hold every job once, in either order", "[lists]") {
  Filled list;
  House& house = list.house;
  JobFilter filter;
  filter.oldest_first = GENERATE(true, false);
  const auto limit = GENERATE(1u, 7u, 25u, 1000u);
  std::vector<JobId> all;
  std::string cursor;
  do {
    auto page = house.queue->list(filter, cursor, limit);
    REQUIRE(page);
    CHECK(page->ids.size() <= limit);
    all.insert(all.end(), page->ids.begin(), page->ids.end());
    cursor = page->next;
  } while (!cursor.empty());
  REQUIRE(all.size() == 25);
  CHECK(all.front() == (filter.oldest_first ? 1 : 25));
  if (!filter.oldest_first) std::reverse(all.begin(), all.end());
  CHECK(std::is_sorted(all.begin(), all.end()));
}

TEST_CASE("lists: bad cursors and limits are refused", "[lists]") {
  Filled list;
  House& house = list.house;
  CHECK_FALSE(house.queue->list({}, "x", 10));
  CHECK_FALSE(house.queue->list({}, "", 0));
  CHECK_FALSE(house.queue->list({}, "", 1001));
}

TEST_CASE("lists: a page tells which changes it holds", "[lists]") {
  Filled list;
  House& house = list.house;
  const auto before = house.queue->list({}, "", 1)->generation;
  REQUIRE(house.remove(5));
  CHECK(house.queue->list({}, "", 1)->generation == before + 1);
}

TEST_CASE("lists: counts per state", "[lists]") {
  Filled list;
  House& house = list.house;
  CHECK(house.queue->counts() ==
        std::map<JobState, std::uint32_t>{{JobState::Done, 20}, {JobState::Failed, 5}});
}

TEST_CASE("history: old ended jobs leave the list, the oldest first", "[lists]") {
  auto config = House::calm();
  config.max_jobs = 10;
  Disk disk = filled();
  House house(&disk, config);
  house.start();
  CHECK(house.queue->select({}).size() == 10);
  CHECK(house.queue->select({}).front() == 16);
}

TEST_CASE(
    "history: ended jobs older than a month go, but a clock set far ahead does not empty the list",
    "[lists]") {
  Disk disk = filled();
  for (auto& [id, record] : disk.rows)
    record.finished_at = record.created_at = wall_now() - std::chrono::hours(24 * 40);
  SECTION("all are old: it may be the clock") {
    House house(&disk);
    house.start();
    CHECK(house.queue->select({}).size() == 25);
  }
  SECTION("a young one shows that the clock is right") {
    disk.rows[25].created_at = disk.rows[25].finished_at = wall_now();
    House house(&disk);
    house.start();
    CHECK(house.queue->select({}) == std::vector<JobId>{25});
  }
}

TEST_CASE("history: what has become too much leaves every day, not once", "[lists]") {
  auto config = House::calm();
  config.max_jobs = 2;
  House house(nullptr, config);
  house.start();
  for (JobId id = 1; id <= 3; ++id) {
    house.send("/src/" + std::to_string(id));
    house.deliver(house.last_talk());
  }
  house.pass(24h - 1ms);
  CHECK(house.queue->select({}).size() == 3);
  house.pass(1ms);
  CHECK(house.queue->select({}) == std::vector<JobId>{2, 3});
  for (JobId id = 4; id <= 6; ++id) {
    house.send("/src/" + std::to_string(id));
    house.deliver(house.last_talk());
    house.pass(24h);
    CHECK(house.queue->select({}) == std::vector<JobId>{id - 1, id});
  }
}

TEST_CASE("figures: ten thousand jobs", "[lists][.figures]") {
  const auto resident_kb = [] {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t total = 0, resident = 0;
    statm >> total >> resident;
    return resident * 4;
  };
  const auto milliseconds = [](auto action) {
    const auto start = std::chrono::steady_clock::now();
    action();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
  };
  Journaled journaled;
  for (JobId id = 1; id <= 10'000; ++id) {
    JobRecord record;
    record.id = id;
    record.batch = "k3f9ab";
    record.account = 1;
    record.peer = "somebody@example.org";
    record.file.name = "photograph number " + std::to_string(id) + ".jpg";
    record.path = "/home/somebody/Pictures/2026/" + record.file.name;
    record.reason = JobReason::WaitingSlot;
    journaled.jobs.push_back(std::move(record));
  }
  House house;
  house.account().is_online = false;
  const auto before = resident_kb();
  WARN("start: " << milliseconds([&] { house.queue->start(std::move(journaled)); }) << " ms");
  WARN("records in memory: " << resident_kb() << " kB RSS, " << before
                             << " before taking them over; a record is " << sizeof(JobRecord)
                             << " bytes");
  WARN("list of 100: " << milliseconds([&] { static_cast<void>(house.queue->list({}, "", 100)); })
                       << " ms");
  WARN("counts: " << milliseconds([&] { static_cast<void>(house.queue->counts()); }) << " ms");
  WARN("active_jobs: " << milliseconds([&] { static_cast<void>(house.queue->active_jobs()); })
                       << " ms");
}

}  // namespace lists_test

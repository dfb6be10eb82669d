// SPDX-License-Identifier: MIT
#include "transfer/recovery.h"

#include "transfer/verb.h"
#include "unit/transfer/house.h"

namespace recovery_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

JobRecord record(Direction direction, JobState state) {
  JobRecord one;
  one.id = 1;
  one.direction = direction;
  one.account = 1;
  one.peer = direction == Direction::In ? kAnn + "/phone" : kAnn;
  one.file.name = "notes.txt";
  one.file.size = 1000;
  one.file.modified = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000));
  one.path = direction == Direction::Out ? "/src/a" : "";
  one.state = state;
  one.attempt = 2;
  one.transferred = 500;
  one.created_at = wall_now();
  return one;
}

}  // namespace

TEST_CASE("recovery: ended jobs stay as they were", "[recovery]") {
  auto one = record(GENERATE(Direction::Out, Direction::In),
                    GENERATE(JobState::Done, JobState::Failed, JobState::Cancelled));
  CHECK_FALSE(recover(one));
}

TEST_CASE("recovery: outgoing jobs that were under way are queued again, not charged",
          "[recovery]") {
  auto one = record(Direction::Out, GENERATE(JobState::Offered, JobState::Connecting,
                                             JobState::Active, JobState::Verifying));
  CHECK(recover(one));
  CHECK(one.state == JobState::Queued);
  CHECK(one.attempt == 1);
  CHECK(one.transferred == 0);
}

TEST_CASE("recovery: a queued job keeps its attempts", "[recovery]") {
  auto one = record(Direction::Out, JobState::Queued);
  one.reason = JobReason::Backoff;
  one.next_attempt_at = wall_now();
  CHECK(recover(one));
  CHECK(one.attempt == 2);
  CHECK(one.reason == JobReason::WaitingSlot);
}

TEST_CASE("recovery: an unanswered offer is withdrawn, an accepted one waits for its sender",
          "[recovery]") {
  auto open = record(Direction::In, JobState::Offered);
  CHECK(recover(open));
  CHECK(House::words(open) == "cancelled/withdrawn");
  CHECK(open.finished_at != WallTime{});

  auto accepted = record(Direction::In, JobState::Offered);
  accepted.accepted = true;
  CHECK(recover(accepted));
  CHECK(House::words(accepted) == "queued/waiting-peer");

  auto running =
      record(Direction::In, GENERATE(JobState::Connecting, JobState::Active, JobState::Verifying));
  CHECK(recover(running));
  CHECK(House::words(running) == "queued/waiting-peer");
  CHECK(running.waiting_since != WallTime{});
}

TEST_CASE("recovery: after a restart the sender's new offer continues without asking",
          "[recovery]") {
  Disk disk;
  {
    House house(&disk);
    house.start();
    auto answer = house.offered();
    REQUIRE(house.accept(1));
    answer->talk->open();
    house.settle();
  }
  House again(&disk);
  again.start();
  CHECK(again.state(1) == "queued/waiting-peer");
  auto answer = again.offered();
  REQUIRE(answer->talk);
  again.deliver(*answer);
  CHECK(again.state(1) == "done");
  CHECK(again.disk.parts().empty());
}

TEST_CASE("recovery: a job in a state that is not ours is listed, and nothing is done with it",
          "[recovery]") {
  Disk disk;
  const auto direction = GENERATE(Direction::Out, Direction::In);
  CAPTURE(to_string(direction));
  auto row = record(direction, JobState::Queued);
  row.id = 7;
  row.account = 1;
  row.peer = kAnn + "/phone";
  row.file = House::offer_of("notes.txt", 1000).file;
  row.folder = "/in";
  row.part_name = ".xmppft-9.part";
  row.publishing = GENERATE(false, true);
  row.waiting_since = wall_now();
  row.state = Word<JobState>::unknown("sleeping");
  disk.rows[7] = row;
  disk.rows[7].part.inode = disk.add("/in/.xmppft-9.part", 500);
  disk.add(row.path, 1000);
  {
    House house(&disk);
    house.start();
    house.offered();  // the same file: a job of its own, for who knows what the other waits for
    CHECK(house.state(8) == "offered/awaiting-user");
    REQUIRE(house.decline(8));
    house.pass(std::chrono::hours(24 * 400));
    CHECK(to_string(house.job(7).state) == "sleeping");
    CHECK(house.queue->counts().at(JobState::Unknown) == 1);
    CHECK(actions_of(house.job(7)) == std::vector<std::string_view>{"remove"});
    const auto how = house.cancel(7);
    REQUIRE_FALSE(how);
    CHECK(how.error().code == Errc::BadState);
    CHECK(how.error().detail.find("\"sleeping\", which this xmppftd does not know") !=
          std::string::npos);
    CHECK_FALSE(house.accept(7));
    CHECK_FALSE(house.decline(7));
    house.queue->account_removed(1);
    house.settle();
    CHECK(house.negotiator().talks.empty());
  }
  const auto& left = disk.rows.at(7);
  CHECK(House::words(left) == "sleeping");
  CHECK(left.publishing == row.publishing);
  CHECK(left.part_name == row.part_name);
  CHECK(left.waiting_since == row.waiting_since);
  CHECK(left.finished_at == WallTime{});
  CHECK(disk.names.count("/in/.xmppft-9.part") == 1);
  House house(&disk);
  house.start();
  CHECK(house.remove(7));
  CHECK(disk.rows.count(7) == 0);
  CHECK(disk.names.count("/in/.xmppft-9.part") == (direction == Direction::In ? 0 : 1));
}

TEST_CASE("recovery: of a job's methods those that are not ours are skipped, and it says so",
          "[recovery]") {
  Disk disk;
  auto row = record(Direction::Out, JobState::Queued);
  row.id = 7;
  row.account = 1;
  row.peer = kAnn;
  row.methods = {{"upload", "tor"}};
  const bool another = GENERATE(false, true);
  if (another) row.methods.push_back({"si-ibb", ""});
  row.source.inode = disk.add(row.path, 1000);
  row.source.device = 1;
  row.source.size = 1000;
  disk.rows[7] = row;
  House house(&disk);
  house.start();
  CHECK(house.state(7) == (another ? "offered/awaiting-peer" : "failed/no-method"));
  if (another) {
    CHECK(house.disk.stories[7].at(0).what == "skipped");
    CHECK(house.disk.stories[7].at(0).detail.find("upload/tor: ") == 0);
  }
  CHECK(house.job(7).methods.at(0).str() == "upload/tor");
  if (!another) CHECK(house.job(7).error_detail.find("\"upload/tor\"") != std::string::npos);
}

TEST_CASE("recovery: outgoing jobs start again by themselves, ids go on", "[recovery]") {
  Disk disk;
  {
    House house(&disk);
    house.start();
    house.send("/src/a");
    CHECK(house.state(1) == "offered/awaiting-peer");
  }
  House again(&disk);
  again.start();
  CHECK(again.state(1) == "offered/awaiting-peer");
  CHECK(again.job(1).attempt == 1);
  CHECK(again.send("/src/b") == 2);
}

TEST_CASE("recovery: a job whose account is gone waits for it", "[recovery]") {
  Disk disk;
  disk.rows[1] = record(Direction::Out, JobState::Queued);
  disk.rows[1].account = 77;
  House house(&disk);
  house.start();
  CHECK(house.state(1) == "queued/waiting-account");
  CHECK(house.cancel(1));
}

TEST_CASE("recovery: an ended job whose bytes were left behind is cleaned up", "[recovery]") {
  Disk disk;
  auto one = record(Direction::In, JobState::Cancelled);
  one.folder = "/in";
  one.part_name = ".xmppft-0.part";
  one.part.inode = disk.add("/in/.xmppft-0.part", 3);
  disk.rows[1] = one;
  House house(&disk);
  house.start();
  CHECK(disk.parts().empty());
  CHECK(disk.rows[1].part_name.empty());
}

TEST_CASE("recovery: old parts that no job knows are looked for wherever one may lie, each day",
          "[recovery]") {
  Disk disk;
  auto one = record(Direction::In, JobState::Queued);
  one.folder = "/elsewhere";
  one.part_name = ".xmppft-0.part";
  one.part.inode = disk.add("/elsewhere/.xmppft-0.part", 500);
  one.waiting_since = wall_now();
  disk.rows[1] = one;
  House house(&disk);
  AcceptRule rule;
  rule.from = kAnn;
  rule.folder = "/by-rule";
  REQUIRE(house.queue->set_rules({rule}));
  house.start();
  // One folder may be known by two paths.
  const std::set<std::string> in_use{one.part_name};
  const std::map<std::string, std::set<std::string>> expected{
      {"/in", in_use}, {"/by-rule", in_use}, {"/elsewhere", in_use}};
  house.settle();
  CHECK(house.files.swept == expected);
  house.files.swept.clear();
  house.pass(24h);
  CHECK(house.files.swept == expected);
}

TEST_CASE("recovery: ten thousand queued jobs keep their order", "[recovery]") {
  Disk disk;
  for (JobId id = 1; id <= 10'000; ++id) {
    disk.rows[id] = record(Direction::Out, JobState::Queued);
    disk.rows[id].id = id;
    disk.rows[id].file.name = std::to_string(id);
    disk.rows[id].reason = JobReason::WaitingSlot;
    disk.rows[id].source = {1, 100, 1000, 0, 0};
  }
  disk.next_inode = 100;
  disk.add("/src/a", 1000);
  House house(&disk);
  house.start();
  for (int i = 1; i <= 5; ++i) {
    CHECK(house.last_talk()->offer->file.name == std::to_string(i));
    house.deliver(house.last_talk());
  }
  CHECK(house.store.puts < 60);
}

namespace {

Offer named(int number) {
  auto offer = House::offer_of("file-" + std::to_string(number), 1000);
  offer.file_id = "f" + std::to_string(number);
  return offer;
}

/// More than rules take of one peer at a time: the last one waits.
JobId waits_for_room(House& house) {
  house.start();
  REQUIRE(house.queue->set_rules({rule(kAnn)}));
  for (int i = 1; i <= 17; ++i) house.offered(named(i));
  REQUIRE(house.state(17) == "offered/waiting-slot");
  return 17;
}

}  // namespace

TEST_CASE("recovery: what a rule takes and had no room for is the same job when it comes again",
          "[recovery]") {
  House before;
  const auto id = waits_for_room(before);
  House house(&before.disk);
  house.start();
  REQUIRE(house.queue->set_rules({rule(kAnn)}));
  CHECK(house.state(id) == "offered/waiting-slot");
  CHECK(house.accept(id).error().code == Errc::BadState);
  SECTION("at once") {
    auto again = house.offered(named(17));
    REQUIRE(again->talk);
    house.deliver(*again);
    CHECK(house.state(id) == "done");
    CHECK(house.queue->newest() == 17);
  }
  SECTION("when there is no room yet") {
    for (int i = 1; i <= 16; ++i) REQUIRE(house.offered(named(i))->talk);
    auto again = house.offered(named(17));
    CHECK(house.state(id) == "offered/waiting-slot");
    CHECK_FALSE(again->declined);
    house.pass(house.config.expire + 1s);
    CHECK(again->declined->code == Errc::Constraint);
  }
  SECTION("no rule takes it any more: the user is asked") {
    REQUIRE(house.queue->set_rules({}));
    house.offered(named(17));
    CHECK(house.state(id) == "offered/awaiting-user");
    CHECK(house.accept(id));
  }
  SECTION("its user does not want it, which its sender hears") {
    CHECK((GENERATE(true, false) ? house.decline(id) : house.cancel(id)));
    CHECK(house.state(id) == "cancelled/user");
    CHECK(house.offered(named(17))->declined->code == Errc::Cancelled);
  }
  SECTION("it does not come again") {
    house.pass(16min);
    CHECK(house.state(id) == "cancelled/withdrawn");
  }
}

TEST_CASE("recovery: a sender of another kind does not come again by itself", "[recovery]") {
  auto one = record(Direction::In, JobState::Offered);
  one.reason = JobReason::WaitingSlot;
  CHECK(recover(one));
  CHECK(one.state == JobState::Cancelled);
}

}  // namespace recovery_test

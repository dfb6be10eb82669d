// SPDX-License-Identifier: MIT
// In memory: kill -9 before and after every encounter of one receive with the disk.
#include "unit/transfer/house.h"

namespace crash_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

const std::string kTarget = "/in/notes.txt";

/// R2: whatever has a final name is whole, synced and verified.
void check_names(const Disk& disk) {
  for (const auto& [path, inode] : disk.names) {
    if (path.ends_with(".part") || path.ends_with(".bad")) continue;
    INFO(path);
    CHECK(disk.inodes.at(inode).whole);
    CHECK(disk.inodes.at(inode).synced);
  }
}

/// Goes as far as it can; a crash makes the steps after it do nothing.
void receive_all(House& house, bool already_accepted) {
  auto answer = std::make_shared<Answer>();
  house.queue->on_offer(1, std::make_unique<FakeOffer>(House::offer_of("notes.txt", 1000),
                                                       house.negotiator(), answer));
  house.settle();
  const JobId id = house.queue->newest();
  if (!already_accepted && id != 0 && house.queue->find(id) != nullptr && !answer->talk)
    house.queue->accept(id, {}, [](Result<void>) {});
  house.settle();
  if (!answer->talk || answer->talk->handler == nullptr) return;
  auto line = answer->talk->open();
  house.settle();
  if (line->handler == nullptr) return;
  house.disk.inodes[line->file.file->identity.inode] = {1000, true, false};
  line->handler->on_end(Moved{line->range.length, Hash{HashAlgo::Sha256, "aa"}});
  house.settle();
  if (!answer->talk->delivered) return;
  answer->talk->receiver->on_declared(Hash{HashAlgo::Sha256, "aa"});
  house.settle();
  if (answer->talk->completed) CHECK(house.disk.rows[id].state == JobState::Done);
}

}  // namespace

TEST_CASE(
    "crash: at every encounter with the disk the job survives, is published once, and ends exact",
    "[crash]") {
  int encounters = 0;
  {
    House whole;
    whole.disk.add(kTarget, 5);  // so that a second name is needed
    whole.start();
    receive_all(whole, false);
    encounters = whole.crash.met;
    REQUIRE(whole.state(1) == "done");
  }
  REQUIRE(encounters > 10);
  for (int point = 0; point < encounters; ++point) {
    INFO("killed at encounter " << point << " of " << encounters);
    Disk disk;
    const auto users = disk.add(kTarget, 5);
    bool accepted = false;
    {
      House house(&disk);
      house.crash.left = point;
      house.start();
      receive_all(house, false);
      CHECK(house.crash.down);
      check_names(disk);
      if (disk.rows.count(1) != 0) accepted = disk.rows[1].accepted;
    }
    House again(&disk);
    again.start();
    check_names(disk);
    CHECK(disk.names[kTarget] == users);  // R3
    if (disk.rows.empty()) continue;      // killed before anything was promised
    const auto state = again.state(1);
    if (!accepted) {
      CHECK(state == "cancelled/withdrawn");
      continue;
    }
    if (state != "done") {
      CHECK(state == "queued/waiting-peer");
      receive_all(again, true);
      CHECK(again.queue->newest() == 1);  // no second question, no second job
    }
    CHECK(again.state(1) == "done");
    CHECK(again.job(1).path == "/in/notes (2).txt");
    CHECK(disk.names.count("/in/notes (2).txt") == 1);
    CHECK(disk.names.count("/in/notes (3).txt") == 0);  // R5
    check_names(disk);
  }
}

TEST_CASE("crash: a second kill during recovery changes nothing", "[crash]") {
  Disk half;
  {
    House house(&half);
    house.start();
    // Up to and with the commit of `publishing`.
    auto answer = house.offered();
    REQUIRE(house.accept(1));
    auto line = answer->talk->open();
    house.settle();
    half.inodes[line->file.file->identity.inode] = {1000, true, false};
    line->handler->on_end(Moved{1000, std::nullopt});
    house.settle();
    answer->talk->receiver->on_declared(std::nullopt);
    while (!half.rows[1].publishing) REQUIRE(house.turns.run_one());
  }
  int encounters = 0;
  {
    Disk disk = half;
    House whole(&disk);
    whole.start();
    encounters = whole.crash.met;
    REQUIRE(whole.state(1) == "done");
  }
  REQUIRE(encounters > 5);
  for (int point = 0; point < encounters; ++point) {
    INFO("killed at encounter " << point << " of the recovery");
    Disk disk = half;
    {
      House house(&disk);
      house.crash.left = point;
      house.start();
      CHECK(house.crash.down);
      check_names(disk);
    }
    House again(&disk);
    again.start();
    CHECK(again.state(1) == "done");
    CHECK(disk.names.count(kTarget) == 1);
    CHECK(disk.parts().empty());
  }
}

TEST_CASE("crash: an id that was returned is there after any kill (R1)", "[crash]") {
  std::vector<JobId> promised;
  const auto send_five = [&](House& house) {
    promised.clear();
    house.start();
    for (int i = 0; i < 5; ++i) {
      house.queue->submit(house.request("/src/a", kBob), [&](SendOutcome outcome) {
        if (!house.crash.down)
          promised.insert(promised.end(), outcome.ids.begin(), outcome.ids.end());
      });
      house.settle();
    }
  };
  int encounters = 0;
  {
    House whole;
    whole.disk.add("/src/a", 1000);
    send_five(whole);
    encounters = whole.crash.met;
    REQUIRE(promised.size() == 5);
  }
  REQUIRE(encounters > 10);
  for (int point = 0; point < encounters; ++point) {
    INFO("killed at encounter " << point << " of " << encounters);
    Disk disk;
    disk.add("/src/a", 1000);
    {
      House house(&disk);
      house.crash.left = point;
      send_five(house);
      CHECK(house.crash.down);
    }
    House again(&disk);
    again.start();
    for (const JobId id : promised) CHECK(again.queue->find(id) != nullptr);
    // and none is given twice
    const auto next = again.send("/src/a", kBob);
    CHECK(std::find(promised.begin(), promised.end(), next) == promised.end());
  }
}

}  // namespace crash_test

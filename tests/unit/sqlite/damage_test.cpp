// SPDX-License-Identifier: MIT
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "disk_fault.h"
#include "journal_fixture.h"
#include "sqlite/database.h"
#include "sqlite/job_columns.h"

namespace damage_test {

using namespace xmppftd;
namespace fs = std::filesystem;

namespace {

/// A state folder with jobs 1..count and a line of history each, closed in order, without a copy.
std::string filled(const TempFolder& temp, std::size_t count) {
  HandPoster core;
  const std::string folder = temp.file("state");
  auto opened = Journal::open(folder, core);
  REQUIRE(opened);
  std::vector<JobRecord> jobs;
  for (JobId id = 1; id <= count; ++id) jobs.push_back(full_record(id));
  opened->first->put(std::move(jobs), [](Result<void> how) { REQUIRE(how); });
  for (JobId id = 1; id <= count; ++id) opened->first->add_step(id, {WallTime{}, "offered", ""});
  core.run(1);
  opened->first.reset();
  fs::remove(folder + "/jobs.db.bak");
  return folder;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string kept_original(const std::string& folder) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (const auto name = entry.path().filename().string();
        name.starts_with("jobs.db.bad-") && !name.ends_with("-wal"))
      return read_file(entry.path().string());
  return {};
}

}  // namespace

TEST_CASE("damage: one changed row is lost and told, the others and their stories live",
          "[damage]") {
  TempFolder temp;
  const auto folder = filled(temp, 50);
  {
    auto database = Database::open(folder + "/jobs.db");
    REQUIRE(database);
    REQUIRE((*database)->execute("UPDATE jobs SET size = 1 WHERE id = 17"));
  }
  const auto damaged = read_file(folder + "/jobs.db");
  HandPoster core;
  auto opened = Journal::open(folder, core);
  REQUIRE(opened);
  CHECK(opened->second.degraded);
  CHECK(opened->second.jobs.size() == 49);
  CHECK(opened->second.next_id > 50);
  REQUIRE(opened->second.warnings.size() == 1);
  CHECK(opened->second.warnings[0].find("lost: 17.") != std::string::npos);
  CHECK((kept_original(folder) == damaged));
  std::size_t lines = 0;
  opened->first->history(18, [&](auto entries) { lines = entries->size(); });
  core.run(1);
  CHECK(lines == 1);

  opened->first.reset();
  auto again = Journal::open(folder, core);
  REQUIRE(again);
  CHECK(again->second.degraded);  // it was not told
  CHECK(again->second.warnings == opened->second.warnings);
  CHECK(again->second.jobs.size() == 49);
  again->first->loss_was_told();
  again->first.reset();
  again = Journal::open(folder, core);
  REQUIRE(again);
  CHECK_FALSE(again->second.degraded);
  CHECK(again->second.warnings.empty());
  CHECK(again->second.jobs.size() == 49);
}

TEST_CASE("damage: whatever ends saving, the next start has the same rows and tells the loss",
          "[damage]") {
  const auto fault =
      GENERATE(DiskFault::KillAtStatement, DiskFault::KillAtWrite, DiskFault::KillAtHalfWrite,
               DiskFault::KillAtStep, DiskFault::Full, DiskFault::Broken);
  CAPTURE(fault);
  TempFolder temp;
  const auto original = filled(temp, 30);
  {
    auto database = Database::open(original + "/jobs.db");
    REQUIRE(database);
    REQUIRE((*database)->execute("UPDATE jobs SET size = 1 WHERE id = 17"));
  }
  const auto damaged = read_file(original + "/jobs.db");
  const auto folder = temp.file("try");
  const auto start = [&] {
    auto opened = open_journal_file(folder);
    REQUIRE(opened);
    REQUIRE(opened->contents.degraded);
    REQUIRE(opened->contents.warnings.size() == 1);
    REQUIRE(opened->contents.warnings[0].find("29 jobs were saved; lost: 17.") !=
            std::string::npos);
    REQUIRE(opened->contents.jobs.size() == 29);
    for (const auto& job : opened->contents.jobs)
      REQUIRE(to_cells(job) == to_cells(full_record(job.id)));
    REQUIRE((kept_original(folder) == damaged));
    return opened->contents.next_id;
  };
  fs::copy(original, folder);
  const auto next_id = start();
  CHECK(next_id > 30);
  int faults = 0;
  for (int encounter = 0;; ++encounter) {
    INFO("encounter " << encounter);
    fs::remove_all(folder);
    fs::copy(original, folder);
    const auto outcome = open_with_fault(folder, fault, encounter);
    if (outcome == Outcome::Refused || outcome == Outcome::RefusedAsFull) {
      REQUIRE((outcome == Outcome::RefusedAsFull) == (fault == DiskFault::Full));
      if (!fs::exists(folder + "/jobs.db.new")) {
        auto kept = kept_original(folder);
        REQUIRE(((kept.empty() ? read_file(folder + "/jobs.db") : kept) == damaged));
      }
    }
    REQUIRE(start() >= next_id);
    if (outcome == Outcome::Opened) break;
    ++faults;
  }
  CHECK(faults > 5);
}

TEST_CASE("damage: what stands before and behind a ruined page is saved", "[damage]") {
  TempFolder temp;
  const auto folder = filled(temp, 400);
  auto content = read_file(folder + "/jobs.db");
  const auto place = content.find("wanted (2).txt", content.size() / 3) / 4096 * 4096;
  REQUIRE(place + 8192 < content.size());
  content.replace(place, 4096, 4096, '\x5a');
  write_file(folder + "/jobs.db", content);
  HandPoster core;
  auto opened = Journal::open(folder, core);
  REQUIRE(opened);
  CHECK(opened->second.degraded);
  CHECK(opened->second.jobs.size() > 300);
  CHECK(opened->second.jobs.size() < 400);
  CHECK(opened->second.jobs.front().id == 1);
  CHECK(opened->second.jobs.back().id == 400);
  CHECK(opened->second.next_id > 400);
}

TEST_CASE("damage: what is no database at all starts a new one and is kept", "[damage]") {
  TempFolder temp;
  const auto folder = filled(temp, 5);
  const std::string content =
      GENERATE(std::string(5000, 'x'), std::string(4096, '\0'), std::string("SQLite format 3"));
  write_file(folder + "/jobs.db", content);
  const bool marked = GENERATE(true, false);
  if (!marked) fs::remove(folder + "/jobs.mark");
  HandPoster core;
  auto opened = Journal::open(folder, core);
  REQUIRE(opened);
  CHECK(opened->second.degraded);
  CHECK(opened->second.jobs.empty());
  CHECK((marked ? opened->second.next_id == 6 : opened->second.next_id > 1000));
  CHECK((kept_original(folder) == content));
}

TEST_CASE("damage: what is no file of ours in the place of one is refused and left alone",
          "[damage]") {
  TempFolder temp;
  const auto folder = filled(temp, 3);
  const auto sound = read_file(folder + "/jobs.db");
  const std::string name = GENERATE("jobs.db", "jobs.db-wal", "jobs.db-journal", "jobs.db.new",
                                    "jobs.db.tmp", "jobs.db.bak", "jobs.db.bak.tmp", "jobs.mark");
  const auto path = folder + "/" + name;
  CAPTURE(path);
  fs::remove(path);
  write_file(temp.file("precious"), "content");
  auto code = Errc::NotRegularFile;
  SECTION("folder") { fs::create_directory(path); }
  SECTION("fifo") { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }
  SECTION("link") { fs::create_symlink(temp.file("precious"), path); }
  SECTION("link that leads nowhere") { fs::create_symlink(temp.file("nothing"), path); }
  SECTION("another user's") {
    if (::geteuid() != 0) return;
    write_file(path, "content");
    REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
    code = Errc::UnsafeFolder;
  }
  HandPoster core;
  const auto opened = Journal::open(folder, core);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == code);
  CHECK(opened.error().detail.starts_with(path + " "));
  CHECK(opened.error().detail.find("move it away and start again") != std::string::npos);
  CHECK(read_file(temp.file("precious")) == "content");
  CHECK_FALSE(fs::exists(temp.file("nothing")));
  CHECK(kept_original(folder).empty());
  if (name != "jobs.db") CHECK((read_file(folder + "/jobs.db") == sound));
}

TEST_CASE("damage: a newer schema is refused, not touched", "[damage]") {
  TempFolder temp;
  const auto folder = filled(temp, 3);
  {
    auto database = Database::open(folder + "/jobs.db");
    REQUIRE((*database)->execute("PRAGMA user_version = 99"));
  }
  const auto content = read_file(folder + "/jobs.db");
  HandPoster core;
  auto opened = Journal::open(folder, core);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::Config);
  for (const auto* word : {"/jobs.db", "a newer xmppftd", "version 99", "move the file away"})
    CHECK(opened.error().detail.find(word) != std::string::npos);
  CHECK(kept_original(folder).empty());
  CHECK((read_file(folder + "/jobs.db") == content));
}

TEST_CASE("damage: no flipped bit or cut makes a wrong row appear", "[damage]") {
  TempFolder temp;
  const auto folder = filled(temp, 60);
  const auto sound = read_file(folder + "/jobs.db");
  std::vector<std::string> good;
  for (JobId id = 1; id <= 60; ++id) good.push_back(full_record(id).path);
  std::minstd_rand random(GENERATE(range(1u, 41u)));
  auto content = sound;
  if (random() % 4 == 0) {
    content.resize(1 + random() % sound.size());
  } else {
    for (int i = 0; i < 3; ++i)
      content[random() % content.size()] ^= static_cast<char>(1 << random() % 8);
  }
  fs::remove_all(folder);
  fs::create_directory(folder);
  write_file(folder + "/jobs.db", content);
  HandPoster core;
  auto opened = Journal::open(folder, core);
  if (!opened) {
    CHECK((read_file(folder + "/jobs.db") == content));  // refused: nothing was touched
    return;
  }
  for (const auto& job : opened->second.jobs) {
    CHECK(job.file.size == full_record(job.id).file.size);
    CHECK(job.final_name == full_record(job.id).final_name);
  }
  if (opened->second.jobs.size() < 60) {
    CHECK(opened->second.degraded);
    CHECK((kept_original(folder) == content));
  }
}

}  // namespace damage_test

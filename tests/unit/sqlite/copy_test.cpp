// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <fstream>

#include "disk_fault.h"
#include "journal_fixture.h"
#include "sqlite/database.h"
#include "sqlite/job_columns.h"
#include "sqlite/journal_copy.h"
#include "sqlite/journal_file.h"
#include "sqlite/migrations.h"

namespace copy_test {

using namespace xmppftd;
namespace fs = std::filesystem;

namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put(Journal& journal, HandPoster& core, JobId first, JobId last) {
  for (JobId id = first; id <= last; ++id) {
    journal.put({full_record(id)}, [](Result<void> how) { REQUIRE(how); });
    journal.add_step(id, {WallTime{}, "offered", ""});
    core.run(1);
  }
}

/// A journal of jobs 1 to 20, a copy with them, and then jobs 21 to 30, killed.
std::string killed(const TempFolder& temp) {
  HandPoster core;
  {
    auto opened = Journal::open(temp.file("alive"), core);
    REQUIRE(opened);
    put(*opened->first, core, 1, 20);
  }
  auto opened = Journal::open(temp.file("alive"), core);
  REQUIRE(opened);
  put(*opened->first, core, 21, 30);
  fs::copy(temp.file("alive"), temp.file("state"));
  return temp.file("state");
}

JournalFile start(const std::string& folder) {
  auto opened = open_journal_file(folder);
  if (!opened) FAIL(opened.error().detail);
  for (const auto& job : opened->contents.jobs)
    REQUIRE(to_cells(job) == to_cells(full_record(job.id)));
  return std::move(*opened);
}

std::int64_t jobs_in(const std::string& path) {
  auto database = Database::open(path);
  REQUIRE(database);
  return (*database)->number("SELECT count(*) FROM jobs").value();
}

void execute(const std::string& folder, const std::string& sql) {
  auto database = Database::open(folder + "/jobs.db");
  REQUIRE(database);
  REQUIRE((*database)->execute(sql));
}

bool says(const JournalFile& file, const std::string& words) {
  CAPTURE(file.contents.warnings);
  return !file.contents.warnings.empty() &&
         file.contents.warnings.front().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("copy: made at the end and after an hour, where something changed, for our eyes only",
          "[copy]") {
  TempFolder temp;
  const auto folder = temp.file("state");
  const auto copy = folder + "/jobs.db.bak";
  HandPoster core;
  {
    auto opened = Journal::open(folder, core);
    REQUIRE(opened);
    put(*opened->first, core, 1, 3);
    CHECK_FALSE(fs::exists(copy));
  }
  CHECK(jobs_in(copy) == 3);
  struct stat first {};
  REQUIRE(::stat(copy.c_str(), &first) == 0);
  CHECK((first.st_mode & 07777) == 0600);
  { REQUIRE(Journal::open(folder, core)); }
  struct stat second {};
  REQUIRE(::stat(copy.c_str(), &second) == 0);
  CHECK(second.st_ino == first.st_ino);  // nothing changed

  auto opened = Journal::open(folder, core, std::chrono::milliseconds(50));
  REQUIRE(opened);
  put(*opened->first, core, 4, 5);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (jobs_in(copy) < 5 && std::chrono::steady_clock::now() < end) ::usleep(10'000);
  CHECK(jobs_in(copy) == 5);
  CHECK_FALSE(fs::exists(copy + ".tmp"));
}

TEST_CASE("copy: made before a migration", "[copy][migration]") {
  TempFolder temp;
  const auto folder = temp.file("state");
  fs::create_directory(folder);
  const auto sql = read_file(FIXTURES "/version-2.sql");
  execute(folder, "PRAGMA journal_mode = WAL;" + sql);
  REQUIRE(open_journal_file(folder));
  auto copy = Database::open(folder + "/jobs.db.bak");
  REQUIRE(copy);
  CHECK((*copy)->number("PRAGMA user_version").value() == 2);
  CHECK((*copy)->number("SELECT count(*) FROM jobs").value() > 30);
}

TEST_CASE("copy: a row that is damaged is taken from it, and told", "[copy][damage]") {
  TempFolder temp;
  const auto folder = killed(temp);
  execute(folder, "UPDATE jobs SET size = 1 WHERE id IN (7, 25)");
  const auto opened = start(folder);
  CHECK(opened.contents.degraded);
  CHECK(opened.contents.jobs.size() == 29);
  CHECK(says(opened, "28 jobs were saved; lost: 25; as they stood in jobs.db.bak of 20"));
  CHECK(says(opened, "UTC: 7. The original"));
  CHECK(opened.database->number("SELECT count(*) FROM history WHERE job = 7").value() == 1);
  CHECK(opened.contents.next_id == 31);
}

TEST_CASE("copy: one of an older version serves, too", "[copy][damage][migration]") {
  TempFolder temp;
  const auto folder = temp.file("state");
  fs::create_directory(folder);
  execute(folder, "PRAGMA journal_mode = WAL;" + read_file(FIXTURES "/version-2.sql"));
  const auto before = open_journal_file(folder)->contents.jobs;
  execute(folder, "UPDATE jobs SET size = size + 1 WHERE id = 65");
  const auto opened = open_journal_file(folder);
  REQUIRE(opened);
  CHECK(says(*opened, "UTC: 65."));
  REQUIRE(opened->contents.jobs.size() == before.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    CHECK(to_cells(opened->contents.jobs[i]) == to_cells(before[i]));
}

TEST_CASE("copy: a database that is empty, or older than it, is replaced by it", "[copy][damage]") {
  TempFolder temp;
  const auto folder = killed(temp);
  fs::remove(folder + "/jobs.db-wal");
  std::string original;
  SECTION("empty") { fs::resize_file(folder + "/jobs.db", 0); }
  SECTION("older") {
    HandPoster core;
    {
      auto young = Journal::open(temp.file("young"), core);
      REQUIRE(young);
      put(*young->first, core, 1, 2);
    }
    fs::copy(temp.file("young") + "/jobs.db", folder + "/jobs.db",
             fs::copy_options::overwrite_existing);
    original = read_file(folder + "/jobs.db");
  }
  const bool marked = GENERATE(true, false);
  if (!marked) fs::remove(folder + "/jobs.mark");
  const auto opened = start(folder);
  CHECK(opened.contents.degraded);
  CHECK(opened.contents.jobs.size() == 20);
  CHECK(says(opened, "20 jobs were saved from jobs.db.bak of 20"));
  CHECK(opened.contents.next_id == (marked ? 31 : 21));
  if (marked) CHECK(says(opened, "nothing is known of jobs 21 to 30"));
  const auto& told = opened.contents.warnings.front();
  CHECK((read_file(told.substr(told.rfind(' ') + 1)) == original));
}

TEST_CASE("copy: a database that is gone begins empty, whatever the copy holds", "[copy]") {
  TempFolder temp;
  const auto folder = killed(temp);
  fs::remove(folder + "/jobs.db");
  const bool marked = GENERATE(true, false);
  if (!marked) fs::remove(folder + "/jobs.mark");
  for (int i = 0; i < 2; ++i) {
    const auto opened = start(folder);
    CHECK_FALSE(opened.contents.degraded);
    CHECK(opened.contents.jobs.empty());
    CHECK(opened.contents.next_id == (marked ? 31 : 21));
  }
}

TEST_CASE("copy: one that is damaged, or of a newer version, does no harm", "[copy][damage]") {
  TempFolder temp;
  const auto folder = killed(temp);
  const auto copy = folder + "/jobs.db.bak";
  SECTION("empty") { fs::resize_file(copy, 0); }
  SECTION("cut") { fs::resize_file(copy, 5000); }
  SECTION("no database") { std::ofstream(copy) << std::string(5000, 'x'); }
  SECTION("its counter is damaged, and a row") {
    auto database = Database::open(copy);
    REQUIRE((*database)->execute("UPDATE meta SET value = 1000000 WHERE key <> 'loss'"));
    REQUIRE((*database)->execute("UPDATE jobs SET size = 1 WHERE id = 3"));
  }
  SECTION("newer") {
    auto database = Database::open(copy);
    REQUIRE((*database)->execute("PRAGMA user_version = 99"));
  }
  const auto opened = start(folder);
  CHECK_FALSE(opened.contents.degraded);
  CHECK(opened.contents.jobs.size() == 30);
  CHECK(opened.contents.next_id == 31);
}

TEST_CASE("copy: none is taken of damaged rows: the one before may have them sound", "[copy]") {
  TempFolder temp;
  const auto folder = killed(temp);
  const auto copy = read_file(folder + "/jobs.db.bak");
  HandPoster core;
  {
    auto opened = Journal::open(folder, core);
    REQUIRE(opened);
    put(*opened->first, core, 31, 31);
    opened->first.reset();
    opened = Journal::open(folder, core);
    fs::copy(folder, temp.file("later"));
  }
  const auto later = temp.file("later");
  const auto sound = read_file(later + "/jobs.db.bak");
  auto file = open_journal_file(later);
  REQUIRE(file);
  REQUIRE(file->database->execute("UPDATE jobs SET size = 1 WHERE id = 3"));
  CHECK_FALSE(copy_journal_file(*file->database, file->folder, journal_version()));
  CHECK((read_file(later + "/jobs.db.bak") == sound));
  CHECK((sound != copy));
}

}  // namespace copy_test

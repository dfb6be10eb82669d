// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <fstream>

#include "journal_fixture.h"
#include "sqlite/database.h"
#include "sqlite/journal_file.h"

namespace mark_test {

using namespace xmppftd;
namespace fs = std::filesystem;

namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

constexpr JobId kJobs = 30;

/// What a kill -9 leaves of a journal in which jobs 1 to 30 were put, each in a commit of its own.
/// The last one was removed.
std::string killed(const TempFolder& temp) {
  HandPoster core;
  auto opened = Journal::open(temp.file("alive"), core);
  REQUIRE(opened);
  for (JobId id = 1; id <= kJobs; ++id) {
    opened->first->put({full_record(id)}, [](Result<void> how) { REQUIRE(how); });
    core.run(1);
  }
  opened->first->remove({kJobs}, [](Result<void> how) { REQUIRE(how); });
  core.run(1);
  fs::copy(temp.file("alive"), temp.file("state"));
  return temp.file("state");
}

struct Start {
  std::size_t jobs;
  JobId next_id;
  bool degraded;
  std::string told;
};
Start start(const std::string& folder) {
  auto opened = open_journal_file(folder);
  if (!opened) FAIL(opened.error().detail);
  auto& contents = opened->contents;
  for (const auto& job : contents.jobs) REQUIRE(job.path == full_record(job.id).path);
  return {contents.jobs.size(), contents.next_id, contents.degraded,
          contents.warnings.empty() ? "" : contents.warnings.front()};
}

}  // namespace

TEST_CASE("mark: a log that ends early is told, and no id is given out again", "[mark]") {
  TempFolder temp;
  const auto original = killed(temp);
  const auto log = read_file(original + "/jobs.db-wal");
  const auto folder = temp.file("try");
  const bool cut = GENERATE(false, true);
  std::size_t early = 0;
  for (std::size_t at = 40; at < log.size(); at += 4120 / 2) {
    INFO(at << " of " << log.size());
    fs::remove_all(folder);
    fs::copy(original, folder);
    auto damaged = log;
    if (cut)
      damaged.resize(at);
    else
      damaged[at] ^= 4;
    write_file(folder + "/jobs.db-wal", damaged);
    const auto next = start(folder);
    REQUIRE(next.next_id >= kJobs + 1);
    REQUIRE(next.degraded);
    REQUIRE(next.told.find("The original is kept as") != std::string::npos);
    early += next.told.find("ended early") != std::string::npos;
    const auto unknown = next.told.find("nothing is known of jobs ");
    if (next.jobs + 1 < kJobs) REQUIRE(unknown != std::string::npos);
    const auto again = start(folder);  // until it was told
    REQUIRE(again.degraded);
    REQUIRE(again.next_id == next.next_id);
    REQUIRE(again.jobs == next.jobs);
  }
  CHECK(early > 20);
}

TEST_CASE("mark: a database that is empty, cut or gone does not have its ids given out again",
          "[mark]") {
  TempFolder temp;
  const auto folder = killed(temp);
  const auto database = folder + "/jobs.db";
  const bool with_log = GENERATE(true, false);
  if (!with_log) fs::remove(folder + "/jobs.db-wal");
  bool gone = false;
  SECTION("empty") { fs::resize_file(database, 0); }
  SECTION("cut within the first page") { fs::resize_file(database, 1000); }
  SECTION("cut") { fs::resize_file(database, fs::file_size(database) / 2 / 4096 * 4096); }
  SECTION("zeros") { write_file(database, std::string(8192, '\0')); }
  SECTION("gone: the user moved it away to begin anew") {
    fs::remove(database);
    gone = true;
  }
  const auto next = start(folder);
  CHECK(next.next_id >= kJobs + 1);
  CHECK(next.next_id < kJobs + 10);
  CHECK(next.degraded == !gone);
  if (gone) CHECK(next.jobs == 0);
  const auto again = start(folder);
  CHECK(again.next_id == next.next_id);
  CHECK(again.jobs == next.jobs);
}

TEST_CASE("mark: one that is missing, old, damaged or cannot be written is no loss", "[mark]") {
  TempFolder temp;
  const auto folder = killed(temp);
  const auto path = folder + "/jobs.mark";
  const auto said = read_file(path);
  REQUIRE(said.size() > 60);
  SECTION("missing") { fs::remove(path); }
  SECTION("empty") { write_file(path, ""); }
  SECTION("cut") { fs::resize_file(path, 40); }
  SECTION("longer") { write_file(path, said + "and so on"); }
  SECTION("every byte of it damaged") {
    for (std::size_t i = 0; i < said.size(); ++i) {
      auto damaged = said;
      damaged[i] ^= 1;
      const auto copy = temp.file("copy");
      fs::remove_all(copy);
      fs::copy(folder, copy);
      write_file(copy + "/jobs.mark", damaged);
      const auto next = start(copy);
      REQUIRE_FALSE(next.degraded);
      REQUIRE(next.next_id == kJobs + 1);
    }
  }
  SECTION("of an earlier commit") {
    const auto early = temp.file("early");
    HandPoster core;
    { REQUIRE(Journal::open(early, core)); }
    fs::copy(early + "/jobs.mark", path, fs::copy_options::overwrite_existing);
  }
  const auto next = start(folder);
  CHECK_FALSE(next.degraded);
  CHECK(next.jobs == kJobs - 1);
  CHECK(next.next_id == kJobs + 1);
  CHECK(read_file(path).starts_with(said));
}

TEST_CASE("mark: an older database that is put back is told, and its ids go on above", "[mark]") {
  TempFolder temp;
  const auto folder = temp.file("state");
  HandPoster core;
  const auto put = [&](JobId id) {
    auto opened = Journal::open(folder, core);
    REQUIRE(opened);
    opened->first->put({full_record(id)}, {});
  };
  put(1);
  fs::copy(folder + "/jobs.db", temp.file("backup"));
  put(2);
  put(3);
  fs::copy(temp.file("backup"), folder + "/jobs.db", fs::copy_options::overwrite_existing);
  fs::remove(folder + "/jobs.db.bak");
  const auto next = start(folder);
  CHECK(next.degraded);
  CHECK(next.jobs == 1);
  CHECK(next.next_id == 4);
  CHECK(next.told.find("nothing is known of jobs 2 to 3") != std::string::npos);
}

TEST_CASE("mark: for our eyes only", "[mark]") {
  TempFolder temp;
  const auto path = killed(temp) + "/jobs.mark";
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
}

}  // namespace mark_test

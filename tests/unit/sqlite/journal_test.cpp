// SPDX-License-Identifier: MIT
#include "sqlite/journal.h"

#include <sys/stat.h>

#include "journal_fixture.h"
#include "sqlite/job_columns.h"
#include "support/any_text.h"

namespace journal_test {

using namespace xmppftd;
namespace fs = std::filesystem;

namespace {

struct Opened {
  std::unique_ptr<Journal> journal;
  Journaled contents;
};

Opened open_journal(const std::string& folder, Poster& core) {
  auto opened = Journal::open(folder, core);
  if (!opened) FAIL(opened.error().detail);
  return {std::move(opened->first), std::move(opened->second)};
}

std::vector<JobRecord> records(JobId first, std::size_t count) {
  std::vector<JobRecord> list;
  for (std::size_t i = 0; i < count; ++i) list.push_back(full_record(first + i));
  return list;
}

JobRecord plain_record(JobId id) {
  JobRecord job;
  job.id = id;
  return job;
}

void put_and_wait(Opened& opened, HandPoster& core, std::vector<JobRecord> jobs) {
  Result<void> how = Error{};
  opened.journal->put(std::move(jobs), [&](Result<void> result) { how = result; });
  core.run(1);
  REQUIRE(how);
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("journal: every member of a record comes back after a restart", "[journal]") {
  TempFolder temp;
  HandPoster core;
  {
    auto opened = open_journal(temp.file("state"), core);
    CHECK(opened.contents.jobs.empty());
    CHECK(opened.contents.next_id == 1);
    CHECK_FALSE(opened.contents.degraded);
    auto unknown_size = full_record(43);
    unknown_size.file.size = std::nullopt;
    put_and_wait(opened, core, {full_record(41), plain_record(42), unknown_size});
  }
  auto again = open_journal(temp.file("state"), core);
  REQUIRE(again.contents.jobs.size() == 3);
  CHECK(to_cells(again.contents.jobs[0]) == to_cells(full_record(41)));
  CHECK(again.contents.jobs[0].durable == 13);
  CHECK(to_cells(again.contents.jobs[1]) == to_cells(plain_record(42)));
  CHECK_FALSE(again.contents.jobs[2].file.size.has_value());
  CHECK(again.contents.jobs[0].file.size.has_value());
  CHECK(again.contents.next_id == 44);
  CHECK_FALSE(again.contents.degraded);
}

TEST_CASE("journal: text comes back byte for byte, whatever the bytes", "[journal]") {
  TempFolder temp;
  HandPoster core;
  std::vector<JobRecord> jobs;
  for (const auto& text : any_text::all(5000, true)) {
    jobs.push_back(plain_record(jobs.size() + 1));
    jobs.back().peer = jobs.back().path = jobs.back().file.name = jobs.back().error_detail = text;
  }
  {
    auto opened = open_journal(temp.file("state"), core);
    put_and_wait(opened, core, jobs);
  }
  const auto again = open_journal(temp.file("state"), core);
  CHECK_FALSE(again.contents.degraded);
  REQUIRE(again.contents.jobs.size() == jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    INFO(any_text::shown(jobs[i].peer));
    REQUIRE(to_cells(again.contents.jobs[i]) == to_cells(jobs[i]));
  }
}

TEST_CASE("journal: folder 0700, database 0600, also where they were open to others", "[journal]") {
  TempFolder temp;
  HandPoster core;
  fs::create_directory(temp.file("state"));
  fs::permissions(temp.file("state"), fs::perms::all);
  open_journal(temp.file("state"), core);
  CHECK(mode_of(temp.file("state")) == 0700);
  CHECK(mode_of(temp.file("state/jobs.db")) == 0600);
  fs::permissions(temp.file("state/jobs.db"), fs::perms::all);
  open_journal(temp.file("state"), core);
  CHECK(mode_of(temp.file("state/jobs.db")) == 0600);
}

TEST_CASE("journal: a row whose callback came survives a kill -9", "[journal]") {
  TempFolder temp;
  HandPoster core;
  auto opened = open_journal(temp.file("state"), core);
  put_and_wait(opened, core, records(1, 3));
  // What the disk holds while the daemon lives is what a killed one leaves.
  fs::create_directory(temp.file("killed"));
  for (const auto& entry : fs::directory_iterator(temp.file("state")))
    fs::copy(entry.path(), temp.file("killed/") + entry.path().filename().string());
  auto again = open_journal(temp.file("killed"), core);
  CHECK(again.contents.jobs.size() == 3);
  CHECK(again.contents.next_id == 4);
  CHECK_FALSE(again.contents.degraded);
}

TEST_CASE("journal: ids are not given out again after their rows were removed", "[journal]") {
  TempFolder temp;
  HandPoster core;
  {
    auto opened = open_journal(temp.file("state"), core);
    put_and_wait(opened, core, records(1, 9));
    opened.journal->remove({8, 9}, [](Result<void> how) { CHECK(how); });
    core.run(1);
  }
  auto again = open_journal(temp.file("state"), core);
  CHECK(again.contents.jobs.size() == 7);
  CHECK(again.contents.next_id == 10);
}

TEST_CASE("journal: callbacks come in the order of the calls, and all of them before it is gone",
          "[journal]") {
  TempFolder temp;
  HandPoster core;
  std::vector<int> order;
  {
    auto opened = open_journal(temp.file("state"), core);
    for (int i = 0; i < 300; ++i)
      opened.journal->put({full_record(static_cast<JobId>(i + 1))}, [&order, i](Result<void> how) {
        CHECK(how);
        order.push_back(i);
      });
  }
  core.run(300);
  REQUIRE(order.size() == 300);
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(open_journal(temp.file("state"), core).contents.jobs.size() == 300);
}

TEST_CASE("journal: a record is replaced, its story stays", "[journal]") {
  TempFolder temp;
  HandPoster core;
  auto opened = open_journal(temp.file("state"), core);
  put_and_wait(opened, core, records(1, 1));
  opened.journal->add_step(1, {WallTime(std::chrono::microseconds(5)), "offered", "to ann"});
  auto changed = full_record(1);
  changed.state = JobState::Done;
  put_and_wait(opened, core, {changed});
  opened.journal->add_step(1, {WallTime(std::chrono::microseconds(6)), "done", ""});
  std::vector<HistoryEntry> story;
  opened.journal->history(1, [&](auto entries) { story = std::move(*entries); });
  core.run(1);
  REQUIRE(story.size() == 2);
  CHECK(story[0].what == "offered");
  CHECK(story[0].detail == "to ann");
  CHECK(story[0].at == WallTime(std::chrono::microseconds(5)));
  CHECK(story[1].what == "done");
}

TEST_CASE("journal: one line of a story stands for a run of equal ones", "[journal]") {
  TempFolder temp;
  HandPoster core;
  auto opened = open_journal(temp.file("state"), core);
  put_and_wait(opened, core, records(1, 2));
  int at = 0;
  const auto tell = [&](JobId id, std::string what, std::string detail) {
    opened.journal->add_step(
        id, {WallTime(std::chrono::microseconds(++at)), std::move(what), std::move(detail)});
  };
  for (int i = 0; i < 3; ++i) tell(1, "waiting", "ann is away");
  tell(2, "waiting", "ann is away");  // another job's story
  tell(1, "waiting", "ann takes no files");
  tell(1, "refused", "ann takes no files");
  for (int i = 0; i < 2; ++i) tell(1, "waiting", "ann is away");
  std::vector<std::string> story;
  const auto read = [&](JobId id) {
    opened.journal->history(id, [&](auto entries) {
      for (const auto& entry : *entries)
        story.push_back(std::to_string(entry.at.time_since_epoch().count()) + " " + entry.what +
                        " " + entry.detail);
    });
  };
  read(1);
  read(2);
  core.run(2);
  CHECK(story == std::vector<std::string>{"1 waiting ann is away", "5 waiting ann takes no files",
                                          "6 refused ann takes no files", "7 waiting ann is away",
                                          "4 waiting ann is away"});
}

TEST_CASE("journal: the last 200 lines of a story are kept, and go with their job", "[journal]") {
  TempFolder temp;
  HandPoster core;
  auto opened = open_journal(temp.file("state"), core);
  put_and_wait(opened, core, records(1, 2));
  for (int i = 0; i < 250; ++i)
    opened.journal->add_step(1, {WallTime{}, "step", std::to_string(i)});
  opened.journal->add_step(99, {WallTime{}, "nobody's", ""});
  std::size_t lines = 0;
  std::string first;
  const auto read = [&](JobId id) {
    opened.journal->history(id, [&](auto entries) {
      REQUIRE(entries);
      lines = entries->size();
      first = lines != 0 ? entries->front().detail : "";
    });
  };
  read(1);
  core.run(1);
  CHECK(lines == 200);
  CHECK(first == "50");
  read(99);
  core.run(1);
  CHECK(lines == 0);
  opened.journal->remove({1}, [](Result<void> how) { CHECK(how); });
  read(1);
  core.run(2);
  CHECK(lines == 0);
}

TEST_CASE("journal: ten thousand jobs come back in order", "[journal]") {
  TempFolder temp;
  HandPoster core;
  {
    auto opened = open_journal(temp.file("state"), core);
    for (JobId first = 1; first <= 10000; first += 1000)
      opened.journal->put(records(first, 1000), [](auto) {});
    core.run(10);
  }
  const auto again = open_journal(temp.file("state"), core);
  REQUIRE(again.contents.jobs.size() == 10000);
  CHECK(std::is_sorted(again.contents.jobs.begin(), again.contents.jobs.end(),
                       [](const auto& a, const auto& b) { return a.id < b.id; }));
  CHECK(again.contents.next_id == 10001);
}

TEST_CASE("journal: putting 1,000 jobs stays quick when 10,000 are there", "[journal][.figures]") {
  TempFolder temp;
  HandPoster core;
  auto opened = open_journal(temp.file("state"), core);
  for (JobId first = 1; first <= 11000; first += 1000) {
    const auto jobs = records(first, 1000);
    const auto start = std::chrono::steady_clock::now();
    put_and_wait(opened, core, jobs);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    WARN("jobs " << first << "-" << first + 999 << ": " << took.count() << " ms");
  }
}

TEST_CASE("journal: commits a second, a put each, and the start with 10,000 jobs",
          "[journal][.figures]") {
  TempFolder temp;
  HandPoster core;
  const auto milliseconds = [](auto start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
  };
  {
    auto opened = open_journal(temp.file("state"), core);
    auto start = std::chrono::steady_clock::now();
    const auto job = [](JobId id, unsigned attempt) {
      auto record = full_record(id);
      record.attempt = attempt;  // SQLite writes no row that is as it was
      record.durable = 0;        // as most
      return std::vector{record};
    };
    for (JobId id = 1; id <= 10000; ++id) opened.journal->put(job(id, 1), [](auto) {});
    core.run(10000);
    WARN("10,000 puts grouped: " << milliseconds(start) << " ms");
    start = std::chrono::steady_clock::now();
    for (JobId id = 1; id <= 10000; ++id) put_and_wait(opened, core, job(id, 2));
    WARN("10,000 puts, a commit each: " << milliseconds(start) << " ms");
    start = std::chrono::steady_clock::now();
    opened.journal.reset();
    WARN("the end: " << milliseconds(start) << " ms");
  }
  const auto start = std::chrono::steady_clock::now();
  const auto opened = open_journal(temp.file("state"), core);
  WARN("the start: " << milliseconds(start) << " ms");
  CHECK(opened.contents.jobs.size() == 10000);
}

TEST_CASE(
    "journal: of a job that is put again and again the last record stays, and all that was told of "
    "it",
    "[journal]") {
  TempFolder temp;
  HandPoster core;
  constexpr int kTimes = 150;
  {
    auto opened = open_journal(temp.file("state"), core);
    // While the first is being synced the others gather, and go into one commit.
    for (int i = 1; i <= kTimes; ++i) {
      for (const JobId id : {7u, 8u}) {
        auto job = plain_record(id);
        job.attempt = static_cast<unsigned>(i);
        opened.journal->put({std::move(job)}, {});
        opened.journal->add_step(id, {wall_now(), std::to_string(i), ""});
      }
      if (i == kTimes / 2) opened.journal->remove({8}, {});
    }
    std::optional<std::vector<HistoryEntry>> story;
    opened.journal->history(7, [&](auto entries) { story = std::move(*entries); });
    core.run(1);
    REQUIRE(story);
    REQUIRE(story->size() == kTimes);
    CHECK(story->front().what == "1");
    CHECK(story->back().what == std::to_string(kTimes));
  }
  auto again = open_journal(temp.file("state"), core);
  for (const auto& job : again.contents.jobs) CHECK(job.attempt == kTimes);
  CHECK(again.contents.jobs.front().id == 7);
}

}  // namespace journal_test

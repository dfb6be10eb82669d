// SPDX-License-Identifier: MIT
#include "journal_fixture.h"
#include "sqlite/database.h"

namespace checkpoint_test {

using namespace xmppftd;

namespace {

JobRecord job_with(JobId id, std::uint64_t durable) {
  JobRecord job;
  job.id = id;
  job.durable = durable;
  return job;
}

/// What the jobs in this folder are told to have, "1:5 2:0".
std::string kept(const std::string& folder) {
  HandPoster core;
  auto opened = Journal::open(folder, core);
  REQUIRE(opened);
  CHECK_FALSE(opened->second.degraded);
  std::string list;
  for (const auto& job : opened->second.jobs)
    if (job.id < 1000) list += std::to_string(job.id) + ":" + std::to_string(job.durable) + " ";
  return list;
}

void execute(const std::string& folder, const std::string& sql) {
  auto database = Database::open(folder + "/jobs.db");
  REQUIRE(database);
  REQUIRE((*database)->execute(sql));
}

std::int64_t number(const std::string& folder, const std::string& sql) {
  auto database = Database::open(folder + "/jobs.db");
  REQUIRE(database);
  return (*database)->number(sql).value();
}

}  // namespace

TEST_CASE("checkpoint: the latest of what a put and a checkpoint said is loaded with the row",
          "[journal][checkpoint]") {
  struct Case {
    void (*play)(Journal&);
    const char* kept;
  };
  static constexpr std::uint64_t kLarge = ~std::uint64_t{0} - 5;
  const auto one =
      GENERATE(Case{[](Journal& journal) { journal.put({job_with(1, 0)}, {}); }, "1:0 "},
               Case{[](Journal& journal) { journal.put({job_with(1, 7)}, {}); }, "1:7 "},
               Case{[](Journal& journal) {
                      journal.put({job_with(1, 7), job_with(2, 8)}, {});
                      journal.checkpoint(1, kLarge);
                      journal.checkpoint(1, kLarge + 1);
                    },
                    "1:18446744073709551611 2:8 "},
               Case{[](Journal& journal) {  // a new part
                      journal.put({job_with(1, 7)}, {});
                      journal.checkpoint(1, 9);
                      journal.put({job_with(1, 0)}, {});
                    },
                    "1:0 "},
               Case{[](Journal& journal) {
                      journal.put({job_with(1, 0)}, {});
                      journal.checkpoint(1, 9);
                      journal.put({job_with(1, 9)}, {});
                      journal.checkpoint(1, 11);
                      journal.checkpoint(2, 5);  // who is that?
                    },
                    "1:11 "},
               Case{[](Journal& journal) {
                      journal.put({job_with(1, 7)}, {});
                      journal.checkpoint(1, 0);
                    },
                    "1:0 "},
               Case{[](Journal& journal) {
                      journal.put({job_with(1, 7), job_with(2, 8)}, {});
                      journal.remove({1}, {});
                      journal.checkpoint(1, 9);
                    },
                    "2:8 "});
  const bool together = GENERATE(true, false);
  TempFolder temp;
  HandPoster core;
  {
    auto opened = Journal::open(temp.file("state"), core);
    REQUIRE(opened);
    if (together) {  // what comes while these are written goes into one commit
      std::vector<JobRecord> many;
      for (JobId id = 1000; id < 4000; ++id) many.push_back(job_with(id, 0));
      opened->first->put(std::move(many), {});
    }
    one.play(*opened->first);
  }
  CHECK(kept(temp.file("state")) == one.kept);
}

TEST_CASE("checkpoint: it goes when its row goes", "[journal][checkpoint]") {
  TempFolder temp;
  HandPoster core;
  {
    auto opened = Journal::open(temp.file("state"), core);
    REQUIRE(opened);
    opened->first->put({job_with(1, 0), job_with(2, 0)}, {});
    opened->first->checkpoint(1, 5);
    opened->first->checkpoint(2, 6);
    opened->first->remove({1}, {});
  }
  CHECK(number(temp.file("state"), "SELECT count(*) FROM checkpoints") == 1);
  CHECK(number(temp.file("state"), "SELECT job FROM checkpoints") == 2);
}

TEST_CASE("checkpoint: it leaves the row and its story alone", "[journal][checkpoint]") {
  TempFolder temp;
  HandPoster core;
  auto opened = Journal::open(temp.file("state"), core);
  REQUIRE(opened);
  auto& journal = *opened->first;
  journal.put({full_record(1)}, {});
  journal.add_step(1, {WallTime{}, "offered", ""});
  journal.checkpoint(1, 5);
  std::size_t lines = 0;
  journal.history(1, [&](auto entries) { lines = entries->size(); });
  core.run(1);
  CHECK(lines == 1);
  opened->first.reset();
  auto again = Journal::open(temp.file("state"), core);
  REQUIRE(again);
  auto expected = full_record(1);
  expected.durable = 5;
  REQUIRE(again->second.jobs.size() == 1);
  CHECK(again->second.jobs[0].path == expected.path);
  CHECK(again->second.jobs[0].durable == 5);
}

TEST_CASE("checkpoint: what came before a put whose callback came survives a kill -9",
          "[journal][checkpoint]") {
  TempFolder temp;
  HandPoster core;
  auto opened = Journal::open(temp.file("state"), core);
  REQUIRE(opened);
  opened->first->put({job_with(1, 0)}, {});
  opened->first->checkpoint(1, 1u << 23);
  opened->first->put({job_with(2, 0)}, [](Result<void> how) { CHECK(how); });
  core.run(1);
  std::filesystem::copy(temp.file("state"), temp.file("killed"));
  CHECK(kept(temp.file("killed")) == "1:8388608 2:0 ");
}

TEST_CASE("checkpoint: a damaged one counts as none, and others are saved with their rows",
          "[journal][checkpoint]") {
  TempFolder temp;
  const auto folder = temp.file("state");
  HandPoster core;
  {
    auto opened = Journal::open(folder, core);
    REQUIRE(opened);
    opened->first->put({job_with(1, 5), job_with(2, 6), job_with(3, 7)}, {});
  }
  execute(folder, "UPDATE checkpoints SET bytes = bytes + 1 WHERE job = 2");
  CHECK(kept(folder) == "1:5 2:0 3:7 ");
  execute(folder, "UPDATE jobs SET size = 1 WHERE id = 1");
  std::filesystem::remove(folder + "/jobs.db.bak");
  {
    auto opened = Journal::open(folder, core);
    REQUIRE(opened);
    CHECK(opened->second.degraded);
    opened->first->loss_was_told();
  }
  CHECK(kept(folder) == "2:0 3:7 ");
}

}  // namespace checkpoint_test

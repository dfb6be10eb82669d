// SPDX-License-Identifier: MIT
#include "journal_fixture.h"
#include "sqlite/job_rows.h"
#include "sqlite/journal_file.h"
#include "sqlite/migrations.h"

namespace unknown_words_test {

using namespace xmppftd;

namespace {

/// A journal with the jobs 1, 2 and 3, of which the second says `word` in this column, as a version
/// to come would write it.
std::string journal_saying(const TempFolder& temp, std::string_view column,
                           const std::string& word) {
  const auto folder = temp.file("state");
  auto file = open_journal_file(folder);
  REQUIRE(file);
  auto writer = RowWriter::make(*file->database, journal_version());
  REQUIRE(writer);
  for (JobId id = 1; id <= 3; ++id) {
    auto cells = to_cells(full_record(id));
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (id == 2 && job_columns()[i].name == column) cells[i] = word;
    REQUIRE(writer->put(summed(std::move(cells))));
  }
  return folder;
}

std::string row_2(const std::string& folder) {
  auto database = Database::open(folder + "/jobs.db");
  REQUIRE(database);
  std::string list;
  for (const auto& column : job_columns()) list += "quote(" + std::string(column.name) + ")||','||";
  return (*database)->text("SELECT " + list + "checksum FROM jobs WHERE id = 2").value();
}

}  // namespace

TEST_CASE("unknown words: kept as they are, listed, and written back equal", "[journal][words]") {
  struct Case {
    const char* column;
    const char* word;
    std::string (*told)(const JobRecord&);
  };
  const auto one = GENERATE(
      Case{"state", "sleeping",
           [](const JobRecord& job) { return std::string(to_string(job.state)); }},
      Case{"reason", "napping",
           [](const JobRecord& job) { return std::string(to_string(job.reason)); }},
      Case{"hash_state", "blake3",
           [](const JobRecord& job) { return std::string(to_string(job.hash_state)); }},
      Case{"delivery", "read-aloud",
           [](const JobRecord& job) { return std::string(to_string(job.delivery)); }},
      Case{"methods", "si-ibb,upload/tor/1",
           [](const JobRecord& job) { return job.methods[0].str() + "," + job.methods[1].str(); }},
      Case{"on_exists", "ask", [](const JobRecord& job) { return job.on_exists; }},
      Case{"method", "upload", [](const JobRecord& job) { return job.method; }});
  CAPTURE(one.column);
  TempFolder temp;
  const auto folder = journal_saying(temp, one.column, one.word);
  const auto before = row_2(folder);
  HandPoster core;
  JobRecord job;
  {
    auto opened = Journal::open(folder, core);
    REQUIRE(opened);
    CHECK_FALSE(opened->second.degraded);
    CHECK(opened->second.warnings.empty());
    REQUIRE(opened->second.jobs.size() == 3);
    job = opened->second.jobs[1];
    CHECK(one.told(job) == one.word);
    opened->first->put({job}, {});
  }
  CHECK(row_2(folder) == before);
  // Only what the daemon itself changes is another word then.
  job.reason = JobReason::User;
  CHECK(to_string(job.reason) == "user");
}

TEST_CASE("unknown words: a job that cannot be understood stays in the file, and is told",
          "[journal][words]") {
  struct Case {
    const char* column;
    const char* word;
  };
  const auto one = GENERATE(Case{"direction", "sideways"}, Case{"hash", "sha3-256:00ff"},
                            Case{"offered_hash", "md5"}, Case{"methods", ",si-ibb"});
  CAPTURE(one.column);
  TempFolder temp;
  const auto folder = journal_saying(temp, one.column, one.word);
  const auto before = row_2(folder);
  HandPoster core;
  const auto look = [&] {
    auto opened = Journal::open(folder, core);
    REQUIRE(opened);
    CHECK(opened->second.jobs.size() == 2);
    CHECK(opened->second.next_id == 4);
    REQUIRE_FALSE(opened->second.warnings.empty());
    CHECK(opened->second.warnings[0].find(std::string("2: its ") + one.column + " is \"" +
                                          one.word + "\"") != std::string::npos);
    return opened->second.degraded;
  };
  CHECK_FALSE(look());
  CHECK(row_2(folder) == before);

  // Also where the rows around it are saved from a damaged file.
  {
    auto database = Database::open(folder + "/jobs.db");
    REQUIRE(database);
    REQUIRE((*database)->execute("UPDATE jobs SET size = 1 WHERE id = 3"));
  }
  std::filesystem::remove(folder + "/jobs.db.bak");
  auto opened = open_journal_file(folder);
  REQUIRE(opened);
  CHECK(opened->contents.degraded);
  CHECK(opened->contents.jobs.size() == 1);
  opened->database.reset();
  CHECK(row_2(folder) == before);
}

}  // namespace unknown_words_test

// SPDX-License-Identifier: MIT
#include <fstream>
#include <map>
#include <set>

#include "disk_fault.h"
#include "journal_fixture.h"
#include "sample_records.h"
#include "sqlite/database.h"
#include "sqlite/job_columns.h"
#include "sqlite/job_rows.h"
#include "sqlite/journal_file.h"
#include "sqlite/migrations.h"

namespace migrations_test {

using namespace xmppftd;

namespace {

std::unique_ptr<Database> open_database(const std::string& path) {
  auto database = Database::open(path);
  if (!database) FAIL(database.error().detail);
  return std::move(*database);
}

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A state folder with the journal that the code of that version wrote.
std::string state_of_version(const TempFolder& temp, int version) {
  const auto folder = temp.file("state");
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  const auto sql = content_of(FIXTURES "/version-" + std::to_string(version) + ".sql");
  REQUIRE(sql.size() > 1000);
  REQUIRE(open_database(folder + "/jobs.db")->execute("PRAGMA journal_mode = WAL;" + sql));
  return folder;
}

std::string hex(std::string_view text) {
  std::string digits;
  for (const unsigned char c : text) {
    digits += "0123456789ABCDEF"[c >> 4];
    digits += "0123456789ABCDEF"[c & 15];
  }
  return digits;
}

std::vector<std::string> values(Database& database, const std::string& sql) {
  std::vector<std::string> list;
  auto rows = database.prepare(sql);
  REQUIRE(rows);
  for (auto row = rows->step(); row && *row; row = rows->step()) list.push_back(rows->text(0));
  return list;
}

/// What a table holds, read without any code of the journal: columns by name, each with its values
/// in the order of the rows, in hex.
using Table = std::map<std::string, std::vector<std::string>>;
Table table(Database& database, const std::string& name) {
  Table columns;
  for (const auto& column : values(database, "SELECT name FROM pragma_table_info('" + name + "')"))
    columns[column] = values(database, "SELECT hex(" + column + ") FROM " + name + " ORDER BY " +
                                           (name == "jobs"      ? "id"
                                            : name == "history" ? "job, entry"
                                                                : "job"));
  return columns;
}

/// What a journal holds that a migration must not lose.
struct Rows {
  Table jobs, history, checkpoints;
  std::int64_t next_id;
  bool operator==(const Rows&) const = default;
};
Rows rows_in(const std::string& path) {
  const auto database = open_database(path);
  return {table(*database, "jobs"), table(*database, "history"), table(*database, "checkpoints"),
          database->number("SELECT value FROM meta WHERE key = 'next_id'").value()};
}

std::int64_t version_of(const std::string& path) {
  return open_database(path)->number("PRAGMA user_version").value();
}

}  // namespace

TEST_CASE("migration: a journal of a version until now opens, and all rows and stories are equal",
          "[migration]") {
  const int version = GENERATE(range(1, journal_version() + 1));
  CAPTURE(version);
  TempFolder temp;
  const auto folder = state_of_version(temp, version);
  const auto path = folder + "/jobs.db";
  const auto [jobs, history, checkpoints, next_id] = rows_in(path);
  REQUIRE(jobs.at("id").size() > 30);
  REQUIRE(history.at("job").size() > 30);
  HandPoster core;
  Journaled contents;
  {
    auto opened = Journal::open(folder, core);
    REQUIRE(opened);
    contents = std::move(opened->second);
  }
  CHECK_FALSE(contents.degraded);
  CHECK(contents.warnings.empty());
  CHECK(static_cast<std::int64_t>(contents.next_id) == next_id);
  auto database = open_database(path);
  CHECK(database->number("PRAGMA user_version").value() == journal_version());
  const auto now = table(*database, "jobs");
  // Step 4 moves what waiting_since meant for cancelled jobs, step 5 writes down what a folder
  // meant for incoming ones; only those are summed anew.
  int accepted = 0, not_accepted = 0;
  for (std::size_t row = 0; row < jobs.at("id").size(); ++row) {
    const auto waited = jobs.at("waiting_since")[row];
    const bool moves =
        version < 4 && jobs.at("state")[row] == hex("cancelled") && waited != hex("0");
    const bool wanted = jobs.at("direction")[row] == hex("in") && !jobs.at("folder")[row].empty();
    ++(wanted ? accepted : not_accepted);
    REQUIRE(now.at("accepted")[row] == hex(wanted ? "1" : "0"));
    const bool summed_anew = moves || (version < 5 && wanted);
    if (summed_anew)
      REQUIRE(now.at("checksum_columns")[row] == hex(std::to_string(column_count(wanted ? 5 : 4))));
    if (version < 5) REQUIRE(now.at("size_unknown")[row] == hex("0"));
    for (const auto& [column, list] : jobs) {
      CAPTURE(column, row);
      if (moves && column == "waiting_since")
        REQUIRE((now.at(column)[row] == hex("0") && now.at("unaware_since")[row] == waited));
      else if (!summed_anew || !column.starts_with("checksum"))
        REQUIRE(now.at(column)[row] == list[row]);
    }
    if (!moves && version < 4) REQUIRE(now.at("unaware_since")[row] == hex("0"));
  }
  CHECK(accepted > 10);
  CHECK(not_accepted > 10);
  CHECK((table(*database, "history") == history));
  if (version >= 3) CHECK((table(*database, "checkpoints") == checkpoints));

  REQUIRE(contents.jobs.size() == jobs.at("id").size());
  for (std::size_t row = 0; row < contents.jobs.size(); ++row) {
    const auto cells = to_cells(contents.jobs[row]);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto* text = std::get_if<std::string>(&cells[i]);
      const auto value = text ? *text : std::to_string(std::get<std::int64_t>(cells[i]));
      INFO(contents.jobs[row].id << " " << job_columns()[i].name);
      REQUIRE(hex(value) == now.at(std::string(job_columns()[i].name))[row]);
    }
  }
}

TEST_CASE("migration: each version has the columns that stand in the list for it, and no others",
          "[migration]") {
  TempFolder temp;
  const auto database = open_database(temp.file("jobs.db"));
  for (int version = 1; version <= journal_version(); ++version) {
    CAPTURE(version);
    REQUIRE(migrate(*database, version));
    std::set<std::string> expected{"checksum"};
    if (version >= 3) expected.insert("checksum_columns");
    for (std::size_t i = 0; i < column_count(version); ++i) {
      CHECK(job_columns()[i].since <= version);  // those of a version are the first ones
      expected.emplace(job_columns()[i].name);
    }
    std::set<std::string> there;
    for (auto& name : values(*database, "SELECT name FROM pragma_table_info('jobs')"))
      there.insert(name);
    CHECK(there == expected);
  }
  CHECK(column_count(journal_version()) == job_columns().size());
}

TEST_CASE("migration: killed at any point it leaves the version before or the one after, all of it",
          "[migration]") {
  const auto where =
      GENERATE(DiskFault::KillAtStatement, DiskFault::KillAtWrite, DiskFault::KillAtHalfWrite);
  const int oldest = GENERATE(0, 1, 2, 3, 4);
  if (where != DiskFault::KillAtStatement && oldest > 1) return;  // the same steps
  CAPTURE(where, oldest);
  TempFolder temp;
  const auto original = oldest == 0 ? temp.file("nothing") : state_of_version(temp, oldest);
  std::map<std::int64_t, Rows> whole;  // what a journal of each version is
  for (int version = oldest; version <= journal_version(); ++version) {
    const auto path = temp.file("version-" + std::to_string(version));
    if (oldest != 0) std::filesystem::copy(original + "/jobs.db", path);
    REQUIRE(migrate(*open_database(path), version));
    // A new one is made apart, and is there when it is whole.
    if (oldest != 0 || version == journal_version()) whole[version] = rows_in(path);
  }
  std::set<std::int64_t> seen;
  int deaths = 0;
  const auto folder = temp.file("try");
  const auto path = folder + "/jobs.db";
  for (bool killed = true; killed; ++deaths) {
    INFO("encounter " << deaths);
    std::filesystem::remove_all(folder);
    if (oldest != 0) std::filesystem::copy(original, folder);
    killed = open_with_fault(folder, where, deaths) == Outcome::Killed;
    const auto left =
        temp.file("left");  // looked at apart, for looking moves the log into the file
    std::filesystem::remove_all(left);
    if (std::filesystem::exists(folder)) std::filesystem::copy(folder, left);
    const auto version = std::filesystem::exists(path) ? version_of(left + "/jobs.db") : 0;
    seen.insert(version);
    if (version != 0) REQUIRE((rows_in(left + "/jobs.db") == whole.at(version)));
    auto opened = open_journal_file(folder);
    REQUIRE(opened);
    REQUIRE_FALSE(opened->contents.degraded);
    opened->database.reset();
    REQUIRE(version_of(path) == journal_version());
    REQUIRE((rows_in(path) == whole.at(journal_version())));
  }
  CHECK(seen.size() == whole.size() + (oldest == 0 ? 1 : 0));
  CHECK(deaths > 3 * (journal_version() - oldest));
}

TEST_CASE("migration: a disk that is full or broken is told, and nothing is lost", "[migration]") {
  const auto fault = GENERATE(DiskFault::Full, DiskFault::Broken);
  const int oldest = GENERATE(range(1, journal_version()));
  CAPTURE(fault, oldest);
  TempFolder temp;
  const auto original = state_of_version(temp, oldest);
  const auto file = content_of(original + "/jobs.db");
  std::map<std::int64_t, Rows> whole;  // what a journal of each version is
  for (int version = oldest; version <= journal_version(); ++version) {
    const auto path = temp.file("version-" + std::to_string(version));
    std::filesystem::copy(original + "/jobs.db", path);
    REQUIRE(migrate(*open_database(path), version));
    whole[version] = rows_in(path);
  }
  const auto folder = temp.file("try");
  int told = 0;
  for (int encounter = 0;; ++encounter) {
    INFO("write " << encounter);
    std::filesystem::remove_all(folder);
    std::filesystem::copy(original, folder);
    const auto outcome = open_with_fault(folder, fault, encounter);
    if (outcome == Outcome::Opened) break;  // it needs no such write
    told += outcome == Outcome::Refused || outcome == Outcome::RefusedAsFull;
    if (outcome != Outcome::OpenedAnyhow)
      REQUIRE(outcome == (fault == DiskFault::Full ? Outcome::RefusedAsFull : Outcome::Refused));
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      REQUIRE(entry.path().filename().string().find(".bad-") == std::string::npos);
    if (outcome != Outcome::OpenedAnyhow) {
      REQUIRE((content_of(folder + "/jobs.db") == file));
      const auto left =
          temp.file("left");  // looked at apart, for looking moves the log into the file
      std::filesystem::remove_all(left);
      std::filesystem::copy(folder, left);
      const auto version = version_of(left + "/jobs.db");
      REQUIRE((rows_in(left + "/jobs.db") == whole.at(version)));
    }
    auto opened = open_journal_file(folder);
    REQUIRE(opened);
    REQUIRE_FALSE(opened->contents.degraded);
    opened->database.reset();
    REQUIRE((rows_in(folder + "/jobs.db") == whole.at(journal_version())));
  }
  CHECK(told > journal_version() - oldest);
}

TEST_CASE("migration: a damaged journal of an older version is saved, and kept as it was",
          "[migration][damage]") {
  const int version = GENERATE(1, 2, 3, 4);
  // The second one is a row that step 4 sums anew, the third one that step 5 does: they would look
  // sound after that.
  const std::string row = GENERATE("17", "65", "82");
  CAPTURE(version, row);
  TempFolder temp;
  const auto folder = state_of_version(temp, version);
  const auto path = folder + "/jobs.db";
  auto sound = temp.file("sound");
  std::filesystem::copy(path, sound);
  REQUIRE(migrate(*open_database(sound)));
  REQUIRE(open_database(sound)->execute("PRAGMA foreign_keys = ON; DELETE FROM jobs WHERE id = " +
                                        row));
  REQUIRE(open_database(path)->execute("UPDATE jobs SET size = size + 1 WHERE id = " + row));
  const auto damaged = content_of(path);
  auto opened = open_journal_file(folder);
  REQUIRE(opened);
  opened->database.reset();
  CHECK(opened->contents.degraded);
  REQUIRE(opened->contents.warnings.size() == 1);
  const auto& told = opened->contents.warnings[0];
  CHECK(told.find("36 jobs were saved; lost: " + row + ".") != std::string::npos);
  CHECK((content_of(told.substr(told.rfind(' ') + 1)) == damaged));
  auto expected = rows_in(sound);
  expected.next_id += 1000;
  CHECK((rows_in(path) == expected));
}

TEST_CASE("migration: a row that covers another number of columns than it was written with is lost",
          "[migration][damage]") {
  TempFolder temp;
  const auto folder = state_of_version(temp, 2);
  const auto path = folder + "/jobs.db";
  REQUIRE(open_journal_file(folder));
  std::filesystem::remove(path + ".bak");
  const auto covered = GENERATE("0", "1", "49", "-1", "1000000", "checksum_columns - 1");
  CAPTURE(covered);
  REQUIRE(open_database(path)->execute(std::string("UPDATE jobs SET checksum_columns = ") +
                                       covered + " WHERE id = 1"));
  auto opened = open_journal_file(folder);
  REQUIRE(opened);
  CHECK(opened->contents.degraded);
  CHECK(opened->contents.jobs.front().id == 2);
}

TEST_CASE("migration: whatever changes in a row that migrated is noticed", "[migration][damage]") {
  const int version = GENERATE(range(1, journal_version()));
  CAPTURE(version);
  TempFolder temp;
  const auto path = state_of_version(temp, version) + "/jobs.db";
  REQUIRE(open_journal_file(temp.file("state")));
  const auto database = open_database(path);
  const auto scan = [&] { return scan_rows(*database, journal_version(), [](JobRow&&) {}); };
  REQUIRE(scan().sound());
  std::vector<JobId> all;
  for (const auto& id : values(*database, "SELECT id FROM jobs ORDER BY id"))
    all.push_back(std::stoull(id));
  for (const auto& name : values(*database, "SELECT name FROM pragma_table_info('jobs')"))
    for (const auto* bit : {"1", "4"}) {
      if (name == "id") continue;
      CAPTURE(name);
      REQUIRE(database->execute("BEGIN; UPDATE jobs SET " + name + " = CASE typeof(" + name +
                                ") WHEN 'text' THEN " + name + " || 'x' ELSE (" + name + " | " +
                                bit + ") - (" + name + " & " + bit + ") END"));
      REQUIRE((scan().lost == all));
      database->rollback();
    }
}

TEST_CASE("fixture: writes the sample jobs into the folder XMPPFT_FIXTURE", "[.fixture]") {
  const char* folder = std::getenv("XMPPFT_FIXTURE");
  REQUIRE(folder != nullptr);
  HandPoster core;
  auto opened = Journal::open(folder, core);
  REQUIRE(opened);
  const auto jobs = sample_records();
  opened->first->put(jobs, [](Result<void> how) { REQUIRE(how); });
  for (const auto& job : jobs)
    for (std::size_t line = 0; line < job.id % 4; ++line)
      opened->first->add_step(job.id, {WallTime(std::chrono::microseconds(line)), odd_text(line),
                                       odd_text(job.id + line)});
  auto removed = jobs.back();
  removed.id += 1000;  // its id is not given out again
  opened->first->put({removed}, {});
  opened->first->remove({removed.id}, [](Result<void> how) { REQUIRE(how); });
}

}  // namespace migrations_test

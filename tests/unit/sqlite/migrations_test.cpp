// SPDX-License-Identifier: MIT
#include <fstream>
#include <map>

#include "journal_fixture.h"
#include "sample_records.h"
#include "sqlite/database.h"
#include "sqlite/job_columns.h"

namespace migrations_test {

using namespace xmppftd;

namespace {

std::unique_ptr<Database> open_database(const std::string& path) {
  auto database = Database::open(path);
  if (!database) FAIL(database.error().detail);
  return std::move(*database);
}

/// A state folder with the journal that the code of that version wrote.
std::string state_of_version(const TempFolder& temp, int version) {
  const auto folder = temp.file("state");
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  std::ifstream in(std::string(FIXTURES "/version-") + std::to_string(version) + ".sql");
  const std::string sql{std::istreambuf_iterator<char>(in), {}};
  REQUIRE(sql.size() > 1000);
  REQUIRE(open_database(folder + "/jobs.db")->execute(sql));
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
                                           (name == "jobs" ? "id" : "job, entry"));
  return columns;
}

}  // namespace

TEST_CASE("migration: a journal of an older version opens, and all rows and stories are equal",
          "[migration]") {
  const int version = GENERATE(1, 2);
  CAPTURE(version);
  TempFolder temp;
  const auto folder = state_of_version(temp, version);
  const auto path = folder + "/jobs.db";
  const auto jobs = table(*open_database(path), "jobs");
  const auto history = table(*open_database(path), "history");
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
  CHECK(contents.next_id == 2298);
  auto database = open_database(path);
  CHECK(database->number("PRAGMA user_version").value() == JobTable::kVersion);
  const auto now = table(*database, "jobs");
  for (const auto& [column, list] : jobs) {
    INFO(column);
    REQUIRE((now.at(column) == list));
  }
  CHECK((table(*database, "history") == history));

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
      opened->first->tell(job.id, {WallTime(std::chrono::microseconds(line)), odd_text(line),
                                   odd_text(job.id + line)});
  auto removed = jobs.back();
  removed.id += 1000;  // its id is not given out again
  opened->first->put({removed}, {});
  opened->first->remove({removed.id}, [](Result<void> how) { REQUIRE(how); });
}

}  // namespace migrations_test

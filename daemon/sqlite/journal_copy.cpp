// SPDX-License-Identifier: MIT
#include "sqlite/journal_copy.h"

#include <chrono>

#include "sqlite/job_rows.h"
#include "sqlite/journal_contents.h"
#include "sqlite/meta_table.h"
#include "sqlite/migrations.h"

namespace xmppftd {
namespace {

constexpr std::chrono::seconds kLongest{2};

/// With its version, if that is one of ours.
std::unique_ptr<Database> open_copy(const JournalFolder& folder, int& version) {
  if (folder.size("jobs.db.bak") == 0) return nullptr;
  auto database = Database::open(folder.copy());
  if (!database) return nullptr;
  const auto found = (*database)->number("PRAGMA user_version");
  if (!found || *found <= 0 || *found > journal_version()) return nullptr;
  version = static_cast<int>(*found);
  return std::move(*database);
}

bool is_sound(Database& database, int version) {
  const auto verdict = database.text("PRAGMA quick_check(1)");
  return verdict && *verdict == "ok" && scan_rows(database, version, [](JobRow&&) {}).sound();
}

}  // namespace

Result<void> copy_journal_file(Database& journal, const JournalFolder& folder, int version) {
  auto how = folder.begin_copy();
  if (how) how = journal.copy_into(folder.unfinished_copy(), kLongest);
  if (how) {
    auto copy = Database::open(folder.unfinished_copy());
    if (!copy)
      how = copy.error();
    else if (!is_sound(**copy, version))
      how = Error{Errc::Io,
                  folder.database() + " has damaged rows; " + folder.copy() + " stays as it was"};
  }
  if (how) how = folder.take_copy();
  if (!how) folder.drop_copy();
  return how;
}

std::optional<JournalNumbers> numbers_of_copy(const JournalFolder& folder) {
  int version = 0;
  const auto database = open_copy(folder, version);
  if (!database) return {};
  const auto next_id = meta::number(*database, meta::kNextId);
  const auto commits = meta::number(*database, meta::kCommits);
  if (!next_id || !commits || *next_id <= 0 || *commits <= 0) return {};
  return JournalNumbers{static_cast<JobId>(*next_id), *commits};
}

bool copy_is_sound(const JournalFolder& folder) {
  int version = 0;
  const auto database = open_copy(folder, version);
  return database && is_sound(*database, version);
}

std::unique_ptr<Database> read_copy(const JournalFolder& folder) {
  int version = 0;
  const auto copy = open_copy(folder, version);
  if (!copy) return nullptr;
  auto memory = Database::open(":memory:");
  if (!memory || !migrate(**memory, version) || !copy_journal(*copy, **memory, version) ||
      !migrate(**memory))
    return nullptr;
  return std::move(*memory);
}

}  // namespace xmppftd

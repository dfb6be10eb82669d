// SPDX-License-Identifier: MIT
#include "sqlite/journal_rebuild.h"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "sqlite/database.h"
#include "sqlite/journal_contents.h"
#include "sqlite/journal_copy.h"
#include "sqlite/meta_table.h"
#include "sqlite/migrations.h"
#include "sqlite/page_image.h"
#include "sqlite/raw_rows.h"

namespace xmppftd {
namespace {

/// Ids above the highest one seen that are not given out again when the counter itself was lost:
/// the rows of that many jobs may have been lost with it.
constexpr JobId kIdGap = 1000;

/// A counter above all ids that stands this far above them is damaged itself.
constexpr JobId kLikelyGap = 1'000'000;

/// What is left of a damaged journal.
struct Remains {
  RowScan scan;
  std::int64_t commits = 0;
  std::vector<JobId> restored;  ///< by the copy
  bool is_copy = false;         ///< all of it
};

std::string listed(const std::vector<JobId>& ids) {
  std::string text;
  for (std::size_t i = 0; i < ids.size() && i < 20; ++i) text += " " + std::to_string(ids[i]);
  if (ids.size() > 20) text += " and " + std::to_string(ids.size() - 20) + " more";
  return text;
}

/// "jobs.db.bak of 2026-11-28 03:00 UTC"
std::string copy_name(const JournalFolder& folder) {
  struct stat info {};
  char text[32] = "an unknown time";
  struct tm utc {};
  if (::stat(folder.copy().c_str(), &info) == 0 && ::gmtime_r(&info.st_mtime, &utc) != nullptr)
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc);
  return "jobs.db.bak of " + std::string(text);
}

/// "path ended early: 3 jobs were saved; of jobs 4 to 9 nothing is known; ..."
std::string told(const JournalFolder& folder, const Remains& old, const JournalNumbers& known,
                 const std::string& aside) {
  const auto& scan = old.scan;
  const bool early = scan.sound() && old.commits < known.commits;
  auto text = folder.database() + (early ? " ended early: " : " was damaged: ") +
              std::to_string(scan.rows) + " jobs were saved";
  if (old.is_copy) text += " from " + copy_name(folder);
  if (!scan.lost.empty()) text += "; lost:" + listed(scan.lost);
  if (!old.restored.empty())
    text += "; as they stood in " + copy_name(folder) + ":" + listed(old.restored);
  if (scan.incomplete) text += "; parts of it could not be read, so others may be missing";
  if (const auto first = scan.incomplete ? scan.highest + 1 : scan.next_id; first < known.next_id)
    text += "; nothing is known of jobs " + std::to_string(first) + " to " +
            std::to_string(known.next_id - 1);
  if (old.commits < known.commits)
    text += "; the others may stand as they were before the last changes";
  return text + ". The original is kept as " + aside;
}

JournalNumbers numbers_after(const Remains& old, const JournalNumbers& known) {
  const auto& scan = old.scan;
  JournalNumbers numbers = known;
  numbers.next_id = std::max(numbers.next_id, scan.highest + 1);
  if (scan.next_id < numbers.next_id + kLikelyGap)
    numbers.next_id = std::max(numbers.next_id, scan.next_id);
  if (!scan.sound() && known.commits == 0) numbers.next_id += kIdGap;
  numbers.commits = std::max(known.commits, old.commits) + 1;
  return numbers;
}

/// The version of a damaged journal. What is no such number is taken for ours.
int version_of_damaged(Database& database, const PageImage& image) {
  const auto version = database.number("PRAGMA user_version");
  const auto number = version ? *version : image.user_version();
  return number > 0 && number <= journal_version() ? static_cast<int>(number) : journal_version();
}

Result<void> copy_good_rows(const std::string& damaged, Database& to, Remains& remains) {
  const PageImage image(damaged, damaged + "-wal");
  auto old = Database::open(damaged);
  if (!old) return old.error();
  (*old)->close_untouched(true);
  static_cast<void>((*old)->execute("PRAGMA locking_mode = EXCLUSIVE"));
  const int version = version_of_damaged(**old, image);
  if (auto made = migrate(to, version); !made) return made;
  auto copied = copy_journal(**old, to, version, raw_rows(image, to, version));
  if (!copied) return copied.error();
  remains.scan = std::move(*copied);
  if (const auto commits = meta::number(**old, meta::kCommits)) remains.commits = *commits;
  return migrate(to);
}

Result<void> set_numbers(Database& db, const JournalNumbers& numbers) {
  auto how = meta::set(db, meta::kNextId, static_cast<std::int64_t>(numbers.next_id));
  if (how) how = meta::set(db, meta::kCommits, numbers.commits);
  return how;
}

/// Those of the copy that `remains` misses.
Result<void> restore_lost(const JournalFolder& folder, Database& to, Remains& remains) {
  auto& scan = remains.scan;
  if (scan.sound()) return {};
  const auto copy = read_copy(folder);
  if (!copy) return {};
  std::unordered_set<JobId> there;
  scan_rows(to, journal_version(), [&](JobRow&& row) {
    there.insert(static_cast<JobId>(std::get<std::int64_t>(row.cells.front())));
  });
  const std::unordered_set<JobId> lost(scan.lost.begin(), scan.lost.end());
  auto added = add_jobs(*copy, to, [&](JobId id) {
    return !there.contains(id) && (scan.incomplete || lost.contains(id));
  });
  if (!added) return added.error();
  for (const auto id : *added) {
    std::erase(scan.lost, id);
    scan.highest = std::max(scan.highest, id);
  }
  remains.restored = std::move(*added);
  return {};
}

/// Is the copy a later journal than this one? Only where this one is sure to be an earlier one.
bool copy_is_newer(const JournalFolder& folder) {
  const auto copied = numbers_of_copy(folder);
  if (!copied || !copy_is_sound(folder)) return false;
  if (folder.size("jobs.db") == 0) return true;
  auto old = Database::open(folder.database());
  if (!old) return false;
  (*old)->close_untouched(true);
  static_cast<void>((*old)->execute("PRAGMA locking_mode = EXCLUSIVE"));
  const auto commits = meta::number(**old, meta::kCommits);
  return commits && *commits > 0 && *commits < copied->commits;
}

Result<void> fill_anew(const JournalFolder& folder, const JournalNumbers& known,
                       const std::string& aside, Database& db) {
  Remains remains;
  Result<void> how;
  remains.is_copy = copy_is_newer(folder);
  if (remains.is_copy) {
    how = copy_good_rows(folder.copy(), db, remains);
  } else if (folder.size("jobs.db") == 0) {  // SQLite would remove its log
    remains.scan.incomplete = true;
    how = migrate(db);
  } else {
    how = copy_good_rows(folder.database(), db, remains);
    if (how) how = restore_lost(folder, db, remains);
  }
  if (how) how = set_numbers(db, numbers_after(remains, known));
  if (how) how = meta::set(db, meta::kLoss, told(folder, remains, known, aside));
  if (how) how = meta::set(db, meta::kAside, aside);
  return how;
}

/// All of the new one, closed at the end.
Result<void> build(const JournalFolder& folder,
                   const std::function<Result<void>(Database&)>& fill) {
  if (auto made = folder.begin_new(); !made) return made;
  auto database = Database::open(folder.unfinished());
  if (!database) return database.error();
  Database& db = **database;
  // It counts only when it is whole and synced: until then no log is of use.
  auto how = db.execute(
      "PRAGMA locking_mode = EXCLUSIVE;"
      "PRAGMA journal_mode = MEMORY;"
      "PRAGMA synchronous = OFF;"
      "PRAGMA foreign_keys = ON;");
  return how ? fill(db) : how;
}

/// That, in its place.
Result<void> replace(const JournalFolder& folder, const std::string& aside,
                     const std::function<Result<void>(Database&)>& fill) {
  auto how = build(folder, fill);
  if (how) how = folder.take_new(aside);
  if (!how) folder.drop_new();
  return how;
}

}  // namespace

Result<void> rebuild_journal(const JournalFolder& folder, const JournalNumbers& known) {
  const auto aside = folder.aside_name();
  return replace(folder, aside, [&](Database& db) { return fill_anew(folder, known, aside, db); });
}

Result<void> begin_journal(const JournalFolder& folder, const JournalNumbers& known) {
  return replace(folder, folder.aside_name(), [&](Database& db) {
    auto how = migrate(db);
    if (how) how = set_numbers(db, {known.next_id, known.commits + 1});
    return how;
  });
}

Result<void> finish_rebuild(const JournalFolder& folder) {
  if (!folder.was_cut_off()) return {};
  std::string aside;
  if (auto database = Database::open(folder.cut_off())) {
    if (auto told = meta::text(**database, meta::kAside)) aside = std::move(*told);
  }
  return folder.finish(aside.empty() ? folder.aside_name() : aside);
}

}  // namespace xmppftd

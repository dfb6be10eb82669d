// SPDX-License-Identifier: MIT
#include "sqlite/journal_file.h"

#include "base/log.h"
#include "sqlite/journal_contents.h"
#include "sqlite/journal_copy.h"
#include "sqlite/journal_folder.h"
#include "sqlite/journal_rebuild.h"
#include "sqlite/meta_table.h"
#include "sqlite/migrations.h"

namespace xmppftd {
namespace {

Result<void> set_up(Database& database) {
  // Exclusive: no other process reads along, so the index of the log can live in our memory instead
  // of a shared file.
  return database.execute(
      "PRAGMA locking_mode = EXCLUSIVE;"
      "PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = FULL;"
      "PRAGMA foreign_keys = ON;"
      // Nothing is left over of rows that went, which a rescue might take for rows that are there.
      "PRAGMA secure_delete = ON;"
      "PRAGMA journal_size_limit = 1048576;"
      "PRAGMA cache_size = -1024;");
}

Error newer(const std::string& path, std::int64_t version) {
  return {Errc::Config, path + " was written by a newer xmppftd: it is a journal of version " +
                            std::to_string(version) + ", and this one knows versions up to " +
                            std::to_string(journal_version()) +
                            "; start the newer one again, or move the file away to begin with an "
                            "empty list of jobs"};
}

/// "17: ..., 18: ... and 3 more"
std::string listed(const std::vector<std::string>& items) {
  constexpr std::size_t kMost = 20;
  std::string text;
  for (std::size_t i = 0; i < items.size() && i < kMost; ++i)
    text += (i == 0 ? "" : ", ") + items[i];
  if (items.size() > kMost) text += " and " + std::to_string(items.size() - kMost) + " more";
  return text;
}

Journaled journaled(JournalContents&& contents, const std::string& path) {
  Journaled result;
  result.jobs = std::move(contents.jobs);
  result.next_id = contents.scan.next_id;
  if (!contents.strange.empty())
    result.warnings.push_back(
        path + " holds jobs with words that this xmppftd does not know (" +
        listed(contents.strange) +
        "); they are not listed and stay there for the version that wrote them");
  if (!contents.loss.empty()) result.warnings.push_back(contents.loss);
  result.degraded = !contents.loss.empty();
  return result;
}

Result<JournalNumbers> numbers_in(Database& database) {
  const auto next_id = meta::number(database, meta::kNextId);
  if (!next_id) return next_id.error();
  const auto commits = meta::number(database, meta::kCommits);
  if (!commits) return commits.error();
  return JournalNumbers{static_cast<JobId>(*next_id), *commits};
}

/// The database, if it is sound in every way and has all that is known of it, brought up to date.
/// Else an error, with `damaged` set where its rows can be saved instead: then nothing in it was
/// changed.
Result<std::unique_ptr<Database>> open_sound(const JournalFolder& folder,
                                             const JournalNumbers& known, JournalContents& contents,
                                             bool& damaged) {
  const auto path = folder.database();
  // Of an empty file with a log SQLite removes the log.
  damaged = folder.size("jobs.db") == 0 && (known.commits > 0 || folder.size("jobs.db-wal") > 0);
  if (damaged) return Error{Errc::Io, path + ": it is empty"};
  auto database = Database::open(path);
  if (!database) return database.error();
  Database& db = **database;
  db.close_untouched(true);
  const auto look = [&]() -> Result<void> {
    const auto bad = [&](std::string_view what) {
      damaged = true;
      return Error{Errc::Io, path + ": " + std::string(what)};
    };
    if (auto ready = set_up(db); !ready) return ready;
    const auto version = db.number("PRAGMA user_version");
    if (!version) return version.error();
    if (*version > journal_version()) return newer(path, *version);
    const auto verdict = db.text("PRAGMA quick_check(1)");
    if (!verdict) return verdict.error();
    if (*verdict != "ok") return bad(*verdict);
    if (*version < 0) return bad("no journal has such a version");
    if (*version > 0) {
      const auto numbers = numbers_in(db);
      if (!numbers) return numbers.error();
      if (numbers->commits < known.commits || numbers->next_id < known.next_id)
        return bad("it ends early");
    }
    // Before a step may sum a row anew.
    if (*version > 0 && *version < journal_version() &&
        !scan_rows(db, static_cast<int>(*version), [](JobRow&&) {}).sound())
      return bad("rows are damaged");
    if (*version > 0 && *version < journal_version())
      if (auto how = copy_journal_file(db, folder, static_cast<int>(*version)); !how)
        log::warning("journal", "no copy: " + how.error().detail);
    if (auto how = migrate(db); !how) return how;
    contents = read_journal(db);
    if (!contents.scan.sound()) return bad("rows are damaged");
    return {};
  };
  const auto how = look();
  damaged = damaged || db.damaged();
  if (!how) return how.error();
  db.close_untouched(false);
  return database;
}

}  // namespace

Result<JournalFile> open_journal_file(const std::string& folder_path) {
  auto folder = JournalFolder::open(folder_path);
  if (!folder) return folder.error();
  if (auto how = finish_rebuild(*folder); !how) return how.error();
  auto mark = JournalMark::open(*folder);
  // What the copy says counts where the mark does not say it, and only if the copy is sound.
  auto known = mark.said();
  if (const auto copied = numbers_of_copy(*folder))
    if (const auto both = highest(known, *copied); both != known && copy_is_sound(*folder))
      known = both;
  if (!folder->has("jobs.db"))
    if (auto how = begin_journal(*folder, known); !how) return how.error();
  JournalContents contents;
  bool damaged = false;
  auto database = open_sound(*folder, known, contents, damaged);
  if (!database && damaged) {
    if (auto how = rebuild_journal(*folder, known); !how) return how.error();
    database = open_sound(*folder, known, contents, damaged);
  }
  if (!database) return database.error();
  if (!contents.loss.empty()) log::error("journal", contents.loss);
  mark.write(contents.numbers);
  const auto numbers = contents.numbers;
  auto listed = journaled(std::move(contents), folder->database());
  return JournalFile{std::move(*database), numbers, std::move(mark), std::move(*folder),
                     std::move(listed)};
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "sqlite/journal_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/log.h"
#include "base/private_folder.h"
#include "base/system_error.h"
#include "sqlite/journal_contents.h"
#include "sqlite/migrations.h"

namespace xmppftd {
namespace {

/// Ids above the highest one seen that are not given out again when the counter itself was lost:
/// the rows of that many jobs may have been lost with it.
constexpr JobId kIdGap = 1000;

/// Makes sure that `path` is a regular file of ours that nobody else can read, empty if it is new.
/// Says whether it was.
Result<bool> prepare_file(const PrivateFolder& folder, const std::string& path) {
  UniqueFd fd(::openat(folder.fd.get(), "jobs.db",
                       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (fd) {
    ::fsync(folder.fd.get());
    return true;
  }
  if (errno != EEXIST) return system_error(errno, path);
  fd.reset(::openat(folder.fd.get(), "jobs.db", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  const int number = errno;
  struct stat info {};
  if (fd && ::fstat(fd.get(), &info) != 0) return system_error(errno, path);
  const bool special =
      fd ? !S_ISREG(info.st_mode) : number == EISDIR || number == ELOOP || number == ENXIO;
  if (special)
    return Error{Errc::NotRegularFile,
                 path + " is not a regular file; move it away and start again"};
  if (!fd) return system_error(number, path);
  if (info.st_uid != ::geteuid())
    return Error{Errc::UnsafeFolder,
                 path + " belongs to another user; move it away and start again"};
  if ((info.st_mode & 077) != 0 && ::fchmod(fd.get(), 0600) != 0) return system_error(errno, path);
  return false;
}

Result<void> set_up(Database& database) {
  // Exclusive: no other process reads along, so the index of the log can live in our memory instead
  // of a shared file.
  return database.execute(
      "PRAGMA locking_mode = EXCLUSIVE;"
      "PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = FULL;"
      "PRAGMA foreign_keys = ON;"
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
  return result;
}

/// The database, if it is sound in every way, brought up to date. Else an error, with `damaged` set
/// where its rows can be saved instead: then nothing in it was changed.
Result<std::unique_ptr<Database>> open_sound(const std::string& path, JournalContents& contents,
                                             bool& damaged) {
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
    // Before a step may sum a row anew.
    if (*version > 0 && *version < journal_version() &&
        !scan_rows(db, static_cast<int>(*version), [](JobRow&&) {}).sound())
      return bad("rows are damaged");
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

/// A name for what is put aside; the files of the write-ahead log keep belonging to it.
std::string move_aside(const std::string& path) {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(wall_now().time_since_epoch()).count();
  std::string aside;
  for (int i = 0; aside.empty() || ::access(aside.c_str(), F_OK) == 0; ++i)
    aside = path + ".bad-" + std::to_string(now + i);
  std::rename((path + "-wal").c_str(), (aside + "-wal").c_str());
  ::unlink((path + "-shm").c_str());
  if (std::rename(path.c_str(), aside.c_str()) != 0) return {};
  return aside;
}

std::string lost_rows(const RowScan& scan, std::size_t saved) {
  std::string text = std::to_string(saved) + " jobs were saved";
  if (!scan.lost.empty()) {
    text += "; lost:";
    for (std::size_t i = 0; i < scan.lost.size() && i < 20; ++i)
      text += " " + std::to_string(scan.lost[i]);
    if (scan.lost.size() > 20) text += " and " + std::to_string(scan.lost.size() - 20) + " more";
  }
  if (scan.incomplete) text += "; parts of it could not be read, so others may be missing";
  return text;
}

/// The version of a damaged journal. What is no such number is taken for ours.
int version_of_damaged(Database& database) {
  const auto version = database.number("PRAGMA user_version");
  const bool known = version && *version > 0 && *version <= journal_version();
  return known ? static_cast<int>(*version) : journal_version();
}

/// Makes a new database with what is good in a damaged one.
Result<std::unique_ptr<Database>> rebuild(const std::string& damaged, const std::string& path,
                                          RowScan& scan) {
  auto database = Database::open(path);
  if (!database) return database.error();
  Database& db = **database;
  if (auto ready = set_up(db); !ready) return ready.error();
  auto old = Database::open(damaged);
  if (old) {
    (*old)->close_untouched(true);
    static_cast<void>((*old)->execute("PRAGMA locking_mode = EXCLUSIVE"));
    const int version = version_of_damaged(**old);
    if (auto made = migrate(db, version); !made) return made.error();
    auto copied = copy_journal(**old, db, version);
    if (!copied) return copied.error();
    scan = std::move(*copied);
  } else {
    scan.incomplete = true;
  }
  if (auto made = migrate(db); !made) return made.error();
  if (!scan.sound()) scan.next_id += kIdGap;
  if (auto kept = db.execute("UPDATE meta SET value = " + std::to_string(scan.next_id) +
                             " WHERE key = 'next_id'");
      !kept)
    return kept.error();
  return database;
}

/// Moves the damaged database aside and starts a new one with what was good in it.
Result<JournalFile> salvage(const PrivateFolder& folder, const std::string& path) {
  const std::string aside = move_aside(path);
  if (aside.empty()) return system_error(errno, path);
  if (auto made = prepare_file(folder, path); !made) return made.error();
  RowScan scan;
  auto database = rebuild(aside, path, scan);
  if (!database) return database.error();
  ::fsync(folder.fd.get());

  auto contents = read_journal(**database);
  const auto saved = contents.jobs.size() + contents.strange.size();
  Journaled result = journaled(std::move(contents), path);
  result.degraded = true;
  result.warnings.push_back(path + " was damaged: " + lost_rows(scan, saved) +
                            ". The original is kept as " + aside);
  log::error("journal", result.warnings.back());
  return JournalFile{std::move(*database), std::move(result)};
}

}  // namespace

Result<JournalFile> open_journal_file(const std::string& folder_path) {
  auto folder = open_private_folder(folder_path);
  if (!folder) return folder.error();
  const std::string path = folder->path + "/jobs.db";
  auto fresh = prepare_file(*folder, path);
  if (!fresh) return fresh.error();
  JournalContents contents;
  bool damaged = false;
  auto database = open_sound(path, contents, damaged);
  if (!database && damaged) return salvage(*folder, path);
  if (!database) return database.error();
  return JournalFile{std::move(*database), journaled(std::move(contents), path)};
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "sqlite/journal_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>

#include "base/log.h"
#include "base/private_folder.h"
#include "base/system_error.h"
#include "sqlite/job_table.h"

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

/// The database, if it is sound in every way. Else an error, with `damaged` set where its rows can
/// be saved instead.
Result<std::unique_ptr<Database>> open_sound(const std::string& path, JobTable::Contents& contents,
                                             bool& damaged) {
  auto database = Database::open(path);
  if (!database) return database.error();
  Database& db = **database;
  db.close_untouched(true);
  auto how = set_up(db);
  std::string verdict = "ok";
  if (how) {
    auto checked = db.text("PRAGMA quick_check(1)");
    if (checked)
      verdict = *checked;
    else
      how = checked.error();
  }
  if (how)
    if (auto table = JobTable::attach(db); !table) how = table.error();
  if (how) {
    contents = JobTable::read(db);
    if (verdict != "ok" || !contents.lost.empty() || contents.incomplete)
      how = Error{Errc::Io, path + ": " + verdict};
    damaged = !how;
  }
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

/// Writes what was good in `old` (null when not even that could be opened) into the new database.
Result<void> take_over(Database& database, const JobTable::Contents& contents, Database* old) {
  auto table = JobTable::attach(database);
  if (!table) return table.error();
  auto how = database.execute("BEGIN IMMEDIATE");
  for (auto job = contents.jobs.begin(); how && job != contents.jobs.end(); ++job)
    how = table->put(*job);
  if (how && old != nullptr)
    JobTable::read_history(*old, [&](JobId id, const HistoryEntry& entry) {
      if (how) how = table->tell(id, entry);
    });
  if (how) how = table->set_next_id(contents.next_id);
  if (how) how = database.execute("COMMIT");
  return how;
}

std::string lost_rows(const JobTable::Contents& contents) {
  std::string text = std::to_string(contents.jobs.size()) + " jobs were saved";
  if (!contents.lost.empty()) {
    text += "; lost:";
    for (std::size_t i = 0; i < contents.lost.size() && i < 20; ++i)
      text += " " + std::to_string(contents.lost[i]);
    if (contents.lost.size() > 20)
      text += " and " + std::to_string(contents.lost.size() - 20) + " more";
  }
  if (contents.incomplete) text += "; parts of it could not be read, so others may be missing";
  return text;
}

/// Moves the damaged database aside and starts a new one with what was good in it.
Result<JournalFile> salvage(const PrivateFolder& folder, const std::string& path) {
  const std::string aside = move_aside(path);
  if (aside.empty()) return system_error(errno, path);
  JobTable::Contents contents;
  contents.incomplete = true;
  std::unique_ptr<Database> old;
  if (auto opened = Database::open(aside); opened) {
    old = std::move(*opened);
    old->close_untouched(true);
    static_cast<void>(old->execute("PRAGMA locking_mode = EXCLUSIVE"));
    contents = JobTable::read(*old);
  }
  if (contents.incomplete || !contents.lost.empty()) contents.next_id += kIdGap;

  if (auto made = prepare_file(folder, path); !made) return made.error();
  auto database = Database::open(path);
  if (!database) return database.error();
  if (auto ready = set_up(**database); !ready) return ready.error();
  if (auto taken = take_over(**database, contents, old.get()); !taken) return taken.error();
  ::fsync(folder.fd.get());

  Journaled journaled;
  journaled.degraded = true;
  journaled.warnings.push_back(path + " was damaged: " + lost_rows(contents) +
                               ". The original is kept as " + aside);
  log::error("journal", journaled.warnings.back());
  journaled.jobs = std::move(contents.jobs);
  journaled.next_id = contents.next_id;
  return JournalFile{std::move(*database), std::move(journaled)};
}

}  // namespace

Result<JournalFile> open_journal_file(const std::string& folder_path) {
  auto folder = open_private_folder(folder_path);
  if (!folder) return folder.error();
  const std::string path = folder->path + "/jobs.db";
  auto fresh = prepare_file(*folder, path);
  if (!fresh) return fresh.error();
  JobTable::Contents contents;
  bool damaged = false;
  auto database = open_sound(path, contents, damaged);
  if (!database && damaged) return salvage(*folder, path);
  if (!database) return database.error();
  Journaled journaled;
  journaled.jobs = std::move(contents.jobs);
  journaled.next_id = contents.next_id;
  return JournalFile{std::move(*database), std::move(journaled)};
}

}  // namespace xmppftd

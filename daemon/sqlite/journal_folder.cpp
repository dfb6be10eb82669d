// SPDX-License-Identifier: MIT
#include "sqlite/journal_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>

#include "base/system_error.h"
#include "model/job.h"

namespace xmppftd {

Result<JournalFolder> JournalFolder::open(const std::string& path) {
  auto folder = open_private_folder(path);
  if (!folder) return folder.error();
  JournalFolder files(std::move(*folder));
  for (const auto* name : {"jobs.db", "jobs.db-wal", "jobs.db-journal", "jobs.db.new",
                           "jobs.db.tmp", "jobs.db.bak", "jobs.db.bak.tmp", "jobs.mark"})
    if (auto usable = files.look_at(name); !usable) return usable.error();
  return files;
}

std::string JournalFolder::path(std::string_view name) const {
  return folder_.path + "/" + std::string(name);
}

bool JournalFolder::has(std::string_view name) const {
  struct stat info {};
  return ::fstatat(folder_.fd.get(), std::string(name).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

std::uint64_t JournalFolder::size(std::string_view name) const {
  struct stat info {};
  const bool there =
      ::fstatat(folder_.fd.get(), std::string(name).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  return there ? static_cast<std::uint64_t>(info.st_size) : 0;
}

/// Nobody else may read it.
Result<void> JournalFolder::look_at(const char* name) const {
  const auto where = path(name);
  struct stat info {};
  if (::fstatat(folder_.fd.get(), name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return system_error(errno, where);
  }
  if (!S_ISREG(info.st_mode))
    return Error{Errc::NotRegularFile,
                 where + " is not a regular file; move it away and start again"};
  if (info.st_uid != ::geteuid())
    return Error{Errc::UnsafeFolder,
                 where + " belongs to another user; move it away and start again"};
  if ((info.st_mode & 077) != 0 && ::fchmodat(folder_.fd.get(), name, 0600, 0) != 0)
    return system_error(errno, where);
  return {};
}

std::string JournalFolder::aside_name() const {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(wall_now().time_since_epoch()).count();
  for (int i = 0;; ++i) {
    const auto name = "jobs.db.bad-" + std::to_string(now + i);
    if (!has(name) && !has(name + "-wal")) return path(name);
  }
}

Result<void> JournalFolder::begin_new() const { return make("jobs.db.tmp"); }
void JournalFolder::drop_new() const { ::unlinkat(folder_.fd.get(), "jobs.db.tmp", 0); }

Result<void> JournalFolder::take_new(const std::string& aside) const {
  auto how = sync_file("jobs.db.tmp");
  if (how) how = rename("jobs.db.tmp", cut_off());
  if (how) how = sync();
  return how ? finish(aside) : how;
}

Result<void> JournalFolder::begin_copy() const { return make("jobs.db.bak.tmp"); }
void JournalFolder::drop_copy() const { ::unlinkat(folder_.fd.get(), "jobs.db.bak.tmp", 0); }

Result<void> JournalFolder::take_copy() const {
  auto how = sync_file("jobs.db.bak.tmp");
  if (how) how = rename("jobs.db.bak.tmp", copy());
  return how ? sync() : how;
}

/// The log goes first: beside another database SQLite would take it for that one's.
Result<void> JournalFolder::finish(const std::string& aside) const {
  for (const auto* suffix : {"-wal", "-journal", ""})
    if (auto how = rename(std::string("jobs.db") + suffix, aside + suffix); !how) return how;
  if (auto how = sync(); !how) return how;
  if (auto how = rename("jobs.db.new", database()); !how) return how;
  return sync();
}

/// In place of one that was cut off.
Result<void> JournalFolder::make(const char* name) const {
  ::unlinkat(folder_.fd.get(), name, 0);
  const UniqueFd fd(
      ::openat(folder_.fd.get(), name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return system_error(errno, path(name));
  return {};
}

Result<void> JournalFolder::sync_file(const char* name) const {
  const UniqueFd fd(::openat(folder_.fd.get(), name, O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return system_error(errno, path(name));
  return {};
}

Result<void> JournalFolder::rename(std::string_view from, const std::string& to) const {
  if (std::rename(path(from).c_str(), to.c_str()) == 0 || errno == ENOENT) return {};
  return system_error(errno, path(from));
}

Result<void> JournalFolder::sync() const {
  if (::fsync(folder_.fd.get()) == 0 || errno == EINVAL) return {};  // not every file system can
  return system_error(errno, folder_.path);
}

}  // namespace xmppftd

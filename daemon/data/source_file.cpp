// SPDX-License-Identifier: MIT
#include "data/source_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "data/content.h"
#include "data/file_io.h"

namespace xmppftd {
namespace {

const char* kind_of(mode_t mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFDIR: return "a folder; pack it first (tar)";
    case S_IFLNK: return "a symbolic link; name the file it points to (readlink -f)";
    case S_IFIFO: return "a pipe; save what comes out of it first";
    case S_IFSOCK: return "a socket";
    default: return "a device";
  }
}

/// Files of the kernel's own file systems have no size and other content at each reading.
bool is_made_up(int fd) noexcept {
  struct statfs system {};
  if (::fstatfs(fd, &system) != 0) return false;
  return system.f_type == PROC_SUPER_MAGIC || system.f_type == SYSFS_MAGIC ||
         system.f_type == DEBUGFS_MAGIC || system.f_type == TRACEFS_MAGIC ||
         system.f_type == CGROUP2_SUPER_MAGIC;
}

Error open_error(int error_number, const std::string& path) {
  switch (error_number) {
    case EACCES:
    case EPERM:
      return system_error(Errc::Unreadable, error_number, path,
                          "make it readable: chmod u+r, or ask its owner");
    case ELOOP:
    case ENXIO:
      return system_error(Errc::NotRegularFile, error_number, path,
                          "only regular files can be sent");
    default: return system_error(error_number, path);
  }
}

Result<std::shared_ptr<OpenFile>> marked(UniqueFd fd, const std::string& path) {
  auto identity = marked_identity_of(fd.get());
  if (!identity) return Error{identity.error().code, path + ": " + identity.error().detail};
  return std::make_shared<OpenFile>(std::move(fd), *identity);
}

Result<UniqueFd> open_regular(const std::string& path) {
  // A look first: merely opening a device can do something. What counts is what was opened.
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return open_error(errno, path);
  if (!S_ISREG(status.st_mode))
    return Error{Errc::NotRegularFile, path + ": this is " + kind_of(status.st_mode)};
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!fd) return open_error(errno, path);
  if (::fstat(fd.get(), &status) != 0) return open_error(errno, path);
  if (!S_ISREG(status.st_mode))
    return Error{Errc::NotRegularFile, path + ": this is " + kind_of(status.st_mode)};
  if (is_made_up(fd.get()))
    return Error{Errc::NotRegularFile,
                 path + ": the kernel makes this file up as it is read; copy it first (cat)"};
  return fd;
}

/// Where the kernel says an open file is; "" when it has no name.
std::string path_of(int fd) {
  char target[PATH_MAX];
  const auto link = "/proc/self/fd/" + std::to_string(fd);
  const auto length = ::readlink(link.c_str(), target, sizeof target);
  if (length <= 0 || length == sizeof target || target[0] != '/') return {};
  return {target, static_cast<std::size_t>(length)};
}

/// Only a path that we can read this very file by will do after a restart. Errors: Unavailable (not
/// to be told now).
Result<bool> leads_to_file(const std::string& path, const struct stat& status) {
  if (path.empty()) return false;
  const auto fd = open_regular(path);
  if (!fd && fd.error().code == Errc::Unavailable) return fd.error();
  struct stat there {};
  return fd && ::fstat(fd->get(), &there) == 0 && there.st_dev == status.st_dev &&
         there.st_ino == status.st_ino && there.st_size == status.st_size &&
         there.st_mtim.tv_sec == status.st_mtim.tv_sec &&
         there.st_mtim.tv_nsec == status.st_mtim.tv_nsec;
}

/// A page that a program has mapped and written to moves the file's times no more, until it is
/// written out: the next write to it does again, so that check_unchanged() sees it. Starts that and
/// does not wait. File systems in memory write nothing out, and there such writes stay unseen.
void let_writes_show(int fd) noexcept { ::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); }

}  // namespace

Result<std::shared_ptr<OpenFile>> open_source_file(const std::string& path) {
  auto fd = open_regular(path);
  if (!fd) return std::move(fd).error();
  return marked(std::move(*fd), path);
}

Result<std::shared_ptr<OpenFile>> reopen_source_file(const std::string& path,
                                                     std::shared_ptr<OpenFile> held,
                                                     const FileIdentity& queued) {
  UniqueFd fd;
  if (held == nullptr) {
    auto opened = open_regular(path);
    if (!opened) return std::move(opened).error();
    fd = std::move(*opened);
  }
  const int file = held ? held->fd.get() : fd.get();
  let_writes_show(file);
  auto known = queued;
  if (auto same = check_unchanged(file, known); !same)
    return Error{same.error().code,
                 (path.empty() ? "the descriptor passed" : path) + ": " + same.error().detail};
  if (held != nullptr) return held;
  return std::make_shared<OpenFile>(std::move(fd), known);
}

Result<Files::Adopted> adopt_source_file(UniqueFd fd, const std::string& path) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0)
    return system_error(Errc::BadFd, errno, "the descriptor passed",
                        "open the file and pass it again");
  if ((flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_WRONLY)
    return Error{Errc::BadFd,
                 "the descriptor passed is not open for reading; open it with O_RDONLY"};
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0)
    return system_error(Errc::BadFd, errno, "the descriptor passed",
                        "open the file and pass it again");
  if (!S_ISREG(status.st_mode))
    return Error{Errc::BadFd, std::string("the descriptor passed is no regular file but ") +
                                  kind_of(status.st_mode)};
  if (is_made_up(fd.get()))
    return Error{
        Errc::BadFd,
        "the descriptor passed is a file that the kernel makes up as it is read; copy it first"};
  ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
  Files::Adopted adopted;
  for (const auto& candidate : {path, path_of(fd.get())}) {
    if (!adopted.path.empty()) break;
    const auto leads = leads_to_file(candidate, status);
    if (!leads) return leads.error();
    if (*leads) adopted.path = candidate;
  }
  auto file = marked(std::move(fd), path.empty() ? "the descriptor passed" : path);
  if (!file) return std::move(file).error();
  adopted.file = std::move(*file);
  return adopted;
}

}  // namespace xmppftd

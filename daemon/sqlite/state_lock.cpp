// SPDX-License-Identifier: MIT
#include "sqlite/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.h"
#include "base/private_folder.h"
#include "base/system_error.h"

namespace xmppftd {
namespace {

/// The pid that the holder wrote, as text for people; its file may be empty for a moment.
std::string holder(int fd) {
  char text[24];
  const ssize_t length = ::pread(fd, text, sizeof text, 0);
  std::string_view pid(text, length > 0 ? static_cast<std::size_t>(length) : 0);
  pid = pid.substr(0, pid.find('\n'));
  return parse_decimal(pid) ? "pid " + std::string(pid) : "pid unknown";
}

}  // namespace

Result<StateLock> StateLock::take(const std::string& folder) {
  auto opened = open_private_folder(folder);
  if (!opened) return opened.error();
  const std::string path = opened->path + "/lock";
  UniqueFd fd(::openat(opened->fd.get(), "lock",
                       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!fd) return system_error(errno, path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return system_error(errno, path);
  if (!S_ISREG(info.st_mode) || info.st_uid != ::geteuid())
    return Error{Errc::NotRegularFile, path + " is not a regular file of ours; move it away"};
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error(errno, path);
    return Error{Errc::Exists, "another xmppftd (" + holder(fd.get()) + ") uses " + opened->path +
                                   "; stop it, or give this one a state folder of its own"};
  }
  // For people and the message above; the lock itself needs no content, so a full disk does not
  // matter.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) == 0 && ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) errno = 0;
  return StateLock(std::move(fd));
}

}  // namespace xmppftd

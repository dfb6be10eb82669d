// SPDX-License-Identifier: MIT
#include "sqlite/ballast.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "base/log.h"
#include "base/unique_fd.h"

namespace xmppftd {
namespace {

bool is_made(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
         static_cast<std::uint64_t>(found.st_blocks) * 512 >= Ballast::kBytes;
}

bool has_room(const std::string& folder, std::uint64_t bytes) {
  struct statvfs disk {};
  return ::statvfs(folder.c_str(), &disk) == 0 &&
         std::uint64_t{disk.f_bavail} * disk.f_frsize >= bytes;
}

}  // namespace

Ballast::Ballast(const std::string& folder)
    : folder_(folder), path_(folder + "/ballast"), held_(is_made(path_)) {
  restore();
}

void Ballast::restore() {
  if (held_ || !has_room(folder_, 2 * kBytes)) return;
  held_ = make();
  if (held_ && released_) log::info("journal", "the disk of the journal has room again");
  if (held_) released_ = false;
}

bool Ballast::make() const {
  ::unlink(path_.c_str());  // one that was cut off
  const UniqueFd fd(
      ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return false;
  int error = 0;
  do {
    error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(kBytes));
  } while (error == EINTR);
  if (error != 0) ::unlink(path_.c_str());
  return error == 0;
}

bool Ballast::release() {
  if (!held_ || ::unlink(path_.c_str()) != 0) return false;
  held_ = false;
  released_ = true;
  log::warning("journal",
               "the disk of the journal is full: no new jobs until there is room; free some");
  return true;
}

}  // namespace xmppftd

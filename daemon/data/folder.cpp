// SPDX-License-Identifier: MIT
#include "data/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "data/file_io.h"

namespace xmppftd {

Result<UniqueFd> open_folder(const std::string& path) {
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    switch (errno) {
      case ENOENT:
        return system_error(Errc::FileMissing, errno, path, "create it: mkdir -p '" + path + "'");
      case ENOTDIR:
        return system_error(Errc::FileMissing, errno, path, "choose a folder to receive into");
      case EACCES:
      case EPERM:
        return system_error(Errc::Unreadable, errno, path, "choose a folder of your own");
      default:
        return system_error(Errc::Io, errno, path, "check the disk (dmesg)");
    }
  }
  if (auto safe = check_folder(folder.get(), path); !safe) return std::move(safe).error();
  return folder;
}

Result<void> check_folder(int folder, const std::string& path) {
  struct stat status {};
  if (::fstat(folder, &status) != 0) return system_error(Errc::Io, errno, path);
  if (status.st_uid != ::geteuid())
    return Error{Errc::UnsafeFolder, path + ": belongs to user " + std::to_string(status.st_uid) +
                                         ", we run as user " + std::to_string(::geteuid()) +
                                         "; choose a folder of your own"};
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(status.st_mode & 07777));
    return Error{
        Errc::UnsafeFolder,
        path + ": mode " + mode + " lets other users swap files in it; chmod go-w '" + path + "'"};
  }
  return {};
}

Result<void> sync_folder(int folder, const std::string& path) {
  if (::fsync(folder) == 0) return {};
  return write_error(errno, "syncing the folder " + path);
}

Result<std::optional<Entry>> look_up(int folder, const std::string& name) {
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
    return std::optional<Entry>(
        Entry{identity_of(status), S_ISREG(status.st_mode), status.st_uid == ::geteuid()});
  if (errno == ENOENT) return std::optional<Entry>();
  return system_error(Errc::Io, errno, "looking for " + name);
}

}  // namespace xmppftd

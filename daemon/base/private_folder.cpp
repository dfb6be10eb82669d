// SPDX-License-Identifier: MIT
#include "base/private_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "base/log.h"

namespace xmppftd {
namespace {

/// mkdir -p; what exists is left as it is.
Result<void> make_folders(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return error_from_errno(part, errno);
    if (end == std::string::npos) return {};
  }
}

Result<void> narrow(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return error_from_errno(path, errno);
  if (info.st_uid != ::geteuid())
    return Error{Errc::UnsafeFolder,
                 path + " belongs to user " + std::to_string(info.st_uid) +
                     "; give it to the user that runs xmppftd, or name another folder"};
  if ((info.st_mode & 077) == 0) return {};
  if (::fchmod(fd, 0700) != 0) return error_from_errno(path, errno);
  log::warning("app", path + " was open to other users; its mode is now 0700");
  return {};
}

}  // namespace

Error error_from_errno(const std::string& path, int number) {
  const std::string detail = path + ": " + std::strerror(number);
  switch (number) {
    case ENOSPC:
    case EDQUOT: return {Errc::DiskFull, detail};
    case EACCES:
    case EPERM: return {Errc::Unreadable, detail};
    case ENOENT: return {Errc::FileMissing, detail};
    default: return {Errc::Io, detail};
  }
}

Result<void> keep_private(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) return narrow(fd.get(), path);
  if (errno == ENOENT) return {};
  return error_from_errno(path, errno);
}

Result<PrivateFolder> open_private_folder(const std::string& path) {
  if (path.empty() || path.front() != '/')
    return Error{Errc::BadArgument, "\"" + path + "\" is not an absolute path"};
  if (auto made = make_folders(path); !made) return made.error();
  PrivateFolder folder{UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), {}};
  if (!folder.fd) return error_from_errno(path, errno);
  if (auto ours = narrow(folder.fd.get(), path); !ours) return ours.error();
  char real[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(folder.fd.get());
  const ssize_t length = ::readlink(link.c_str(), real, sizeof real);
  if (length <= 0 || length == sizeof real) return error_from_errno(path, length < 0 ? errno : ENAMETOOLONG);
  folder.path.assign(real, static_cast<std::size_t>(length));
  return folder;
}

}  // namespace xmppftd

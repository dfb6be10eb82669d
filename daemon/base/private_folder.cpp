// SPDX-License-Identifier: MIT
#include "base/private_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>

#include "base/log.h"
#include "base/system_error.h"

namespace xmppftd {
namespace {

/// mkdir -p; what exists is left as it is.
Result<void> make_folders(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return system_error(errno, part);
    if (end == std::string::npos) return {};
  }
}

Result<void> narrow(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error(errno, path);
  if (info.st_uid != ::geteuid())
    return Error{Errc::UnsafeFolder,
                 path + " belongs to user " + std::to_string(info.st_uid) +
                     "; give it to the user that runs xmppftd, or name another folder"};
  if ((info.st_mode & 077) == 0) return {};
  if (::fchmod(fd, 0700) != 0) return system_error(errno, path);
  log::warning("app", path + " was open to other users; its mode is now 0700");
  return {};
}

}  // namespace

Result<void> keep_private(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) return narrow(fd.get(), path);
  if (errno == ENOENT) return {};
  return system_error(errno, path);
}

Result<PrivateFolder> open_private_folder(const std::string& path) {
  if (path.empty() || path.front() != '/')
    return Error{Errc::BadArgument, "\"" + path + "\" is not an absolute path"};
  if (auto made = make_folders(path); !made) return made.error();
  PrivateFolder folder{UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), {}};
  if (!folder.fd) return system_error(errno, path);
  if (auto ours = narrow(folder.fd.get(), path); !ours) return ours.error();
  char real[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(folder.fd.get());
  const ssize_t length = ::readlink(link.c_str(), real, sizeof real);
  if (length <= 0 || length == sizeof real)
    return system_error(length < 0 ? errno : ENAMETOOLONG, path);
  folder.path.assign(real, static_cast<std::size_t>(length));
  return folder;
}

}  // namespace xmppftd

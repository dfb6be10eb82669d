// SPDX-License-Identifier: MIT
#include "data/folder.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <string_view>
#include <vector>

#include "data/access_list.h"
#include "data/file_io.h"

namespace xmppftd {
namespace {

/// Debian gives each user a group of the same name and nobody else in it, so that 0775 is as good
/// as 0755 there.
Result<bool> is_own_group(gid_t group, uid_t us) {
  std::vector<char> user_text(16 * 1024), group_text(16 * 1024);
  struct passwd user {
  }, *found_user = nullptr;
  struct group row {
  }, *found_group = nullptr;
  // Without descriptors nobody can be looked up, which says nothing about the folder.
  const auto passes = [](int error) {
    return error != 0 && trouble_of(error).code == Errc::Unavailable;
  };
  int error = ::getpwuid_r(us, &user, user_text.data(), user_text.size(), &found_user);
  if (passes(error)) return system_error(error, "looking up user " + std::to_string(us));
  if (error != 0 || found_user == nullptr || user.pw_gid != group) return false;
  error = ::getgrgid_r(group, &row, group_text.data(), group_text.size(), &found_group);
  if (passes(error)) return system_error(error, "looking up group " + std::to_string(group));
  if (error != 0 || found_group == nullptr || std::string_view(row.gr_name) != user.pw_name)
    return false;
  for (char** member = row.gr_mem; *member != nullptr; ++member)
    if (std::string_view(*member) != user.pw_name) return false;
  return true;
}

std::string octal(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
  return text;
}

bool leads_to_folder(const std::string& path, const struct stat& folder) {
  struct stat status {};
  return !path.empty() && ::stat(path.c_str(), &status) == 0 && status.st_dev == folder.st_dev &&
         status.st_ino == folder.st_ino;
}

}  // namespace

Result<UniqueFd> open_folder(const std::string& path) {
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    switch (errno) {
      case ENOENT:
        return system_error(Errc::FileMissing, errno, path, "create it: mkdir -p '" + path + "'");
      case ENOTDIR:
      case ELOOP:
        return system_error(Errc::FileMissing, errno, path, "choose a folder to receive into");
      case EACCES:
      case EPERM: return system_error(Errc::Unreadable, errno, path, "choose a folder of your own");
      default: return system_error(errno, path);
    }
  }
  if (auto safe = check_folder(folder.get(), path); !safe) return std::move(safe).error();
  return folder;
}

Result<void> check_folder(int folder, const std::string& path) {
  struct stat status {};
  if (::fstat(folder, &status) != 0) return system_error(errno, path);
  FolderRights rights{.mode = status.st_mode & 07777, .owner = status.st_uid};
  if ((rights.mode & S_IWGRP) != 0) {
    const auto own = is_own_group(status.st_gid, ::geteuid());
    if (!own) return own.error();
    rights.own_group = *own;
    rights.strangers_acl = list_lets_others_write(folder);
  }
  return check_rights(rights, ::geteuid(), path);
}

Result<void> check_rights(const FolderRights& rights, uid_t us, const std::string& path) {
  const auto unsafe = [&](const std::string& why) {
    return Error{Errc::UnsafeFolder, path + ": " + why};
  };
  const bool group_writes = (rights.mode & S_IWGRP) != 0 && !rights.own_group;
  const bool all_write = (rights.mode & S_IWOTH) != 0;
  if ((rights.mode & S_ISVTX) != 0 && (rights.owner == us || rights.owner == 0)) return {};
  if (rights.owner != us)
    return unsafe("belongs to user " + std::to_string(rights.owner) + ", we run as user " +
                  std::to_string(us) + "; choose a folder of your own");
  if (rights.strangers_acl)
    return unsafe("its access control list lets other users swap files in it; setfacl -b '" + path +
                  "', or choose another folder");
  if (!group_writes && !all_write) return {};
  const std::string whom = group_writes && all_write ? "go" : group_writes ? "g" : "o";
  return unsafe("mode " + octal(rights.mode) + " lets other users swap files in it; chmod " + whom +
                "-w '" + path + "', or choose another folder");
}

std::optional<std::string> place_of(int folder, const std::string& path) {
  struct stat status {};
  if (::fstat(folder, &status) != 0) return std::nullopt;
  if (leads_to_folder(path, status)) return path;
  char target[PATH_MAX];
  const auto link = "/proc/self/fd/" + std::to_string(folder);
  const auto length = ::readlink(link.c_str(), target, sizeof target);
  if (length <= 0 || length == sizeof target || target[0] != '/') return std::nullopt;
  std::string now(target, static_cast<std::size_t>(length));
  if (!leads_to_folder(now, status)) return std::nullopt;
  return now;
}

Result<void> sync_folder(int folder, const std::string& path) {
  if (::fsync(folder) == 0) return {};
  return system_error(errno, "syncing the folder " + path);
}

Result<std::optional<Entry>> look_up(int folder, const std::string& name) {
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
    return std::optional<Entry>(
        Entry{identity_of(status), S_ISREG(status.st_mode), status.st_uid == ::geteuid()});
  // What the file system refuses as a name is not there either.
  if (errno == ENOENT || errno == ENAMETOOLONG) return std::optional<Entry>();
  return system_error(errno, "looking for " + name);
}

}  // namespace xmppftd

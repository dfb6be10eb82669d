// SPDX-License-Identifier: MIT
#include "data/part_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "data/file_io.h"
#include "data/folder.h"
#include "model/file_info.h"

namespace xmppftd {
namespace {

/// One component, so it cannot leave the folder.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

/// Is it the inode on record? The device may have another number since.
bool is_inode(const FileIdentity& found, const FileIdentity& recorded) {
  return found.inode == recorded.inode;
}

/// Does `name` in the part's folder still stand for the part's inode?
Result<bool> is_part(const PartFile& part, const std::string& name) {
  auto entry = look_up(part.folder.get(), name);
  if (!entry) return std::move(entry).error();
  return *entry && same_file((*entry)->identity, part.file->identity);
}

Result<void> check_space(int folder, const std::string& path, std::uint64_t size,
                         std::uint64_t keep_free) {
  struct statvfs disk {};
  if (::fstatvfs(folder, &disk) != 0) return system_error(errno, path);
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free >= keep_free && free - keep_free >= size) return {};
  return Error{Errc::DiskFull, path + ": " + size_text(size) + " are needed and " +
                                   size_text(keep_free) + " are to stay free, but only " +
                                   size_text(free) +
                                   " are free; free some space, or lower disk.min_free in the "
                                   "configuration file"};
}

/// Reserves room, none where the size is not known, and says whether all of it is set aside: not
/// every file system can (posix_fallocate would write zeros then).
Result<bool> reserve(int fd, std::optional<std::uint64_t> size) {
  if (!size) return false;
  if (size == 0u) return true;
  if (*size > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()))
    return system_error(EFBIG, "reserving room");
  int rc = 0;
  do {
    rc = ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(*size));
  } while (rc != 0 && errno == EINTR);
  if (rc == 0) return true;
  if (errno == EOPNOTSUPP || errno == ENOSYS) return false;
  return system_error(errno, "reserving " + std::to_string(*size) + " bytes");
}

Error create_error(int error_number, const std::string& path) {
  const auto what = "creating a file in " + path;
  if (error_number == EACCES || error_number == EPERM || error_number == EROFS)
    return system_error(Errc::Unreadable, error_number, what,
                        "choose a folder that you can write to");
  return system_error(error_number, what);
}

/// The rest of creating a part, once its name is in the folder.
Result<void> fill_in(PartFile& part, UniqueFd fd, std::optional<std::uint64_t> size) {
  auto reserved = reserve(fd.get(), size);
  if (!reserved) return std::move(reserved).error();
  if (auto synced = sync_folder(part.folder.get(), part.folder_path); !synced) return synced;
  auto identity = identity_of(fd.get());
  if (!identity) return std::move(identity).error();
  part.reserved = *reserved;
  part.file = std::make_shared<OpenFile>(std::move(fd), *identity);
  return {};
}

/// The part of that name, null if there is none of that inode.
Result<std::shared_ptr<PartFile>> open_part(UniqueFd folder, const std::string& folder_path,
                                            const std::string& name, const FileIdentity& identity) {
  const std::shared_ptr<PartFile> none;
  if (!is_plain_name(name)) return none;
  UniqueFd fd(::openat(folder.get(), name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT || errno == ELOOP || errno == ENXIO || errno == EISDIR) return none;
    return system_error(errno, folder_path + "/" + name);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return system_error(errno, folder_path + "/" + name);
  const auto its = identity_of(status);
  const bool ours = identity.inode == 0 ? status.st_uid == ::geteuid() : is_inode(its, identity);
  if (!S_ISREG(status.st_mode) || !ours) return none;
  auto part = std::make_shared<PartFile>();
  part->folder = std::move(folder);
  part->folder_path = folder_path;
  part->name = name;
  part->file = std::make_shared<OpenFile>(std::move(fd), its);
  return part;
}

Error exists_error(const std::string& name, std::string_view why, std::string_view remedy) {
  return {Errc::Exists, "'" + name + "' exists" + std::string(why) + "; " + std::string(remedy)};
}

/// Puts the part in the place of a regular file of ours and removes that one.
Result<void> replace(const PartFile& part, const std::string& final_name, const Entry& old) {
  constexpr std::string_view kRemedy = "choose another name";
  if (!old.regular) return exists_error(final_name, " and is no regular file", kRemedy);
  if (!old.ours) return exists_error(final_name, " and belongs to another user", kRemedy);
  const int folder = part.folder.get();
  if (const int error = exchange_names(folder, part.name, final_name); error != 0) {
    if (error == EINVAL || error == ENOSYS)
      return exists_error(final_name, " and this file system cannot exchange two names",
                          "remove it first, or keep both");
    return system_error(error, "replacing '" + final_name + "'");
  }
  // What we got in exchange must be what was looked at; else both go back to their places.
  auto got = look_up(folder, part.name);
  if (!got || !*got || !same_file((*got)->identity, old.identity)) {
    exchange_names(folder, part.name, final_name);
    return exists_error(final_name, " and was changed just now", "try again");
  }
  // It has its name: what failed once may pass, and is asked for again.
  if (::unlinkat(folder, part.name.c_str(), 0) != 0)
    return Error{Errc::Unavailable,
                 system_error(errno, "removing the old '" + final_name + "'").detail};
  return {};
}

/// Of a file that has its final name. Whoever died there may have left both names (link, then
/// unlink), or what was overwritten under the part's name, which is nobody else's.
void remove_rest(int folder, const std::string& part_name) {
  const auto left = look_up(folder, part_name);
  if (left && *left && (*left)->regular && (*left)->ours) ::unlinkat(folder, part_name.c_str(), 0);
}

Result<void> give_name(const PartFile& part, const std::string& final_name, bool overwrite,
                       std::span<const Renamer> renamers, NameTrial trial) {
  const int error = rename_new(renamers, part.folder.get(), part.name, final_name);
  if (error == 0) return {};
  if (error != EEXIST) {
    const auto what = "giving the file its name '" + final_name + "'";
    if (!may_refuse_name(error)) return system_error(error, what);
    if (!refuses_only_name(part.folder.get(), trial)) return create_error(error, part.folder_path);
    return system_error(Errc::BadArgument, error, what, "this file system needs another name");
  }
  if (!overwrite) return exists_error(final_name, "", "choose another name");
  auto old = look_up(part.folder.get(), final_name);
  if (!old) return std::move(old).error();
  if (!*old) return exists_error(final_name, "ed a moment ago", "try again");
  return replace(part, final_name, **old);
}

Result<void> synced(const PartFile& part, int (*sync)(int)) {
  const OpenFile& file = *part.file;
  const std::lock_guard turn(file.sync_turn);
  const int error_number = file.sync_failed ? EIO : sync(file.fd.get()) == 0 ? 0 : errno;
  if (error_number == 0) return {};
  file.sync_failed = true;
  return system_error(error_number, "making " + part.folder_path + "/" + part.name + " durable");
}

/// How many bytes are there before the first hole. We write without any, but the kernel writes back
/// in any order: after a power cut a file may be long, and lack what lies before its end.
std::uint64_t unbroken(int fd, std::uint64_t length) {
  const off_t hole = ::lseek(fd, 0, SEEK_HOLE);
  return hole < 0 ? length : static_cast<std::uint64_t>(hole);  // who knows no holes has none
}

}  // namespace

Result<void> check_part_place(const std::string& folder, std::optional<std::uint64_t> size,
                              std::uint64_t keep_free) {
  auto opened = open_folder(folder);
  if (!opened) return std::move(opened).error();
  if (::faccessat(opened->get(), ".", W_OK | X_OK, AT_EACCESS) != 0)
    return create_error(errno, folder);
  return check_space(opened->get(), folder, size.value_or(0), keep_free);
}

Result<std::shared_ptr<PartFile>> create_part_file(const std::string& folder,
                                                   const std::string& name,
                                                   std::optional<std::uint64_t> size,
                                                   std::uint64_t keep_free) {
  if (!is_plain_name(name)) return Error{Errc::BadArgument, "'" + name + "' is no file name"};
  auto opened = open_folder(folder);
  if (!opened) return std::move(opened).error();
  auto part = std::make_shared<PartFile>();
  part->folder = std::move(opened).value();
  part->folder_path = folder;
  const int dir = part->folder.get();
  if (auto space = check_space(dir, folder, size.value_or(0), keep_free); !space)
    return std::move(space).error();

  part->name = name;
  UniqueFd fd(
      ::openat(dir, part->name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd && errno == EEXIST) return exists_error(name, " in " + folder, "receive the file again");
  if (!fd) return create_error(errno, folder);

  auto made = fill_in(*part, std::move(fd), size);
  if (!made) {
    ::unlinkat(dir, part->name.c_str(), 0);
    return std::move(made).error();
  }
  return part;
}

Result<Files::Kept> reopen_part_file(const std::string& folder, const std::string& name,
                                     const FileIdentity& identity, std::uint64_t most,
                                     std::optional<std::uint64_t> size, std::uint64_t keep_free) {
  Files::Kept kept;
  auto opened = open_folder(folder);
  if (!opened) return std::move(opened).error();
  auto part = open_part(std::move(opened).value(), folder, name, identity);
  if (!part) return std::move(part).error();
  if (*part == nullptr) return kept;
  const int fd = (*part)->file->fd.get();
  const auto length = (*part)->file->identity.size;
  kept.bytes = size && length > *size ? 0 : std::min({length, most, unbroken(fd, length)});
  // What was set aside for it before is not free, and is its own.
  struct stat status {};
  if (::fstat(fd, &status) != 0) return system_error(errno, folder + "/" + name);
  const auto has = static_cast<std::uint64_t>(status.st_blocks) * 512;
  const auto more = size && *size > has ? *size - has : 0;
  if (auto space = check_space((*part)->folder.get(), folder, more, keep_free); !space)
    return std::move(space).error();
  if (length != kept.bytes && ::ftruncate(fd, static_cast<off_t>(kept.bytes)) != 0)
    return system_error(errno, "cutting " + folder + "/" + name);
  auto reserved = reserve(fd, size);
  if (!reserved) return std::move(reserved).error();
  (*part)->reserved = *reserved;
  kept.part = std::move(*part);
  return kept;
}

Result<void> sync_part_data(const PartFile& part) { return synced(part, ::fdatasync); }

Result<void> cut_part_file(const PartFile& part, std::uint64_t bytes) {
  const int fd = part.file->fd.get();
  const auto now = identity_of(fd);
  if (!now) return now.error();
  if (now->size <= bytes || ::ftruncate(fd, static_cast<off_t>(bytes)) == 0) return {};
  return system_error(errno, "cutting " + part.folder_path + "/" + part.name);
}

Result<void> sync_part_file(const PartFile& part, std::uint64_t size, std::optional<mode_t> mode) {
  // Some file systems have one mode for all, and that is fine.
  if (mode) static_cast<void>(::fchmod(part.file->fd.get(), *mode));
  if (auto how = synced(part, ::fsync); !how) return how;
  const auto now = identity_of(part.file->fd.get());
  if (!now) return now.error();
  if (now->size == size) return {};
  return Error{Errc::Interrupted, part.folder_path + "/" + part.name + " has " +
                                      std::to_string(now->size) + " bytes in place of " +
                                      std::to_string(size) +
                                      ": somebody cut it or wrote to it while the file came"};
}

Result<std::string> publish_part_file(const PartFile& part, const std::string& final_name,
                                      bool overwrite, std::span<const Renamer> renamers,
                                      NameTrial trial) {
  if (!is_plain_name(final_name))
    return Error{Errc::BadArgument, "'" + final_name + "' is no file name"};
  const int folder = part.folder.get();
  if (auto safe = check_folder(folder, part.folder_path); !safe) return std::move(safe).error();
  auto has_part = is_part(part, part.name);
  if (!has_part) return std::move(has_part).error();
  auto has_final = is_part(part, final_name);
  if (!has_final) return std::move(has_final).error();
  if (!*has_final && !*has_part)
    return Error{Errc::Interrupted, part.folder_path + "/" + part.name +
                                        " was removed or replaced by somebody while the file came"};
  const auto before = place_of(folder, part.folder_path);
  if (!before)
    return Error{Errc::FileMissing, part.folder_path +
                                        ": this folder was unmounted, covered or removed while the "
                                        "file came, which waits in it, complete; put it back"};
  if (*has_final) {
    remove_rest(folder, part.name);
  } else if (auto named = give_name(part, final_name, overwrite, renamers, trial); !named) {
    return std::move(named).error();
  }
  // It has its name: what failed once may pass, and is asked for again.
  if (auto synced = sync_folder(folder, part.folder_path); !synced)
    return Error{Errc::Unavailable, synced.error().detail};
  return place_of(folder, *before).value_or(*before);
}

Result<void> discard_part_file(const PartFile& part) {
  auto ours = is_part(part, part.name);
  if (!ours) return std::move(ours).error();
  if (!*ours || ::unlinkat(part.folder.get(), part.name.c_str(), 0) == 0) return {};
  return system_error(errno, "removing " + part.folder_path + "/" + part.name);
}

Result<void> set_part_file_aside(const PartFile& part) {
  auto ours = is_part(part, part.name);
  if (!ours) return std::move(ours).error();
  if (!*ours) return {};
  auto aside = part.name;
  if (aside.ends_with(kPartFileSuffix)) aside.erase(aside.size() - kPartFileSuffix.size());
  aside += kBadFileSuffix;
  const int error = rename_new(all_renamers(), part.folder.get(), part.name, aside);
  if (error != 0)
    return system_error(error, "renaming " + part.folder_path + "/" + part.name + " to " + aside);
  return sync_folder(part.folder.get(), part.folder_path);
}

Result<Files::Found> find_part_file(const std::string& folder, const std::string& part_name,
                                    const std::string& final_name, const FileIdentity& identity) {
  Files::Found found;
  auto opened = open_folder(folder);
  if (!opened && opened.error().code == Errc::FileMissing) return found;
  if (!opened) return std::move(opened).error();
  const int dir = opened->get();

  if (is_plain_name(final_name)) {
    auto final_entry = look_up(dir, final_name);
    if (!final_entry) return std::move(final_entry).error();
    if (*final_entry && is_inode((*final_entry)->identity, identity)) {
      if (is_plain_name(part_name)) remove_rest(dir, part_name);
      if (auto synced = sync_folder(dir, folder); !synced) return synced.error();
      found.state = PartState::Published;
      return found;
    }
  }
  auto part = open_part(std::move(opened).value(), folder, part_name, identity);
  if (!part) return std::move(part).error();
  if (*part != nullptr) found.state = PartState::Part;
  found.part = std::move(*part);
  return found;
}

}  // namespace xmppftd

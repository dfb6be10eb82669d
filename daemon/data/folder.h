// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/job.h"

namespace xmppftd {

/// Opens a folder to receive into, held by its descriptor from then on. Symbolic links on the way
/// are the user's own affair; what they lead to must be good, see check_folder(). Errors:
/// FileMissing, UnsafeFolder, Unreadable, Io.
Result<UniqueFd> open_folder(const std::string& path);

/// Can no stranger swap names in the folder? Good is a folder of ours that only we can write to, or
/// only the group that is ours alone; and a sticky one of ours or root's (/tmp), in which each may
/// touch only their own. The error's remedy never takes a right from a folder that is not ours
/// alone. Errors: UnsafeFolder, Io.
Result<void> check_folder(int folder, const std::string& path);

/// Whom a folder belongs to and who may write to it.
struct FolderRights {
  mode_t mode = 0;  ///< permission bits, S_ISVTX among them
  uid_t owner = 0;
  bool own_group = false;      ///< its group has no member but us
  bool strangers_acl = false;  ///< an access control list lets others write
};
/// check_folder()'s rule. Errors: UnsafeFolder.
Result<void> check_rights(const FolderRights& rights, uid_t us, const std::string& path);

/// Where the held folder is now: `path` while that leads there, else the path that it was moved to.
/// Nothing while no path of ours leads there: it was deleted, unmounted, or something is mounted
/// over it.
std::optional<std::string> place_of(int folder, const std::string& path);

/// Makes names created, renamed or removed in the folder durable. Errors: Io.
Result<void> sync_folder(int folder, const std::string& path);

/// What a name in the folder is, a final symbolic link not followed; nothing when the name is free.
/// Errors: Io.
struct Entry {
  FileIdentity identity;
  bool regular = false;
  bool ours = false;  ///< owned by our user
};
Result<std::optional<Entry>> look_up(int folder, const std::string& name);

}  // namespace xmppftd

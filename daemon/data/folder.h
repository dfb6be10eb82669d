// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/job.h"

namespace xmppftd {

/// Opens a folder to receive into, held by its descriptor from then on (RELIABILITY FN2). Symbolic
/// links on the way are the user's own affair; what they lead to must be ours. Errors: FileMissing,
/// UnsafeFolder, Unreadable, Io.
Result<UniqueFd> open_folder(const std::string& path);
/// Ours, and writable by nobody else: others could swap names under us. Errors: UnsafeFolder, Io.
Result<void> check_folder(int folder, const std::string& path);
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

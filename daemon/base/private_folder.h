// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace xmppftd {

/// A folder of ours that nobody else can enter.
struct PrivateFolder {
  UniqueFd fd;       ///< O_DIRECTORY
  std::string path;  ///< absolute, without symbolic links
};

/// Makes `path` and its parents, mode 0700, or takes what is there: it must be a folder and ours; a
/// mode that lets others in is narrowed. Errors: UnsafeFolder and those of system_error(); each
/// names the path and a remedy.
Result<PrivateFolder> open_private_folder(const std::string& path);

/// The same for a folder that may be missing and is then not made.
Result<void> keep_private(const std::string& path);

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/result.h"

namespace xmppftd {

/// Makes an empty file of this name in the folder and removes it again: 0 or an errno.
using NameTrial = int (*)(int folder, const std::string& name);
int try_name(int folder, const std::string& name);

/// Can this errno of giving a name mean that the file system does not take such a name? Which one
/// it is differs (EINVAL, ENAMETOOLONG, EILSEQ, ENOENT, EACCES, ...), so it is every one that is
/// not a known trouble of the disk.
bool may_refuse_name(int error_number) noexcept;
/// After such an errno: was it the name? Not when the folder takes no other name either. Makes a
/// hidden file for a moment.
bool refuses_only_name(int folder, NameTrial trial = try_name);

/// `name` if the folder's file system takes it, else the first of plainer_names() that it takes.
/// Tried out of sight, in a hidden folder made for a moment, and only where the name is not plain
/// everywhere. When nothing can be tried the name comes back as it is: publishing decides.
std::string usable_name(int folder, const std::string& name, NameTrial trial = try_name);

/// Does the folder's file system take every name of 1 to 255 bytes without '/' and NUL?
bool takes_every_name(int folder) noexcept;

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>

namespace xmppftd {

/// Does an access control list (acl(5)) let somebody write to this file who is neither its owner
/// nor in its group nor everybody? False where there is none, or the file system has none.
bool list_lets_others_write(int fd);

/// The permission bits that a folder's default list gives to files made in it, 0666 at most;
/// nothing when it has no such list.
std::optional<mode_t> default_mode(int folder);

}  // namespace xmppftd

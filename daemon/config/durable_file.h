// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/result.h"

namespace xmppftd {

/// Replaces `folder`/`name` by a file of mode 0600 that holds `text`: written beside it, synced,
/// renamed, folder synced. The folder is made (0700) when only its last part is missing. Blocks on
/// the disk. Errors: those of system_error().
Result<void> write_durably(const std::string& folder, const std::string& name,
                           const std::string& text);

/// Reads a regular file of at most `max_size` bytes without waiting on a FIFO. Errors: FileMissing,
/// NotRegularFile, TooMany (larger), those of system_error(); the detail is the reason alone,
/// without the path. With `secret`, a file that group or others can read, or that is not ours, is
/// refused (Unreadable).
Result<std::string> read_small_file(const std::string& path, std::size_t max_size,
                                    bool secret = false);

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "base/result.h"
#include "model/job.h"

namespace xmppftd {

/// Of a file up to this size all bytes are digested for its mark, of a larger one as many, in
/// pieces spread evenly from its first byte to its last.
inline constexpr std::uint64_t kMarkedWhole = 8 * 1024 * 1024;

/// A mark of what a file of `size` bytes holds, never 0. Reads at most kMarkedWhole bytes. Errors:
/// FileChanged (it is shorter now), Io.
Result<std::uint64_t> fingerprint(int fd, std::uint64_t size);

/// Identity and mark of a file that is to be sent. The mark is 0 where somebody wrote meanwhile.
Result<FileIdentity> marked_identity_of(int fd);

/// Does `fd` still hold what was `known`? Metadata alone is no change: with everything else equal,
/// a new ctime (chmod, link, rename, a touched atime) only makes the mark be taken again, so that a
/// rewrite which put the old mtime back is seen. Where the mark covers the whole file it decides
/// alone: a touch, or a copy in the file's place, changed nothing. Of a larger file it proves a
/// change, but that there was none only together with inode and mtime. Device numbers do not count,
/// as they are given out anew by each boot.
///
/// When there was no change, `known` becomes what is seen now. Errors: FileChanged, Io.
Result<void> check_unchanged(int fd, FileIdentity& known);

}  // namespace xmppftd

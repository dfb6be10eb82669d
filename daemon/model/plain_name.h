// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace xmppftd {

/// Names for a file whose own name some file system refuses, the closest first: with '_' for what
/// FAT, exFAT, NTFS and Windows shares refuse (the characters "*:<>?\| and controls, dots and
/// spaces at the end, device names such as "con.txt"); then in ASCII and at most 100 bytes, its
/// extension kept; last "file". Without what equals `name` or one before it.
std::vector<std::string> plainer_names(std::string_view name);

/// A name that every file system takes.
bool is_plain_everywhere(std::string_view name);

}  // namespace xmppftd

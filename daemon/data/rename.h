// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

namespace xmppftd {

/// Ways to give a file in a folder another name without replacing what has that name. Each
/// returns 0 or an errno: EEXIST when the name is taken, by anything at all. What they need
/// differs, so they are tried in turn.
using Renamer = int (*)(int folder, const std::string& from, const std::string& to);

/// renameat2(RENAME_NOREPLACE): atomic. EINVAL where the file system does not know it.
int rename_no_replace(int folder, const std::string& from, const std::string& to);
/// A second name, then the first one goes. EPERM where there are no hard links.
int rename_by_link(int folder, const std::string& from, const std::string& to);
/// Looks, then renames, which replaces a file that somebody makes in between: where a file system
/// knows no more than this, nothing helps against that but an empty file that holds the name, which
/// others would take for ours.
int rename_after_look(int folder, const std::string& from, const std::string& to);

/// The first of `renamers` that this file system knows. 0 or an errno.
int rename_new(std::span<const Renamer> renamers, int folder, const std::string& from,
               const std::string& to);
/// All three, in the order above.
std::span<const Renamer> all_renamers() noexcept;

/// renameat2(RENAME_EXCHANGE): both names stay, their files change places. 0 or an errno.
int exchange_names(int folder, const std::string& a, const std::string& b);

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace xmppftd {

/// A standing consent to offers (AutoAccept of Manager1): the first rule that matches wins, none =
/// ask.
struct AcceptRule {
  std::string from;            ///< bare or full JID, "*@domain", "roster" (contacts both ways), "*"
  std::uint64_t max_size = 0;  ///< bytes; 0 = any, for a single JID only
  /// "image/png", "image/*"; empty = any. What the peer claims, nothing more
  std::vector<std::string> mime;
  std::string folder;     ///< absolute; "" = the download folder
  std::string on_exists;  ///< rename | fail; "" = the config's. A rule never overwrites
  friend bool operator==(const AcceptRule&, const AcceptRule&) = default;
};

/// The contacts of a domain are "*@" and its name.
inline constexpr std::string_view kContactsOf = "*@";
/// Is `from` a pattern, and so no JID?
bool is_pattern(std::string_view from) noexcept;

/// Checks a rule and brings its `from` into the form that JIDs are compared in. Errors: BadJid,
/// BadArgument; the detail begins with the key, and names the value and what to write instead.
Result<void> prepare(AcceptRule& rule);

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

}  // namespace xmppftd

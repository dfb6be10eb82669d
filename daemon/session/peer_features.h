// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace xmppftd {

inline constexpr std::string_view kNsSi = "http://jabber.org/protocol/si";
inline constexpr std::string_view kNsSiFileTransfer = "http://jabber.org/protocol/si/profile/file-transfer";
inline constexpr std::string_view kNsBytestreams = "http://jabber.org/protocol/bytestreams";
inline constexpr std::string_view kNsIbb = "http://jabber.org/protocol/ibb";
inline constexpr std::string_view kNsConfirm = "urn:xmppft:confirm:0";

/// What a resource says it can do (XEP-0030).
struct PeerFeatures {
  std::set<std::string, std::less<>> features;
  bool has(std::string_view feature) const { return features.find(feature) != features.end(); }
};

}  // namespace xmppftd

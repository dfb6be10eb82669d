// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace xmppftd {

inline constexpr std::string_view kNsClient = "jabber:client";
inline constexpr std::string_view kNsStanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";
inline constexpr std::string_view kNsRoster = "jabber:iq:roster";                       // RFC 6121
inline constexpr std::string_view kNsDataForm = "jabber:x:data";                        // XEP-0004
inline constexpr std::string_view kNsFeatureNeg = "http://jabber.org/protocol/feature-neg";  // 0020
inline constexpr std::string_view kNsDiscoInfo = "http://jabber.org/protocol/disco#info";    // 0030
inline constexpr std::string_view kNsDiscoItems = "http://jabber.org/protocol/disco#items";
inline constexpr std::string_view kNsIbb = "http://jabber.org/protocol/ibb";                 // 0047
inline constexpr std::string_view kNsBytestreams = "http://jabber.org/protocol/bytestreams"; // 0065
inline constexpr std::string_view kNsOobIq = "jabber:iq:oob";                           // 0066
inline constexpr std::string_view kNsOobData = "jabber:x:oob";
inline constexpr std::string_view kNsSi = "http://jabber.org/protocol/si";              // 0095
inline constexpr std::string_view kNsSiFile =
    "http://jabber.org/protocol/si/profile/file-transfer";                              // 0096
inline constexpr std::string_view kNsCaps = "http://jabber.org/protocol/caps";          // 0115
inline constexpr std::string_view kNsPing = "urn:xmpp:ping";                            // 0199
inline constexpr std::string_view kNsHashes = "urn:xmpp:hashes:2";                      // 0300
inline constexpr std::string_view kNsConfirm = "urn:xmppft:confirm:0";                  // our own

}  // namespace xmppftd

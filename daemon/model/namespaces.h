// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace xmppftd {

inline constexpr std::string_view kNsClient = "jabber:client";
inline constexpr std::string_view kNsStanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";
// RFC 6121
inline constexpr std::string_view kNsRoster = "jabber:iq:roster";
// XEP-0004, XEP-0020
inline constexpr std::string_view kNsDataForm = "jabber:x:data";
inline constexpr std::string_view kNsFeatureNeg = "http://jabber.org/protocol/feature-neg";
// XEP-0030
inline constexpr std::string_view kNsDiscoInfo = "http://jabber.org/protocol/disco#info";
inline constexpr std::string_view kNsDiscoItems = "http://jabber.org/protocol/disco#items";
// XEP-0045
inline constexpr std::string_view kNsMucUser = "http://jabber.org/protocol/muc#user";
// XEP-0047, XEP-0065
inline constexpr std::string_view kNsIbb = "http://jabber.org/protocol/ibb";
inline constexpr std::string_view kNsBytestreams = "http://jabber.org/protocol/bytestreams";
// XEP-0066
inline constexpr std::string_view kNsOobIq = "jabber:iq:oob";
inline constexpr std::string_view kNsOobData = "jabber:x:oob";
// XEP-0095 and its profile XEP-0096
inline constexpr std::string_view kNsSi = "http://jabber.org/protocol/si";
inline constexpr std::string_view kNsSiFile = "http://jabber.org/protocol/si/profile/file-transfer";
// XEP-0115, XEP-0199, XEP-0300
inline constexpr std::string_view kNsCaps = "http://jabber.org/protocol/caps";
inline constexpr std::string_view kNsPing = "urn:xmpp:ping";
inline constexpr std::string_view kNsHashes = "urn:xmpp:hashes:2";
// Ours
inline constexpr std::string_view kNsConfirm = "urn:xmppft:confirm:0";

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

// What the parsers of wire types share. Parsers are pure: element in, value or one Protocol error
// out.
namespace xmppftd {

/// The longest stream id that is taken from a peer, in bytes.
inline constexpr std::size_t kMaxSid = 1024;

/// A Protocol error: "<what> '<value>': <rule>", the value made printable.
Error broken(std::string_view what, std::string_view value, std::string_view rule);

/// The id of a stream (XEP-0095 section 4.1, XEP-0065 section 4.3, XEP-0047 section 2.1), as its
/// sender wrote it. To us it is opaque: peers send NMTOKENs, {UUIDs}, base64, and text with spaces,
/// and mean all of them byte by byte. Errors: Protocol when it is empty or longer than kMaxSid.
Result<std::string> parse_sid(std::string_view what, std::string_view sid);

/// `text` without XML white space at both ends.
std::string_view trimmed(std::string_view text) noexcept;

}  // namespace xmppftd

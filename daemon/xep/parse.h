// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

// What the parsers of wire types share. Parsers are pure: element in, value or one Protocol error
// out.
namespace xmppftd {

/// XEP-0047, XEP-0065 and XEP-0095 stream ids: an XML NMTOKEN of 1 to 128 bytes (RELIABILITY SI1;
/// ejabberd's proxy refuses longer ones).
bool is_valid_sid(std::string_view sid) noexcept;

/// A Protocol error: "<what> '<value>': <rule>", the value made printable.
Error broken(std::string_view what, std::string_view value, std::string_view rule);

/// A valid sid or the error that says why it is none.
Result<std::string> parse_sid(std::string_view what, std::string_view sid);

/// `text` without XML white space at both ends.
std::string_view trimmed(std::string_view text) noexcept;

}  // namespace xmppftd

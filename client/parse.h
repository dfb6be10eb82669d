// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xmppftctl {

// Values as users write them. Each throws a usage Failure that names `what`, the value, the rule
// and one good example.

/// 500ms | 30s | 10m | 2h | 1d; never bare. More than zero, at most 10 years.
std::chrono::microseconds parse_duration(std::string_view what, std::string_view text);

/// Bytes if bare; k M G T are powers of 1000, Ki Mi Gi Ti of 1024, a B may follow. At most 2^63-1.
std::uint64_t parse_size(std::string_view what, std::string_view text);

/// A whole number in [least, most].
std::int64_t parse_number(std::string_view what, std::string_view text, std::int64_t least,
                          std::int64_t most);

/// "a,b , c" -> {"a", "b", "c"}; none is empty.
std::vector<std::string> parse_list(std::string_view what, std::string_view text);

/// A JID as it is, or the one in a pasted xmpp: URI (RFC 5122): escapes decoded, query, fragment
/// and the account in front left out. What else the JID must be is for the daemon to say.
std::string parse_jid(std::string_view what, std::string_view text);

/// One of `words`; anything else names them all and the nearest.
std::string parse_word(std::string_view what, std::string_view text,
                       const std::vector<std::string_view>& words);

}  // namespace xmppftctl

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xmppftctl {

/// Text from a peer, made safe for a terminal: control characters (C0, C1, DEL), bidirectional and
/// line separators and invisible format characters go, invalid UTF-8 becomes U+FFFD. Idempotent.
std::string printable(std::string_view text);

/// Why `text` is none that D-Bus carries, "byte 3 (0xFF) is not UTF-8" or "U+FDD0 is a
/// noncharacter"; "" if it is fine.
std::string why_not_text(std::string_view text);

/// Columns that printable text takes on a terminal.
std::size_t display_width(std::string_view text);

/// At most `columns` wide; what was cut ends in an ellipsis.
std::string cut(std::string_view text, std::size_t columns);

/// "0 B", "1.2 KiB", "84.2 MiB", "3.7 GiB". Negative = "?".
std::string human_bytes(std::int64_t bytes);
/// "31.0/50.0 MiB": both in the unit of the whole.
std::string human_part(std::uint64_t part, std::int64_t whole);
/// "4.1 MiB/s"; "" for 0.
std::string human_rate(std::uint64_t bytes_per_second);
/// "5 s", "25 min", "1h49", "2d03h". Negative = "".
std::string human_seconds(std::int64_t seconds);

/// A time in microseconds since the epoch as RFC 3339 in UTC, always with six
/// decimals, so that the text sorts; "" for 0.
std::string rfc3339(std::uint64_t usec);
/// The same in local time for people, "2026-01-05 10:00:00"; "" for 0.
std::string local_time(std::uint64_t usec);

/// 12, 13, 14, 20 -> "12-14, 20".
std::string id_ranges(const std::vector<std::uint64_t>& ids);

/// The member of `words` that `typed` was probably meant to be, "" if none is near.
std::string_view nearest(std::string_view typed, const std::vector<std::string_view>& words);

/// "image/png", "text/plain", ", " -> "image/png, text/plain".
std::string joined(const std::vector<std::string>& words, std::string_view between);

/// "1 job", "2 jobs".
std::string plural(std::uint64_t n, std::string_view noun);

}  // namespace xmppftctl

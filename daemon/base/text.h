// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Text that is not ours: bytes of a peer, a server, a file name, an argument. UTF-8 where it is
/// text at all.
namespace xmppftd {

/// One character of UTF-8, or one byte that is none.
struct Utf8Character {
  char32_t code = 0;
  std::size_t length = 1;  ///< bytes to go on by
  bool valid = false;
};

/// The character that starts at byte `i` of `text`; `i` < text.size(). Overlong forms, surrogates
/// and what lies above U+10FFFF are invalid (RFC 3629 section 3).
Utf8Character utf8_at(std::string_view text, std::size_t i) noexcept;

/// U+FDD0..U+FDEF and the last two of each plane (Unicode 23.7). Valid UTF-8 and mostly legal XML,
/// but sd-bus refuses a message that holds one.
bool is_noncharacter(char32_t code) noexcept;

/// What has no place in a name or within a line: controls (C0, DEL, C1), line and paragraph
/// separators, bidirectional controls and noncharacters.
bool is_hidden(char32_t code) noexcept;

/// `bytes` as a string that D-Bus can carry: each NUL, each noncharacter and each byte that is not
/// UTF-8 becomes U+FFFD. Valid text comes back as it was.
std::string valid_text(std::string_view bytes);

/// The longest prefix of at most `max_bytes` that does not cut a character; of bytes that are no
/// UTF-8, exactly `max_bytes`.
std::string_view cut_text(std::string_view text, std::size_t max_bytes) noexcept;

/// For a line of a log or a message: each hidden character and each byte that is not UTF-8 becomes
/// '?'; at most `max_bytes`, whole characters.
std::string printable(std::string_view text, std::size_t max_bytes);

/// A value named in an error text: printable, in double quotes, "..." where more than `max_bytes`
/// were cut.
std::string in_quotes(std::string_view value, std::size_t max_bytes = 100);

/// A size named in an error text: "0 B", "1.2 KiB", "84.2 MiB", "3.7 GiB".
std::string size_text(std::uint64_t bytes);

/// `text` with the letters A to Z in lower case; all other bytes as they are, whatever the locale.
std::string lower(std::string_view text);

}  // namespace xmppftd

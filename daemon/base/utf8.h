// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

namespace xmppftd {

/// One character of UTF-8, or one byte that is none.
struct Utf8Character {
  char32_t code = 0;
  std::size_t length = 1;  ///< bytes to go on by
  bool valid = false;
};

/// The character that starts at byte `i` of `text`; `i` < text.size(). Overlong forms, surrogates
/// and what lies above U+10FFFF are invalid (RFC 3629 section 3).
inline Utf8Character utf8_at(std::string_view text, std::size_t i) noexcept {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[i + k]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || i + length > text.size()) return {};
  char32_t code = lead & (0xff >> (length + 1));
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(k) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(k) & 0x3f);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate || code > 0x10ffff) return {};
  return {code, length, true};
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <cstdio>

namespace xmppftd {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::size_t kLongest = 4;                        // bytes of a character

bool is_continuation(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

}  // namespace

Utf8Character utf8_at(std::string_view text, std::size_t i) noexcept {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[i + k]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || i + length > text.size()) return {};
  char32_t code = lead & (0xff >> (length + 1));
  for (std::size_t k = 1; k < length; ++k) {
    if (!is_continuation(text[i + k])) return {};
    code = code << 6 | (byte(k) & 0x3f);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate || code > 0x10ffff) return {};
  return {code, length, true};
}

bool is_noncharacter(char32_t code) noexcept {
  return (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) == 0xfffe;
}

bool is_hidden(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || is_noncharacter(c);
}

std::string valid_text(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size();) {
    const Utf8Character c = utf8_at(bytes, i);
    const bool bad = !c.valid || c.code == 0 || is_noncharacter(c.code);
    text.append(bad ? kReplacement : bytes.substr(i, c.length));
    i += c.length;
  }
  return text;
}

std::string_view cut_text(std::string_view text, std::size_t max_bytes) noexcept {
  if (text.size() <= max_bytes) return text;
  std::size_t start = max_bytes;  // of the character that the cut would fall into
  while (start > 0 && max_bytes - start < kLongest - 1 && is_continuation(text[start])) --start;
  return text.substr(0, start + utf8_at(text, start).length > max_bytes ? start : max_bytes);
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string safe;
  for (std::size_t i = 0; i < text.size();) {
    const Utf8Character c = utf8_at(text, i);
    const bool hidden = !c.valid || is_hidden(c.code);
    if (safe.size() + (hidden ? 1 : c.length) > max_bytes) break;
    safe.append(hidden ? "?" : text.substr(i, c.length));
    i += c.length;
  }
  return safe;
}

std::string in_quotes(std::string_view value, std::size_t max_bytes) {
  const auto shown = cut_text(value, max_bytes);
  return "\"" + printable(shown, max_bytes) + (shown.size() < value.size() ? "...\"" : "\"");
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  auto size = static_cast<double>(bytes);
  const char* unit = "B";
  for (const char* larger : {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}) {
    if (size < 1023.95) break;  // which would be printed as 1024.0
    size /= 1024;
    unit = larger;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", size, unit);
  return text;
}

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

}  // namespace xmppftd

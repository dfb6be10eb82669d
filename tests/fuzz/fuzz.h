// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"

// A target is one function that libFuzzer calls with bytes of its choice. It says what must hold
// for all of them; FUZZ_CHECK ends the process where it does not, and libFuzzer keeps the input.

#define FUZZ_CHECK(holds)                                                             \
  do {                                                                                \
    if (!(holds)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds); \
      std::abort();                                                                   \
    }                                                                                 \
  } while (false)

namespace xmppftd::fuzz {

/// Takes an input apart, from the front. At its end everything is 0 or "".
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  /// 8 bytes.
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | byte();
    return value;
  }
  /// Up to the next NUL, which is taken too.
  std::string_view word() {
    const auto end = rest_.find('\0');
    const auto word = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return word;
  }
  std::string_view bytes(std::size_t count) {
    const auto part = rest_.substr(0, count);
    rest_.remove_prefix(part.size());
    return part;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

inline bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = utf8_at(text, i);
    if (!c.valid) return false;
    i += c.length;
  }
  return true;
}

/// Can it be a D-Bus string? UTF-8 without NUL, says its specification; noncharacters are refused
/// by sd-bus.
inline bool is_bus_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = utf8_at(text, i);
    const bool noncharacter = (c.code >= 0xfdd0 && c.code <= 0xfdef) || (c.code & 0xfffe) == 0xfffe;
    if (!c.valid || c.code == 0 || noncharacter) return false;
    i += c.length;
  }
  return true;
}

/// No character that moves a cursor, ends a line or turns the writing around.
inline bool is_plain(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = utf8_at(text, i);
    const bool control = c.code < 0x20 || (c.code >= 0x7f && c.code <= 0x9f);
    const bool bidi = c.code == 0x061c || c.code == 0x200e || c.code == 0x200f ||
                      (c.code >= 0x2028 && c.code <= 0x202e) ||
                      (c.code >= 0x2066 && c.code <= 0x2069);
    if (!c.valid || control || bidi) return false;
    i += c.length;
  }
  return true;
}

}  // namespace xmppftd::fuzz

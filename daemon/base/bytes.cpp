// SPDX-License-Identifier: MIT
#include "base/bytes.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <limits>

namespace xmppftd {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNone = 0xff;
constexpr std::uint8_t kSpace = 0xfe;

consteval std::array<std::uint8_t, 256> base64_values() {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNone);
  for (std::size_t i = 0; i < kBase64Digits.size(); ++i)
    table[static_cast<std::uint8_t>(kBase64Digits[i])] = static_cast<std::uint8_t>(i);
  for (char c : {' ', '\t', '\r', '\n'}) table[static_cast<std::uint8_t>(c)] = kSpace;
  return table;
}
constexpr auto kBase64Values = base64_values();

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (auto b : bytes) {
    text += kHexDigits[b >> 4];
    text += kHexDigits[b & 15];
  }
  return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return bytes;
}

std::string to_base64(ByteView bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  std::size_t out = 0;
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group =
        std::uint32_t{bytes[i]} << 16 | std::uint32_t{bytes[i + 1]} << 8 | bytes[i + 2];
    text[out++] = kBase64Digits[group >> 18];
    text[out++] = kBase64Digits[group >> 12 & 63];
    text[out++] = kBase64Digits[group >> 6 & 63];
    text[out++] = kBase64Digits[group & 63];
  }
  const std::size_t left = bytes.size() - i;
  if (left > 0) {
    std::uint32_t group = std::uint32_t{bytes[i]} << 16;
    if (left == 2) group |= std::uint32_t{bytes[i + 1]} << 8;
    text[out++] = kBase64Digits[group >> 18];
    text[out++] = kBase64Digits[group >> 12 & 63];
    if (left == 2) text[out++] = kBase64Digits[group >> 6 & 63];
  }
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t group = 0;
  int digits = 0;
  int padding = 0;
  for (char c : text) {
    const std::uint8_t value = kBase64Values[static_cast<std::uint8_t>(c)];
    if (value == kSpace) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    if (value == kNone || padding > 0) return std::nullopt;
    group = group << 6 | value;
    if (++digits == 4) {
      bytes.push_back(static_cast<std::uint8_t>(group >> 16));
      bytes.push_back(static_cast<std::uint8_t>(group >> 8));
      bytes.push_back(static_cast<std::uint8_t>(group));
      digits = 0;
      group = 0;
    }
  }
  if (digits == 0) return padding == 0 ? std::optional(std::move(bytes)) : std::nullopt;
  if (digits + padding != 4 || digits == 1) return std::nullopt;
  if (digits == 2) {
    if ((group & 0x0f) != 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(group >> 4));
  } else {
    if ((group & 0x03) != 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(group >> 10));
    bytes.push_back(static_cast<std::uint8_t>(group >> 2));
  }
  return bytes;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || text.size() > 19) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return std::nullopt;
  return value;
}

std::string random_hex(std::size_t count) {
  Bytes bytes(count);
  // getrandom() with no flags blocks only before the kernel's pool is seeded and then never falls
  // short of 256 bytes.
  for (std::size_t done = 0; done < count;) {
    const ssize_t n = getrandom(bytes.data() + done, count - done, 0);
    if (n < 0) std::abort();  // a predictable id would be a hole: better no daemon
    done += static_cast<std::size_t>(n);
  }
  return to_hex(bytes);
}

}  // namespace xmppftd

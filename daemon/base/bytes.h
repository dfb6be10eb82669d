// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xmppftd {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView view_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
/// Either case. Empty when the length is odd or a character is not hexadecimal.
std::optional<Bytes> from_hex(std::string_view text);

/// RFC 4648 section 4, padded, without line breaks.
std::string to_base64(ByteView bytes);
/// RFC 4648 section 4, strict: XML white space is skipped anywhere (XEP-0047's own examples have
/// it), '=' only at the very end and as many as needed, unused bits zero. Anything else: nothing.
std::optional<Bytes> from_base64(std::string_view text);

/// 1 to 19 ASCII digits, at most 2^63-1; no sign, space, exponent or prefix. Leading zeros are
/// digits like others.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// `count` bytes of the kernel's CSPRNG as lower-case hexadecimal (2*count characters): ids, sids,
/// file names.
std::string random_hex(std::size_t count);

}  // namespace xmppftd

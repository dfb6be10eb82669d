// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Byte strings of every kind that a peer, a file system or a caller may give, for tests of the
/// doors that text comes in by.
namespace any_text {

/// `code` in UTF-8's pattern, whatever it is: also a surrogate, or up to 0x1fffff.
std::string encoded(char32_t code);

/// Some two thousand strings of at most `max_bytes`: noncharacters, surrogates, overlong forms,
/// lone and missing continuation bytes, controls, bidi controls, 4-byte and combining characters, a
/// BOM, U+FFFD; each alone, at the start, in the middle, at the end and repeated; one string of
/// characters of every length cut at every byte; lengths around every bound in use, up to
/// `max_bytes`. With a NUL only if `with_nul`.
std::vector<std::string> all(std::size_t max_bytes, bool with_nul = false);

/// Would sd-bus take it? UTF-8 by iconv(3), no NUL, no noncharacter: not by the code under test.
bool is_bus_text(std::string_view text);

/// For a message of a test: printable bytes as they are, others as \xNN, at most 80.
std::string shown(std::string_view text);

}  // namespace any_text

// SPDX-License-Identifier: MIT
#include "xep/parse.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxSid = 128;

/// NameChar beyond ASCII (XML 1.0 section 2.3).
constexpr std::array<std::pair<char32_t, char32_t>, 14> kNameRanges{{{0xb7, 0xb7},
                                                                     {0xc0, 0xd6},
                                                                     {0xd8, 0xf6},
                                                                     {0xf8, 0x37d},
                                                                     {0x37f, 0x1fff},
                                                                     {0x200c, 0x200d},
                                                                     {0x203f, 0x2040},
                                                                     {0x2070, 0x218f},
                                                                     {0x2c00, 0x2fef},
                                                                     {0x3001, 0xd7ff},
                                                                     {0xf900, 0xfdcf},
                                                                     {0xfdf0, 0xfffd},
                                                                     {0x10000, 0xeffff},
                                                                     {':', ':'}}};

bool is_name_char(char32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  if (c == '-' || c == '.' || c == '_') return true;
  return std::any_of(kNameRanges.begin(), kNameRanges.end(),
                     [c](const auto& range) { return c >= range.first && c <= range.second; });
}

constexpr std::string_view kXmlSpace = " \t\r\n";

}  // namespace

bool is_valid_sid(std::string_view sid) noexcept {
  if (sid.empty() || sid.size() > kMaxSid) return false;
  for (std::size_t i = 0; i < sid.size();) {
    const auto c = utf8_at(sid, i);
    if (!c.valid || !is_name_char(c.code)) return false;
    i += c.length;
  }
  return true;
}

Error broken(std::string_view what, std::string_view value, std::string_view rule) {
  std::string detail(what);
  detail.append(" '").append(log::printable(value)).append("': ").append(rule);
  return {Errc::Protocol, std::move(detail)};
}

Result<std::string> parse_sid(std::string_view what, std::string_view sid) {
  if (!is_valid_sid(sid)) return broken(what, sid, "must be an NMTOKEN of 1 to 128 bytes");
  return std::string(sid);
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(kXmlSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kXmlSpace) - first + 1);
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "xep/parse.h"

#include <utility>

#include "base/log.h"

namespace xmppftd {
namespace {

constexpr std::string_view kXmlSpace = " \t\r\n";

}  // namespace

Error broken(std::string_view what, std::string_view value, std::string_view rule) {
  std::string detail(what);
  detail.append(" '").append(log::printable(value)).append("': ").append(rule);
  return {Errc::Protocol, std::move(detail)};
}

Result<std::string> parse_sid(std::string_view what, std::string_view sid) {
  if (sid.empty() || sid.size() > kMaxSid) return broken(what, sid, "must have 1 to 1024 bytes");
  return std::string(sid);
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(kXmlSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kXmlSpace) - first + 1);
}

}  // namespace xmppftd

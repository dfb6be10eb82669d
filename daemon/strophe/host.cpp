// SPDX-License-Identifier: MIT
#include "strophe/host.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "base/text.h"
#include "model/idna.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxHost = 1023;

}  // namespace

std::string without_brackets(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return std::string(host);
}

bool is_address(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &address) == 1;
}

std::string to_ascii(std::string_view name) {
  in6_addr address;
  char text[INET6_ADDRSTRLEN];
  if (inet_pton(AF_INET6, std::string(name).c_str(), &address) == 1)
    return inet_ntop(AF_INET6, &address, text, sizeof text);
  const auto a_labels = to_a_labels(name);
  return a_labels ? *a_labels : lower(name);
}

std::optional<OtherHost> parse_host_port(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(kSpace)));
  while (!text.empty() && kSpace.find(text.back()) != kSpace.npos) text.remove_suffix(1);
  if (is_address(std::string(text))) return OtherHost{std::string(text), 0};

  OtherHost result;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return std::nullopt;
    result.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!is_address(result.host) || (!text.empty() && text.front() != ':')) return std::nullopt;
    port = text;
  } else {
    const auto colon = text.find(':');
    result.host = text.substr(0, colon);
    if (colon != text.npos) port = text.substr(colon);
  }
  if (result.host.empty() || result.host.size() > kMaxHost ||
      result.host.find_first_of(" \t\r\n/@:<>\"'[]") != std::string::npos)
    if (!is_address(result.host)) return std::nullopt;
  if (port.empty()) return result;
  const auto number = parse_decimal(port.substr(1));
  if (!number || *number == 0 || *number > 65535) return std::nullopt;
  result.port = static_cast<std::uint16_t>(*number);
  return result;
}

}  // namespace xmppftd

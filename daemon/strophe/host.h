// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace xmppftd {

/// "2001:db8::1" of "[2001:db8::1]", as an address stands in a JID or before a port; any other text
/// as it is.
std::string without_brackets(std::string_view host);

/// An IPv4 or IPv6 address rather than a name; without brackets, a zone ("%eth0") allowed.
bool is_address(const std::string& host);

/// The form of a host that DNS and certificates know: A-labels (RFC 5891) in lower case, an address
/// as inet_ntop() writes it; the text itself in lower case when it has none.
std::string to_ascii(std::string_view name);

struct OtherHost {
  std::string host;        ///< without brackets
  std::uint16_t port = 0;  ///< 0 = not said
};

/// What <see-other-host/> names (RFC 6120 s4.9.3.19): "example.org", "example.org:5222",
/// "192.0.2.1:5222", "[2001:db8::1]:5222", and bare IPv6 addresses. Nothing when it is none of
/// these.
std::optional<OtherHost> parse_host_port(std::string_view text);

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

namespace xmppftd {

/// Who may learn our IP address.
enum class IpPolicy { Open, Contacts, ProxyOnly, IbbOnly };
/// "open", "contacts", "proxy-only", "ibb-only"
std::string_view to_string(IpPolicy policy) noexcept;
std::optional<IpPolicy> ip_policy_from(std::string_view word) noexcept;

}  // namespace xmppftd

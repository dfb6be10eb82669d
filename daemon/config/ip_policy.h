// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

namespace xmppftd {

/// Who may learn our IP address.
enum class IpPolicy { Open, Contacts, ProxyOnly, IbbOnly };
std::string_view to_string(IpPolicy policy) noexcept;  ///< "open", "contacts", "proxy-only", "ibb-only"
std::optional<IpPolicy> ip_policy_from(std::string_view word) noexcept;

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "config/ip_policy.h"

namespace xmppftd {
namespace {

struct PolicyWord {
  IpPolicy policy;
  std::string_view word;
};
constexpr PolicyWord kPolicies[] = {{IpPolicy::Open, "open"},
                                    {IpPolicy::Contacts, "contacts"},
                                    {IpPolicy::ProxyOnly, "proxy-only"},
                                    {IpPolicy::IbbOnly, "ibb-only"}};

}  // namespace

std::string_view to_string(IpPolicy policy) noexcept {
  for (const auto& row : kPolicies)
    if (row.policy == policy) return row.word;
  return "?";
}

std::optional<IpPolicy> ip_policy_from(std::string_view word) noexcept {
  for (const auto& row : kPolicies)
    if (row.word == word) return row.policy;
  return std::nullopt;
}

}  // namespace xmppftd

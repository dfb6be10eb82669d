// SPDX-License-Identifier: MIT
#include "transfer/accept_policy.h"

#include <algorithm>
#include <string_view>

namespace xmppftd {
namespace {

bool from_matches(std::string_view from, const Jid& peer) {
  // the subscription is checked for every wildcard
  if (from == "*" || from == "roster") return true;
  if (from.starts_with(kContactsOf))
    return peer.domain() == from.substr(kContactsOf.size()) && !peer.local().empty();
  return from == peer.str() || from == peer.bare().str();
}

bool mime_matches(const std::vector<std::string>& wanted, std::string_view mime) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](std::string_view one) {
           return one.ends_with("/*") ? mime.starts_with(one.substr(0, one.size() - 1))
                                      : one == mime;
         });
}

}  // namespace

Result<AcceptPolicy> AcceptPolicy::make(std::vector<AcceptRule> rules) {
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (auto good = prepare(rules[i]); !good)
      return Error{good.error().code, "rule " + std::to_string(i + 1) + ": " + good.error().detail};
  AcceptPolicy policy;
  policy.rules_ = std::move(rules);
  return policy;
}

const AcceptRule* AcceptPolicy::match(const Jid& peer, const FileInfo& file,
                                      const PeerTrust& trust) const {
  if (trust.room_occupant) return nullptr;
  for (const auto& rule : rules_) {
    if (!from_matches(rule.from, peer) || !mime_matches(rule.mime, file.mime_type)) continue;
    if (is_pattern(rule.from) && !trust.subscribed) continue;
    if (rule.max_size != 0 && (!file.size || *file.size > rule.max_size)) continue;
    return &rule;
  }
  return nullptr;
}

bool AcceptPolicy::names(const Jid& peer) const {
  return std::any_of(rules_.begin(), rules_.end(), [&](const AcceptRule& rule) {
    return !is_pattern(rule.from) && from_matches(rule.from, peer);
  });
}

}  // namespace xmppftd

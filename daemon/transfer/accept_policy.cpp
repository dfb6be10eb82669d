// SPDX-License-Identifier: MIT
#include "transfer/accept_policy.h"

#include <algorithm>
#include <string_view>

namespace xmppftd {
namespace {

constexpr std::string_view kDomain = "*@";

bool is_wildcard(std::string_view from) {
  return from == "*" || from == "roster" || from.starts_with(kDomain);
}

bool from_matches(std::string_view from, const Jid& peer) {
  // the subscription is checked for every wildcard
  if (from == "*" || from == "roster") return true;
  if (from.starts_with(kDomain))
    return peer.domain() == from.substr(kDomain.size()) && !peer.local().empty();
  return from == peer.str() || from == peer.bare().str();
}

bool mime_matches(const std::vector<std::string>& wanted, std::string_view mime) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](std::string_view one) {
           return one.ends_with("/*") ? mime.starts_with(one.substr(0, one.size() - 1))
                                      : one == mime;
         });
}

/// Checks one rule and brings its `from` into the prepared form that JIDs are compared in.
Result<void> prepare(AcceptRule& rule) {
  if (rule.from.starts_with(kDomain)) {
    auto domain = Jid::parse(rule.from.substr(kDomain.size()));
    if (!domain || !domain->local().empty() || domain->is_full())
      return Error{Errc::BadJid,
                   "\"" + rule.from + "\" is not a domain's contacts; want *@example.org"};
    rule.from = std::string(kDomain) + domain->str();
  } else if (!is_wildcard(rule.from)) {
    auto jid = Jid::parse(rule.from);
    if (!jid)
      return Error{Errc::BadJid, jid.error().detail + "; want a JID, *@example.org, roster or *"};
    rule.from = jid->str();
  }
  if (is_wildcard(rule.from) && rule.max_size == 0)
    return Error{Errc::BadArgument,
                 "from \"" + rule.from + "\" needs a max_size, for it is not one JID"};
  if (!rule.folder.empty() && rule.folder.front() != '/')
    return Error{Errc::BadArgument, "directory \"" + rule.folder + "\" is not an absolute path"};
  if (rule.on_exists == "overwrite")
    return Error{Errc::BadArgument, "on_exists: a rule never overwrites; want rename or fail"};
  if (!rule.on_exists.empty() && rule.on_exists != "rename" && rule.on_exists != "fail")
    return Error{Errc::BadArgument,
                 "on_exists: \"" + rule.on_exists + "\" is not one of rename, fail"};
  return {};
}

}  // namespace

Result<AcceptPolicy> AcceptPolicy::make(std::vector<AcceptRule> rules) {
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (auto good = prepare(rules[i]); !good)
      return Error{good.error().code, "rule " + std::to_string(i) + ": " + good.error().detail};
  AcceptPolicy policy;
  policy.rules_ = std::move(rules);
  return policy;
}

const AcceptRule* AcceptPolicy::match(const Jid& peer, const FileInfo& file,
                                      const PeerTrust& trust) const {
  if (trust.room_occupant) return nullptr;
  for (const auto& rule : rules_) {
    if (!from_matches(rule.from, peer) || !mime_matches(rule.mime, file.mime_type)) continue;
    if (is_wildcard(rule.from) && !trust.subscribed) continue;
    if (rule.max_size != 0 && file.size > rule.max_size) continue;
    return &rule;
  }
  return nullptr;
}

bool AcceptPolicy::names(const Jid& peer) const {
  return std::any_of(rules_.begin(), rules_.end(), [&](const AcceptRule& rule) {
    return !is_wildcard(rule.from) && from_matches(rule.from, peer);
  });
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "model/accept_rule.h"

#include "base/text.h"
#include "model/jid.h"

namespace xmppftd {
namespace {

Result<void> prepare_from(std::string& from) {
  const auto bad = [&from] {
    return Error{Errc::BadJid, "from: " + in_quotes(from) +
                                   " is neither a JID nor a pattern; want ann@example.org, "
                                   "*@example.org, roster or *"};
  };
  if (from.starts_with(kContactsOf)) {
    const auto domain = Jid::parse(from.substr(kContactsOf.size()));
    if (!domain || !domain->local().empty() || domain->is_full()) return bad();
    from = std::string(kContactsOf) + domain->str();
  } else if (!is_pattern(from)) {
    const auto jid = Jid::parse(from);
    if (!jid) return bad();
    from = jid->str();
  }
  return {};
}

}  // namespace

bool is_pattern(std::string_view from) noexcept {
  return from == "*" || from == "roster" || from.starts_with(kContactsOf);
}

Result<void> prepare(AcceptRule& rule) {
  const auto bad = [](std::string detail) { return Error{Errc::BadArgument, std::move(detail)}; };
  if (auto good = prepare_from(rule.from); !good) return good;
  if (is_pattern(rule.from) && rule.max_size == 0)
    return bad("from: " + in_quotes(rule.from) +
               " is not one JID, and so needs a max_size, such as \"100Mi\"");
  if (!rule.folder.empty() && rule.folder.front() != '/')
    return bad("directory: " + in_quotes(rule.folder) + " is not an absolute path");
  if (rule.on_exists == "overwrite")
    return bad("on_exists: a rule never overwrites; want rename or fail");
  if (!rule.on_exists.empty() && rule.on_exists != "rename" && rule.on_exists != "fail")
    return bad("on_exists: " + in_quotes(rule.on_exists) + " is not one of rename, fail");
  return {};
}

}  // namespace xmppftd

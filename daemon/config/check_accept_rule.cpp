// SPDX-License-Identifier: MIT
#include "config/check_accept_rule.h"

#include "base/text.h"
#include "model/jid.h"

namespace xmppftd {

Result<void> check_accept_rule(const AcceptRule& rule) {
  const bool wildcard = rule.from == "*" || rule.from == "roster" || rule.from.rfind("*@", 0) == 0;
  if (!wildcard) {
    auto jid = Jid::parse(rule.from);
    if (!jid)
      return Error{
          Errc::Config,
          "from: " + in_quotes(rule.from) +
              " is neither a JID nor a pattern; want ann@example.org, *@example.org, roster or *"};
  } else if (rule.max_size == 0) {
    return Error{Errc::Config,
                 "from: " + in_quotes(rule.from) + " needs a max_size, such as \"100Mi\""};
  }
  if (!rule.folder.empty() && rule.folder.front() != '/')
    return Error{Errc::Config, "directory: " + in_quotes(rule.folder) + " is not an absolute path"};
  return {};
}

}  // namespace xmppftd

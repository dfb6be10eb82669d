// SPDX-License-Identifier: MIT
#include "addressee.h"

#include "accounts.h"
#include "parse.h"
#include "text.h"

namespace xmppftctl {

std::string addressee(Context& context, const std::string& what, const std::string& text) {
  auto jid = parse_jid(what, text);
  // What is empty or begins with a '/' is no JID at all: the daemon says so.
  const auto domain = jid.substr(0, jid.find('/'));
  if (domain.empty() || domain.find_first_of("@.:") != std::string::npos) return jid;

  std::string meant;
  for (const auto& account : accounts(context)) {
    if (account.jid.substr(account.jid.find('@') + 1) == domain) return jid;
    try {
      for (const auto& c : AccountClient(context.bus(), account.path).ListContacts({})) {
        const auto contact = value_of<std::string>(c, "jid");
        if (contact == domain) return jid;
        if (contact.starts_with(domain + "@") || value_of<std::string>(c, "name") == domain)
          meant = contact;
      }
    } catch (const sdbus::Error&) {  // no help from this account
    }
  }
  throw usage(what + " '" + printable(text) + "': a JID is user@domain, and this has no domain",
              meant.empty() ? "give it whole, such as " + printable(domain) + "@example.net"
                            : "did you mean " + printable(meant) + "?");
}

}  // namespace xmppftctl

// SPDX-License-Identifier: MIT
#include <strings.h>

#include "accounts.h"
#include "addressee.h"
#include "command.h"
#include "text.h"

namespace xmppftctl {
namespace {

/// How `jid` stands on the list: none, to, from or both; "" if it does not.
std::string subscription_to(AccountClient& client, const std::string& jid) {
  const auto same = [&](const std::string& other) {
    return ::strcasecmp(jid.c_str(), other.c_str()) == 0;
  };
  for (const auto& contact : client.ListContacts({})) {
    if (same(value_of<std::string>(contact, "jid")))
      return value_of<std::string>(contact, "subscription");
  }
  return {};
}

}  // namespace

int contacts_add(Call& call) {
  std::string jid, name;
  call.options.word(jid);
  call.options.value("--name", name, "NAME", "name to show in lists");
  call.parse();
  if (jid.empty()) throw usage("whom? give a JID", "xmppftctl contacts add bob@example.net");
  Values options;
  if (!name.empty()) options["name"] = name;
  jid = addressee(call.context, "contact", jid);
  const Account account = chosen_account(call.context);
  AccountClient client(call.context.bus(), account.path);
  const auto before = subscription_to(client, jid);
  client.AddContact(jid, options);
  if (call.context.out.json()) call.context.out.document({{"added", jid}, {"account", account.id}});
  const bool seen = before == "to" || before == "both";
  call.context.out.say(seen ? printable(jid) + " is a contact; you see already when they are online"
                            : "added " + printable(jid) + "; asked to see whether they are online");
  return kOk;
}

}  // namespace xmppftctl

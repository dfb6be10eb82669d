// SPDX-License-Identifier: MIT
#include "accounts.h"
#include "command.h"
#include "text.h"

namespace xmppftctl {

int contacts_add(Call& call) {
  std::string jid, name;
  call.options.word(jid);
  call.options.value("--name", name, "NAME", "name to show in lists");
  call.parse();
  if (jid.empty()) throw usage("whom? give a JID", "xmppftctl contacts add bob@example.net");
  Values options;
  if (!name.empty()) options["name"] = name;
  const Account account = chosen_account(call.context);
  AccountClient(call.context.bus(), account.path).AddContact(jid, options);
  if (call.context.out.json()) call.context.out.document({{"added", jid}, {"account", account.id}});
  call.context.out.say("added " + printable(jid) + "; asked to see whether they are online");
  return kOk;
}

}  // namespace xmppftctl

// SPDX-License-Identifier: MIT
#include "accounts.h"
#include "command.h"
#include "parse.h"
#include "text.h"

namespace xmppftctl {

int contacts_remove(Call& call) {
  std::string jid;
  call.options.word(jid);
  call.parse();
  if (jid.empty()) throw usage("whom? give a JID", "xmppftctl contacts list");
  jid = parse_jid("contact", jid);
  const Account account = chosen_account(call.context);
  AccountClient(call.context.bus(), account.path).RemoveContact(jid);
  if (call.context.out.json())
    call.context.out.document({{"removed", jid}, {"account", account.id}});
  call.context.out.say("removed " + printable(jid));
  return kOk;
}

}  // namespace xmppftctl

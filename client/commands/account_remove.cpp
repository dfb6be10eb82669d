// SPDX-License-Identifier: MIT
#include "accounts.h"
#include "command.h"
#include "jobs.h"
#include "text.h"

namespace xmppftctl {

int account_remove(Call& call) {
  std::string name;
  bool yes = false;
  call.options.word(name);
  call.options.flag("--yes", yes, "do not ask");
  call.parse();
  if (name.empty()) throw usage("which account? give its id or JID", "xmppftctl account list");
  const Account account = find_account(call.context, name);
  confirm(call.context, yes,
          "forget " + printable(account.jid) + ", its password, and cancel its jobs",
          "nothing was removed");
  call.context.manager().RemoveAccount(account.path, {});
  if (call.context.out.json()) call.context.out.document({{"removed", account.id}});
  call.context.out.say("account " + account.id + " (" + printable(account.jid) +
                       ") removed here, with its password; on the server it stays");
  return kOk;
}

}  // namespace xmppftctl

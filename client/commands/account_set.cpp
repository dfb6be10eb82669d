// SPDX-License-Identifier: MIT
#include "accounts.h"
#include "command.h"

namespace xmppftctl {

int account_set(Call& call) {
  std::string name;
  AccountOptions options;
  call.options.word(name);
  options.add_to(call.options);
  call.parse();
  const Values settings = options.settings(call.options);
  if (settings.empty()) throw usage("nothing to set", "xmppftctl help account set");
  const Account account =
      name.empty() ? chosen_account(call.context) : find_account(call.context, name);
  AccountClient(call.context.bus(), account.path).Update(settings);
  // An enabled account connects anew with the new settings, and one that waits for the user has
  // been waiting for this; how that goes is the answer.
  tell_account(call.context,
               account.enabled || account.state == "failed"
                   ? go_online(call.context, account.path)
                   : find_account(call.context, account.id),
               "");
  return kOk;
}

}  // namespace xmppftctl

// SPDX-License-Identifier: MIT
#include "accounts.h"
#include "command.h"

namespace xmppftctl {

int account_disconnect(Call& call) {
  std::string name;
  call.options.word(name);
  call.parse();
  const Account account =
      name.empty() ? chosen_account(call.context) : find_account(call.context, name);
  AccountClient(call.context.bus(), account.path).Disconnect();
  tell_account(call.context, find_account(call.context, account.id), "");
  return kOk;
}

}  // namespace xmppftctl

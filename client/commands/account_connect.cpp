// SPDX-License-Identifier: MIT
#include "accounts.h"
#include "command.h"

namespace xmppftctl {

int account_connect(Call& call) {
  std::string name;
  call.options.word(name);
  call.parse();
  const Account account =
      name.empty() ? chosen_account(call.context) : find_account(call.context, name);
  tell_account(call.context, go_online(call.context, account.path), "");
  return kOk;
}

}  // namespace xmppftctl

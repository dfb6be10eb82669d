// SPDX-License-Identifier: MIT
#include "accounts.h"
#include "command.h"

namespace xmppftctl {

int account_passwd(Call& call) {
  std::string name;
  PasswordOptions options;
  call.options.word(name);
  options.add_to(call.options);
  call.parse();
  const Account account =
      name.empty() ? chosen_account(call.context) : find_account(call.context, name);
  const Password password = options.read(account.jid);
  const auto stored = set_password(call.context, account.path, password, options.store);
  tell_account(call.context, go_online(call.context, account.path), stored);
  return kOk;
}

}  // namespace xmppftctl

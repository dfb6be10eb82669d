// SPDX-License-Identifier: MIT
#include "accounts.h"
#include "command.h"
#include "parse.h"
#include "text.h"

namespace xmppftctl {

int account_add(Call& call) {
  std::string jid;
  AccountOptions options;
  PasswordOptions password_options;
  call.options.word(jid);
  options.add_to(call.options);
  password_options.add_to(call.options);
  call.parse();
  if (jid.empty())
    throw usage("which account? give its JID", "xmppftctl account add ann@example.org");
  jid = parse_jid("account", jid);
  // The daemon says more of it, but only once the password was typed.
  if (const auto at = jid.find('@'); at == 0 || at == jid.npos || at + 1 == jid.size()) {
    throw Failure{"org.xmppft.Error.BadJid",
                  "account '" + printable(jid) + "': an account's JID is user@domain",
                  "xmppftctl account add ann@example.org"};
  }
  const Values settings = options.settings(call.options);

  ManagerClient& manager =
      call.context.manager();  // before the prompt: nobody types a password for nothing
  const Password password = password_options.read(jid);
  std::string path;
  try {
    path = manager.AddAccount(jid, settings);
  } catch (const sdbus::Error& e) {
    if (e.getName() != "org.xmppft.Error.Exists") throw;
    throw Failure{e.getName(), e.getMessage(),
                  "xmppftctl account set " + printable(jid) +
                      " changes its settings, account passwd its password"};
  }
  const auto stored = set_password(call.context, path, password, password_options.store);
  tell_account(call.context, go_online(call.context, path), stored);
  return kOk;
}

}  // namespace xmppftctl

// SPDX-License-Identifier: MIT
#include <algorithm>

#include "accounts.h"
#include "command.h"
#include "parse.h"
#include "text.h"

namespace xmppftctl {
namespace {

/// The account that `jid` asked, so that nobody has to say which.
Account asked_account(Context& context, const std::string& jid) {
  if (context.account.empty()) {
    for (auto& account : accounts(context)) {
      if (std::find(account.pending.begin(), account.pending.end(), jid) != account.pending.end())
        return account;
    }
  }
  return chosen_account(context);
}

int answer(Call& call, bool yes) {
  std::vector<std::string> jids;
  call.options.words(jids);
  call.parse();
  if (jids.empty()) throw usage("whom? give a JID", "xmppftctl contacts list shows who asked");
  for (auto& jid : jids) jid = parse_jid("contact", jid);
  for (const auto& jid : jids) {
    AccountClient client(call.context.bus(), asked_account(call.context, jid).path);
    yes ? client.ApproveContact(jid) : client.DenyContact(jid);
    call.context.out.say((yes ? "approved " : "denied ") + printable(jid));
  }
  if (call.context.out.json()) call.context.out.document({{yes ? "approved" : "denied", jids}});
  return kOk;
}

}  // namespace

int contacts_approve(Call& call) { return answer(call, true); }
int contacts_deny(Call& call) { return answer(call, false); }

}  // namespace xmppftctl

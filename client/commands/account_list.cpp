// SPDX-License-Identifier: MIT
#include <iostream>

#include "accounts.h"
#include "command.h"
#include "text.h"

namespace xmppftctl {

int account_list(Call& call) {
  call.parse();
  const auto all = accounts(call.context);
  const Output& out = call.context.out;
  if (out.json()) {
    auto rows = nlohmann::ordered_json::array();
    for (const auto& account : all) rows.push_back(to_json(account));
    out.document({{"accounts", rows}});
  } else if (out.human() && out.quiet) {
    for (const auto& account : all) std::cout << account.id << '\n';
  } else if (out.human() && all.empty()) {
    out.say("no accounts. Next: xmppftctl account add YOU@SERVER");
  } else {
    Table table({{"id", "ID", true},
                 {"jid", "JID"},
                 {"state", "STATE"},
                 {"detail", "DETAIL", false, true}});
    for (const auto& a : all) {
      const std::string detail = a.state == "online"       ? a.bound_jid
                                 : a.error_message.empty() ? a.reason
                                                           : a.error_message;
      table.add({a.id, a.jid, a.state, detail});
    }
    out.print(table);
  }
  return kOk;
}

}  // namespace xmppftctl

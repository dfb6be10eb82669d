// SPDX-License-Identifier: MIT
#include "accounts.h"
#include "command.h"
#include "login_hints.h"
#include "text.h"

namespace xmppftctl {

int account_show(Call& call) {
  std::string name;
  call.options.word(name);
  call.parse();
  const Account a = name.empty() ? chosen_account(call.context) : find_account(call.context, name);
  if (call.context.out.json()) {
    tell_account(call.context, a, "");
    return kOk;
  }
  Table table({{"key", "KEY"}, {"value", "VALUE", false, true}});
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) table.add({key, value});
  };
  add("id", a.id);
  add("jid", a.jid);
  add("state", account_line(a));
  add("enabled", a.enabled ? "yes" : "no");
  add("online since", local_time(a.connected_at));
  add("next attempt", local_time(a.next_attempt_at));
  add("password", a.password_store);
  for (const auto& [key, value] : a.settings) {
    if (value.containsValueOfType<std::string>()) add(key.c_str(), value.get<std::string>());
    if (value.containsValueOfType<bool>()) add(key.c_str(), value.get<bool>() ? "yes" : "no");
  }
  for (const auto& proxy : value_of<std::vector<std::string>>(a.server, "proxies"))
    add("proxy", proxy);
  for (const auto& jid : a.pending) add("asks to see you", jid);
  for (const auto& step : a.steps) add("last login", step);
  if (!a.error_message.empty()) add("what to do", login_hint(a));
  call.context.out.print(table);
  return kOk;
}

}  // namespace xmppftctl

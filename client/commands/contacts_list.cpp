// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iostream>

#include "accounts.h"
#include "command.h"
#include "parse.h"
#include "text.h"

namespace xmppftctl {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

/// Why there is nobody to list, and what would help.
std::string nobody(const std::vector<Account>& all, const std::string& pattern, bool online) {
  if (all.empty()) return "no accounts, so no contacts. Next: xmppftctl account add YOU@SERVER";
  const bool connected =
      std::any_of(all.begin(), all.end(), [](const Account& a) { return a.state == "online"; });
  if (!connected) return "no contacts are known: no account is online. xmppftctl status says why";
  if (!pattern.empty() || online) {
    return std::string("no contact ") + (online ? "is online" : "") +
           (online && !pattern.empty() ? " and " : "") +
           (pattern.empty() ? "" : "has '" + printable(pattern) + "' in its JID or name") +
           "; all: xmppftctl contacts list";
  }
  return "no contacts. Next: xmppftctl contacts add JID";
}

}  // namespace

int contacts_list(Call& call) {
  std::string pattern;
  bool online = false;
  call.options.word(pattern);
  call.options.flag("--online", online, "only those who are online");
  call.parse();
  Values filter;
  pattern = parse_jid("contact", pattern);
  if (!pattern.empty()) filter["text"] = pattern;
  if (online) filter["online"] = true;

  Table table({{"jid", "JID", false, true},
               {"name", "NAME", false, true},
               {"status", "STATUS"},
               {"subscription", "SUBSCRIPTION"},
               {"methods", "METHODS"},
               {"account", "ACCOUNT", true}});
  auto rows = nlohmann::ordered_json::array(), pending = nlohmann::ordered_json::array();
  const bool one = !call.context.account.empty();
  const auto all =
      one ? std::vector{find_account(call.context, call.context.account)} : accounts(call.context);
  for (const auto& account : all) {
    for (const auto& c : AccountClient(call.context.bus(), account.path).ListContacts(filter)) {
      const auto jid = value_of<std::string>(c, "jid"), name = value_of<std::string>(c, "name");
      const auto subscription = value_of<std::string>(c, "subscription");
      const bool is_online = value_of<bool>(c, "online"), asked = value_of<bool>(c, "pending");
      const auto resources = value_of<std::vector<std::string>>(c, "resources");
      const auto methods = value_of<std::vector<std::string>>(c, "methods");
      table.add({jid, name, is_online ? "online" : "offline",
                 asked ? subscription + ", asked" : subscription, joined(methods), account.id});
      rows.push_back({{"jid", jid},
                      {"name", name},
                      {"online", is_online},
                      {"subscription", subscription},
                      {"pending", asked},
                      {"resources", resources},
                      {"methods", methods},
                      {"account", account.id}});
    }
    for (const auto& jid : account.pending) {
      pending.push_back({{"jid", jid}, {"account", account.id}});
      if (pattern.empty() && !online)
        table.add({jid, "", "offline", "wants to see you", "", account.id});
    }
  }
  const Output& out = call.context.out;
  if (out.json()) {
    out.document({{"contacts", rows}, {"pending", pending}});
  } else if (out.quiet) {
    table.choose({"jid"});
    table.print_plain(std::cout);
  } else if (out.human() && table.empty()) {
    out.say(nobody(all, pattern, online));
  } else {
    out.print(table);
    if (!pending.empty()) out.note("approve or deny: xmppftctl contacts approve JID");
  }
  return kOk;
}

}  // namespace xmppftctl

// SPDX-License-Identifier: MIT
#include "command.h"
#include "files.h"
#include "text.h"

namespace xmppftctl {

int policy_list(Call& call) {
  call.parse();
  Table table({{"rule", "RULE", true},
               {"from", "FROM"},
               {"max_size", "MAX-SIZE", true},
               {"mime", "MIME"},
               {"into", "INTO", false, true},
               {"on_exists", "ON-EXISTS"}});
  auto list = nlohmann::ordered_json::array();
  for (const auto& rule : call.context.manager().AutoAccept()) {
    const auto from = value_of<std::string>(rule, "from");
    const auto max_size = value_of<std::uint64_t>(rule, "max_size");
    const auto mime = value_of<std::vector<std::string>>(rule, "mime");
    const auto folder = path_of_uri(value_of<std::string>(rule, "directory"));
    const auto on_exists = value_of<std::string>(rule, "on_exists");
    const auto number = list.size() + 1;
    table.add({std::to_string(number),
               from,
               {max_size ? human_bytes(static_cast<std::int64_t>(max_size)) : "any",
                std::to_string(max_size)},
               {mime.empty() ? "any" : joined(mime, ", "), joined(mime, ",")},
               {folder.empty() ? "(downloads)" : short_path(folder), folder},
               {on_exists.empty() ? "(default)" : on_exists, on_exists}});
    const auto or_null = [](bool known, nlohmann::ordered_json value) {
      return known ? value : nlohmann::ordered_json();
    };
    list.push_back({{"rule", number},
                    {"from", from},
                    {"max_size_bytes", or_null(max_size != 0, max_size)},
                    {"mime", or_null(!mime.empty(), mime)},
                    {"directory", or_null(!folder.empty(), folder)},
                    {"on_exists", or_null(!on_exists.empty(), on_exists)}});
  }
  const Output& out = call.context.out;
  if (out.json()) {
    out.document({{"rules", list}});
  } else if (out.human() && table.empty()) {
    out.say("no rules: every offer waits for xmppftctl accept");
  } else {
    if (out.human()) table.choose({"rule", "from", "max_size", "mime", "on_exists", "into"});
    out.print(table);
  }
  return kOk;
}

}  // namespace xmppftctl

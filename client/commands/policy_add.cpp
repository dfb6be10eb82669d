// SPDX-License-Identifier: MIT
#include "command.h"
#include "files.h"
#include "parse.h"
#include "text.h"

namespace xmppftctl {

int policy_add(Call& call) {
  std::string from, max_size, into, on_exists;
  std::vector<std::string> mime;
  call.options.value("--from", from, "WHO", "JID, '*@DOMAIN', roster (all contacts), or '*'");
  call.options.value("--max-size", max_size, "SIZE",
                     "largest file, such as 100Mi; needed unless --from is one JID");
  call.options.values("--mime", mime, "TYPE",
                      "only files that their sender calls so, such as image/png or 'image/*'; "
                      "repeat for more");
  call.options.path("--into", into, "FOLDER",
                    "existing folder to put the files in (default: the download folder)");
  call.options.value("--on-exists", on_exists, "WORD",
                     "rename, fail (default: the configuration's on_exists)");
  call.parse();
  if (from.empty())
    throw usage("--from is needed", "--from bob@example.net, '*@example.org' or roster");
  from = parse_jid("--from", from);
  const bool many = from == "roster" || from.find('*') != std::string::npos;
  if (many && max_size.empty()) {
    throw usage("a rule for '" + printable(from) + "' needs --max-size", "--max-size 100Mi");
  }
  Values rule = {{"from", from}};
  if (!max_size.empty()) rule["max_size"] = parse_size("--max-size", max_size);
  if (many && value_of<std::uint64_t>(rule, "max_size") == 0)
    throw usage("--max-size 0 means any size; a rule for many needs a limit");
  for (const auto& type : mime)
    if (type.find('/') == std::string::npos)
      throw usage("--mime '" + printable(type) + "' is not a media type",
                  "--mime image/png or 'image/*'");
  if (!mime.empty()) rule["mime"] = mime;
  if (!into.empty()) rule["directory"] = folder_uri(into);
  if (!on_exists.empty())
    rule["on_exists"] = parse_word("--on-exists", on_exists, {"rename", "fail"});

  ManagerClient& manager = call.context.manager();
  auto rules = manager.AutoAccept();
  rules.push_back(std::move(rule));
  manager.AutoAccept(rules);
  if (call.context.out.json()) call.context.out.document({{"rule", rules.size()}});
  call.context.out.say("rule " + std::to_string(rules.size()) + ": offers from " + printable(from) +
                       " are accepted");
  return kOk;
}

}  // namespace xmppftctl

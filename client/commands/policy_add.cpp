// SPDX-License-Identifier: MIT
#include "addressee.h"
#include "command.h"
#include "files.h"
#include "parse.h"
#include "text.h"

namespace xmppftctl {
namespace {

/// Does every sender that `later` means answer to `first` too? Who the contacts are is not known
/// here.
bool covers(const std::string& first, const std::string& later) {
  if (first == "*" || first == later || later.starts_with(first + "/")) return true;
  return first.starts_with("*@") && later.find('@') != later.npos &&
         later.substr(later.find('@')) == first.substr(1);
}

/// The number of the rule that takes all that the last one would, 0 if there is none.
std::size_t shadowed_by(const std::vector<Values>& rules) {
  const auto& last = rules.back();
  const auto most = value_of<std::uint64_t>(last, "max_size");
  for (std::size_t i = 0; i + 1 < rules.size(); ++i) {
    const auto limit = value_of<std::uint64_t>(rules[i], "max_size");
    const auto types = value_of<std::vector<std::string>>(rules[i], "mime");
    if (covers(value_of<std::string>(rules[i], "from"), value_of<std::string>(last, "from")) &&
        (limit == 0 || (most != 0 && most <= limit)) &&
        (types.empty() || types == value_of<std::vector<std::string>>(last, "mime")))
      return i + 1;
  }
  return 0;
}

}  // namespace

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
  call.options.value(
      "--on-exists", on_exists, "WORD",
      "name taken: rename, or fail = ask me (default: the configuration's on_exists)");
  call.parse();
  if (from.empty())
    throw usage("--from is needed", "--from bob@example.net, '*@example.org' or roster");
  const bool many = from == "roster" || from.find('*') != std::string::npos;
  if (!many) from = addressee(call.context, "--from", from);
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
  if (!into.empty()) rule["directory"] = writable_folder_uri(into);
  if (!on_exists.empty())
    rule["on_exists"] = parse_word("--on-exists", on_exists, {"rename", "fail"});

  ManagerClient& manager = call.context.manager();
  auto rules = manager.AutoAccept();
  rules.push_back(std::move(rule));
  manager.AutoAccept(rules);
  if (call.context.out.json()) call.context.out.document({{"rule", rules.size()}});
  call.context.out.say("rule " + std::to_string(rules.size()) + ": offers from " + printable(from) +
                       " are accepted");
  if (const auto first = shadowed_by(rules); first != 0) {
    const auto number = std::to_string(first);
    const bool contacts_only = value_of<std::string>(rules[first - 1], "from").starts_with('*');
    call.context.out.note("rule " + number + " comes first and takes all of these" +
                          (contacts_only && !many ? " from a contact" : "") +
                          ": the first that matches wins. To drop it: xmppftctl policy remove " +
                          number);
  }
  return kOk;
}

}  // namespace xmppftctl

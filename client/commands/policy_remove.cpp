// SPDX-License-Identifier: MIT
#include <set>

#include "command.h"
#include "parse.h"
#include "text.h"

namespace xmppftctl {

int policy_remove(Call& call) {
  std::vector<std::string> numbers;
  call.options.words(numbers);
  call.parse();
  if (numbers.empty()) throw usage("which rule? give its number", "xmppftctl policy list");
  ManagerClient& manager = call.context.manager();
  auto rules = manager.AutoAccept();
  if (rules.empty()) throw usage("there are no rules");
  std::set<std::size_t, std::greater<>>
      doomed;  // from the back, so that numbers keep their meaning
  for (const auto& number : numbers) {
    doomed.insert(static_cast<std::size_t>(
        parse_number("rule", number, 1, static_cast<std::int64_t>(rules.size()))));
  }
  for (const auto number : doomed)
    rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(number - 1));
  manager.AutoAccept(rules);
  if (call.context.out.json()) call.context.out.document({{"removed", doomed.size()}});
  call.context.out.say("removed " + plural(doomed.size(), "rule") + ", " +
                       plural(rules.size(), "rule") + " left");
  return kOk;
}

}  // namespace xmppftctl

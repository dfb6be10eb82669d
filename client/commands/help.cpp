// SPDX-License-Identifier: MIT
#include <iostream>

#include "command.h"

namespace xmppftctl {

int help(Call& call) {
  std::vector<std::string> words;
  call.options.words(words);
  call.parse();
  if (words.empty()) {
    std::cout << overview();
    return kOk;
  }
  if (const auto group = group_overview(words[0]); words.size() == 1 && !group.empty()) {
    std::cout << group;
    return kOk;
  }
  const Command& command = find_command(words);
  Call asked(command, call.context, {}, {"--help"});
  return command.run(asked);
}

}  // namespace xmppftctl

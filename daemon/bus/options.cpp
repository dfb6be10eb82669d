// SPDX-License-Identifier: MIT
#include "bus/options.h"

#include "base/text.h"

namespace xmppftd {

void check_string(const std::string& what, const std::string& text) {
  if (text.size() > kMaxString) throw invalid_args(what + " is longer than 4096 bytes");
}

std::string Options::text(const std::string& key) {
  auto value = take<std::string>(key).value_or("");
  check_string("option \"" + key + "\"", value);
  return value;
}

void Options::finish(const std::string& known) const {
  for (const auto& [key, value] : map_)
    if (used_.count(key) == 0 && key.rfind("x-", 0) != 0)
      throw invalid_args("unknown option " + in_quotes(key) +
                         "; there are: " + (known.empty() ? "none" : known));
}

}  // namespace xmppftd

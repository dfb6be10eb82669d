// SPDX-License-Identifier: MIT
#include "bus/accept_rules.h"

#include <cstdint>

#include "base/text.h"
#include "bus/file_uri.h"
#include "bus/outgoing.h"

namespace xmppftd {

std::vector<AcceptRule> rules_from_bus(const std::vector<VariantMap>& rows) {
  if (rows.size() > kMaxArray) throw invalid_args("more than 1000 rules");
  std::vector<AcceptRule> rules;
  for (const auto& row : rows) {
    Options options(row);
    AcceptRule rule;
    const auto bad = [number = rules.size() + 1](const std::string& what) {
      return invalid_args("rule " + std::to_string(number) + ": " + what);
    };
    rule.from = options.text("from");
    rule.max_size = options.take<std::uint64_t>("max_size").value_or(0);
    // The configuration holds no larger number, and would be refused at the next start.
    if (rule.max_size > INT64_MAX)
      throw bad("max_size: " + std::to_string(rule.max_size) + " is out of range; want at most " +
                std::to_string(INT64_MAX) + " bytes");
    rule.mime = options.take<std::vector<std::string>>("mime").value_or(std::vector<std::string>());
    if (const auto uri = options.text("directory"); !uri.empty()) {
      auto path = uri_to_path(uri);
      if (!path) throw bad("directory: " + path.error().detail);
      rule.folder = *path;
      // The configuration is JSON: it would keep another folder than the one that was meant.
      if (valid_text(rule.folder) != rule.folder)
        throw bad("directory: " + in_quotes(uri, 200) +
                  " is not UTF-8, so the configuration cannot keep it; rename the folder");
      while (rule.folder.size() > 1 && rule.folder.back() == '/') rule.folder.pop_back();
    }
    rule.on_exists = options.text("on_exists");
    options.finish("from, max_size, mime, directory, on_exists");
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<VariantMap> rules_to_bus(const std::vector<AcceptRule>& rules) {
  std::vector<VariantMap> rows;
  for (const auto& rule : rules) {
    VariantMap row{{"from", variant(rule.from)}, {"max_size", variant(rule.max_size)}};
    if (!rule.on_exists.empty()) row["on_exists"] = variant(rule.on_exists);
    if (!rule.mime.empty()) row["mime"] = variant(rule.mime);
    if (!rule.folder.empty()) row["directory"] = variant(path_to_uri(rule.folder));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace xmppftd

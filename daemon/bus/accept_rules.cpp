// SPDX-License-Identifier: MIT
#include "bus/accept_rules.h"

#include "bus/file_uri.h"

namespace xmppftd {

std::vector<AcceptRule> rules_from_bus(const std::vector<VariantMap>& rows) {
  if (rows.size() > kMaxArray) throw invalid_args("more than 1000 rules");
  std::vector<AcceptRule> rules;
  for (const auto& row : rows) {
    Options options(row);
    AcceptRule rule;
    rule.from = options.text("from");
    rule.max_size = options.take<std::uint64_t>("max_size").value_or(0);
    rule.mime = options.take<std::vector<std::string>>("mime").value_or(std::vector<std::string>());
    if (const auto uri = options.text("directory"); !uri.empty()) {
      auto path = uri_to_path(uri);
      if (!path) throw invalid_args("rule " + std::to_string(rules.size()) + ": directory: " + path.error().detail);
      rule.folder = *path;
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
    VariantMap row{{"from", sdbus::Variant(rule.from)},
                   {"max_size", sdbus::Variant(rule.max_size)}};
    if (!rule.on_exists.empty()) row["on_exists"] = sdbus::Variant(rule.on_exists);
    if (!rule.mime.empty()) row["mime"] = sdbus::Variant(rule.mime);
    if (!rule.folder.empty()) row["directory"] = sdbus::Variant(path_to_uri(rule.folder));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace xmppftd

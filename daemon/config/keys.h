// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "base/text.h"
#include "config/config.h"
#include "config/json_tree.h"

namespace xmppftd {

/// Collects what is wrong in one file, compiler style: a line each, whatever the file holds.
class Diagnostics {
 public:
  explicit Diagnostics(std::string file) : file_(std::move(file)) {}
  void error(Place place, const std::string& message) {
    errors.push_back(file_ + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) +
                     ": error: " + printable(message, kMaxMessage));
  }

  std::vector<std::string> errors;

 private:
  static constexpr std::size_t kMaxMessage = 1000;  ///< bytes
  std::string file_;
};

/// Sets what `root` says in `config`; every mistake goes to `diagnostics`, also what `checks` find.
void apply_keys(const JsonNode& root, Config& config, Diagnostics& diagnostics,
                const WordChecks& checks = {});

}  // namespace xmppftd

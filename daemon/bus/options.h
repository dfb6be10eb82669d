// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bus/errors.h"

namespace xmppftd {

using VariantMap = std::map<std::string, sdbus::Variant>;

inline constexpr std::size_t kMaxString = 4096;  ///< bytes
inline constexpr std::size_t kMaxArray = 1000;   ///< elements

/// Throws InvalidArgs when `text` is longer than kMaxString.
void check_string(const std::string& what, const std::string& text);

/// Reads an `a{sv}` argument: each key once, by type; what is left over at the end is an error that
/// names it.
class Options {
 public:
  explicit Options(const VariantMap& map) : map_(map) {}

  /// Nothing when absent. Throws InvalidArgs when the value is of another type.
  template <class T>
  std::optional<T> take(const std::string& key) {
    used_.insert(key);
    const auto found = map_.find(key);
    if (found == map_.end()) return std::nullopt;
    if (!found->second.containsValueOfType<T>())
      throw invalid_args("option \"" + key + "\" is of type " + found->second.peekValueType() +
                         ", which it may not be");
    return found->second.get<T>();
  }
  /// A string of at most kMaxString bytes; "" when absent.
  std::string text(const std::string& key);

  /// Throws InvalidArgs for a key nobody asked for, unless it starts with "x-".
  void finish(const std::string& known) const;

 private:
  const VariantMap& map_;
  std::set<std::string> used_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/Types.h>

#include <map>
#include <string>

namespace xmppftctl {

/// An a{sv}, as every options argument and every property set is.
using Values = std::map<std::string, sdbus::Variant>;

/// The value of `key`, or `otherwise` if it is absent or of another type (a later daemon may add or
/// widen).
template <class T>
T value_of(const Values& values, const std::string& key, T otherwise = {}) {
  const auto at = values.find(key);
  return at != values.end() && at->second.containsValueOfType<T>() ? at->second.get<T>()
                                                                   : otherwise;
}

}  // namespace xmppftctl

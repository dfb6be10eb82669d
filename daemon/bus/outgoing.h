// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text.h"

namespace xmppftd {

/// A value as it may leave over the bus: each text in it is made valid (valid_text()), however deep
/// it lies. sd-bus refuses a message that holds anything else, and a row of the journal or a stanza
/// may. A Variant comes back as it is: it was made by variant().
template <class T>
T outgoing(T value) {
  return value;
}
inline std::string outgoing(const std::string& text) { return valid_text(text); }
template <class T>
std::vector<T> outgoing(const std::vector<T>& list);
template <class K, class V>
std::map<K, V> outgoing(const std::map<K, V>& map);
template <class... T>
sdbus::Struct<T...> outgoing(const sdbus::Struct<T...>& fields);
template <class... T>
std::tuple<T...> outgoing(const std::tuple<T...>& fields);

template <class T>
std::vector<T> outgoing(const std::vector<T>& list) {
  std::vector<T> out;
  out.reserve(list.size());
  for (const auto& value : list) out.push_back(outgoing(value));
  return out;
}
template <class K, class V>
std::map<K, V> outgoing(const std::map<K, V>& map) {
  std::map<K, V> out;
  for (const auto& [key, value] : map) out.emplace(outgoing(key), outgoing(value));
  return out;
}
template <class... T>
sdbus::Struct<T...> outgoing(const sdbus::Struct<T...>& fields) {
  return std::apply([](const T&... value) { return sdbus::Struct<T...>(outgoing(value)...); },
                    static_cast<const std::tuple<T...>&>(fields));
}
template <class... T>
std::tuple<T...> outgoing(const std::tuple<T...>& fields) {
  return std::apply([](const T&... value) { return std::tuple<T...>(outgoing(value)...); }, fields);
}

/// The only way that a Variant is made here.
template <class T>
sdbus::Variant variant(const T& value) {
  return sdbus::Variant(outgoing(value));
}

}  // namespace xmppftd

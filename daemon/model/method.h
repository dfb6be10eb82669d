// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace xmppftd {

/// A few words that are part of the program.
class Words {
 public:
  static constexpr std::size_t kMost = 4;
  constexpr Words(std::initializer_list<std::string_view> words) {
    for (const auto word : words) words_.at(count_++) = word;
  }
  constexpr const std::string_view* begin() const noexcept { return words_.data(); }
  constexpr const std::string_view* end() const noexcept { return words_.data() + count_; }
  constexpr bool empty() const noexcept { return count_ == 0; }

 private:
  std::array<std::string_view, kMost> words_{};
  std::size_t count_ = 0;
};

/// A way for a file to travel, as users, records and the D-Bus API name it. The table of them is
/// the only place that knows these words; everybody else asks what a method is.
struct Method {
  /// The word for it, in configuration, options and records.
  std::string_view word;
  /// The namespace of the signalling protocol that agrees on it: the Negotiator whose family()
  /// this is.
  std::string_view family;
  /// How the bytes travel, for that negotiator: of SI the stream method (XEP-0095 section 3.2).
  std::string_view transport;
  /// The parts that a user may choose alone, as "WORD/ROUTE"; empty where there is but one.
  Words routes;
  /// What a peer that takes files so advertises (XEP-0030), all of it.
  Words features;
  /// Does it go to a program that is online now, and not to an address alone?
  bool needs_resource;
  /// Does one side learn the other's network address?
  bool shows_address;
};

/// All there are, in the order of preference that holds where nobody sets another.
std::span<const Method> all_methods() noexcept;
/// Null when there is none of that word.
const Method* find_method(std::string_view word) noexcept;
/// Null when this signalling protocol agrees on no such transport.
const Method* find_method(std::string_view family, std::string_view transport) noexcept;

/// Parts of a method: straight to the peer, or through a proxy.
inline constexpr std::string_view kRouteDirect = "direct";
inline constexpr std::string_view kRouteProxy = "proxy";

/// A method, or one route of it, as users choose it: "WORD" or "WORD/ROUTE".
struct MethodChoice {
  std::string id;     ///< Method::word
  std::string route;  ///< one of Method::routes; "" = any
  /// Errors: BadArgument, naming the value and the words there are.
  static Result<MethodChoice> parse(std::string_view text);
  std::string str() const { return route.empty() ? id : id + "/" + route; }
  friend bool operator==(const MethodChoice&, const MethodChoice&) = default;
};

/// Every method by any route, in the default order.
std::vector<MethodChoice> all_choices();

}  // namespace xmppftd

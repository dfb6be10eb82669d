// SPDX-License-Identifier: MIT
#include "model/method.h"

#include "base/text.h"
#include "model/namespaces.h"

namespace xmppftd {
namespace {

constexpr Method kMethods[] = {
    {
        // XEP-0096 over XEP-0065
        .word = "si-socks5",
        .family = kNsSi,
        .transport = kNsBytestreams,
        .routes = {kRouteDirect, kRouteProxy},
        .features = {kNsSi, kNsSiFile, kNsBytestreams},
        .needs_resource = true,
        .shows_address = true,
    },
    {
        // XEP-0096 over XEP-0047
        .word = "si-ibb",
        .family = kNsSi,
        .transport = kNsIbb,
        .routes = {},
        .features = {kNsSi, kNsSiFile, kNsIbb},
        .needs_resource = true,
        .shows_address = false,
    },
};

}  // namespace

std::span<const Method> all_methods() noexcept { return kMethods; }

const Method* find_method(std::string_view word) noexcept {
  for (const auto& method : kMethods)
    if (method.word == word) return &method;
  return nullptr;
}

const Method* find_method(std::string_view family, std::string_view transport) noexcept {
  for (const auto& method : kMethods)
    if (method.family == family && method.transport == transport) return &method;
  return nullptr;
}

Result<MethodChoice> MethodChoice::parse(std::string_view text) {
  std::string known;
  for (const auto& method : kMethods) {
    MethodChoice choice{std::string(method.word), ""};
    if (choice.str() == text) return choice;
    known += (known.empty() ? "" : ", ") + choice.str();
    for (const auto route : method.routes) {
      choice.route = route;
      if (choice.str() == text) return choice;
      known += ", " + choice.str();
    }
  }
  return Error{Errc::BadArgument, in_quotes(text, 60) + " is not a method; choose from " + known};
}

std::vector<MethodChoice> all_choices() {
  std::vector<MethodChoice> choices;
  for (const auto& method : kMethods) choices.push_back({std::string(method.word), ""});
  return choices;
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "xep/roster.h"

#include <array>
#include <utility>

#include "base/log.h"
#include "model/file_info.h"
#include "model/namespaces.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxName = 256;
constexpr std::size_t kMaxGroups = 64;

constexpr std::array<std::pair<std::string_view, Subscription>, 5> kSubscriptions{
    {{"none", Subscription::None},
     {"to", Subscription::To},
     {"from", Subscription::From},
     {"both", Subscription::Both},
     {"remove", Subscription::Remove}}};

Element roster_element(const char* name) { return {name, std::string(kNsRoster)}; }

std::optional<RosterItem> parse_item(const Element& element) {
  auto jid = Jid::parse(element.attribute_or_empty("jid"));
  if (!jid) return std::nullopt;
  RosterItem item{*std::move(jid), safe_text(element.attribute_or_empty("name"), kMaxName)};
  for (const auto& [word, value] : kSubscriptions)
    if (element.attribute_or_empty("subscription") == word) item.subscription = value;
  item.ask_subscribe = element.attribute_or_empty("ask") == "subscribe";
  for (const auto& child : element.children) {
    if (!child.is("group", kNsRoster)) continue;
    if (item.groups.size() < kMaxGroups)
      item.groups.push_back(safe_text(child.text, kMaxName));
    else
      item.groups_known = false;
  }
  return item;
}

}  // namespace

std::string_view to_string(Subscription subscription) noexcept {
  for (const auto& [word, value] : kSubscriptions)
    if (value == subscription) return word;
  return "?";
}

Element RosterItem::build() const {
  auto item = roster_element("item").set("jid", jid.str());
  if (!name.empty()) item.set("name", name);
  if (subscription == Subscription::Remove) item.set("subscription", "remove");
  for (const auto& group : groups) item.add(roster_element("group").with_text(group));
  return item;
}

Roster Roster::parse(const Element& query) {
  Roster roster;
  if (const auto ver = query.attribute("ver")) roster.ver = *ver;
  for (const auto& child : query.children) {
    if (!child.is("item", kNsRoster)) continue;
    if (auto item = parse_item(child))
      roster.items.push_back(*std::move(item));
    else
      roster.refused.push_back(log::printable(child.attribute_or_empty("jid")));
  }
  if (const auto* left_out = query.child("left-out", kNsLeftOut)) {
    roster.left_out = parse_decimal(left_out->attribute_or_empty("items")).value_or(0);
    for (auto& item : roster.items) item.groups_known = false;
  }
  return roster;
}

Element Roster::build() const {
  auto query = roster_element("query");
  if (ver) query.set("ver", *ver);
  for (const auto& item : items) query.add(item.build());
  return query;
}

}  // namespace xmppftd

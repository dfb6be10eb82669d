// SPDX-License-Identifier: MIT
#include "xep/xep0030_disco.h"

#include <algorithm>

#include "model/namespaces.h"
#include "xep/parse.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxIdentities = 128;
constexpr std::size_t kMaxFeatures = 1024;
constexpr std::size_t kMaxForms = 32;
constexpr std::size_t kMaxItems = 1024;

Element info_element(const char* name) { return {name, std::string(kNsDiscoInfo)}; }

void set_unless_empty(Element& element, const char* key, const std::string& value) {
  if (!value.empty()) element.set(key, value);
}

}  // namespace

bool DiscoInfo::has_feature(std::string_view var) const noexcept {
  return std::find(features.begin(), features.end(), var) != features.end();
}

bool DiscoInfo::has_identity(std::string_view category, std::string_view type) const noexcept {
  return std::any_of(identities.begin(), identities.end(), [&](const DiscoIdentity& identity) {
    return identity.category == category && identity.type == type;
  });
}

Result<DiscoInfo> DiscoInfo::parse(const Element& query) {
  DiscoInfo info;
  info.node = query.attribute_or_empty("node");
  for (const auto& child : query.children) {
    if (child.is("identity", kNsDiscoInfo)) {
      info.identities.push_back({std::string(child.attribute_or_empty("category")),
                                 std::string(child.attribute_or_empty("type")),
                                 std::string(child.attribute_or_empty("name")),
                                 std::string(child.attribute_or_empty("xml:lang"))});
    } else if (child.is("feature", kNsDiscoInfo)) {
      if (const auto var = child.attribute("var")) info.features.emplace_back(*var);
    } else if (child.is("x", kNsDataForm)) {
      auto form = DataForm::parse(child);
      if (!form) return form.error();
      info.forms.push_back(*std::move(form));
    }
    if (info.identities.size() > kMaxIdentities || info.features.size() > kMaxFeatures ||
        info.forms.size() > kMaxForms)
      return broken("disco#info of node", info.node,
                    "says more than 128 identities, 1024 features or 32 forms");
  }
  return info;
}

Element DiscoInfo::build() const {
  auto query = info_element("query");
  set_unless_empty(query, "node", node);
  for (const auto& identity : identities) {
    auto element =
        info_element("identity").set("category", identity.category).set("type", identity.type);
    set_unless_empty(element, "name", identity.name);
    set_unless_empty(element, "xml:lang", identity.lang);
    query.add(std::move(element));
  }
  for (const auto& feature : features) query.add(info_element("feature").set("var", feature));
  for (const auto& form : forms) query.add(form.build());
  return query;
}

DiscoItems DiscoItems::parse(const Element& query) {
  DiscoItems parsed;
  parsed.node = query.attribute_or_empty("node");
  for (const auto& child : query.children) {
    if (!child.is("item", kNsDiscoItems)) continue;
    const auto jid = child.attribute_or_empty("jid");
    if (jid.empty()) continue;
    if (parsed.items.size() == kMaxItems) {
      ++parsed.left_out;
      continue;
    }
    parsed.items.push_back({std::string(jid), std::string(child.attribute_or_empty("node")),
                            std::string(child.attribute_or_empty("name"))});
  }
  return parsed;
}

Element DiscoItems::build() const {
  Element query("query", std::string(kNsDiscoItems));
  set_unless_empty(query, "node", node);
  for (const auto& item : items) {
    auto element = Element("item", std::string(kNsDiscoItems)).set("jid", item.jid);
    set_unless_empty(element, "node", item.node);
    set_unless_empty(element, "name", item.name);
    query.add(std::move(element));
  }
  return query;
}

}  // namespace xmppftd

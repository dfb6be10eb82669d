// SPDX-License-Identifier: MIT
#include "xep/xep0115_caps.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "model/namespaces.h"
#include "xep/parse.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxAttribute = 1024;
constexpr std::string_view kFormType = "FORM_TYPE";

/// S of section 5.1, step by step, each part followed by '<'.
class Preimage {
 public:
  void append(std::string_view part) {
    if (part.find('<') != std::string_view::npos) ambiguous_ = true;
    text_.append(part).append(1, '<');
  }
  const std::string& text() const { return text_; }
  bool ambiguous() const { return ambiguous_; }

 private:
  std::string text_;
  bool ambiguous_ = false;
};

template <class T>
bool has_repeated(const std::vector<T>& sorted) {
  return std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
}

Result<void> append_identities(Preimage& s, std::vector<DiscoIdentity> identities) {
  const auto key = [](const DiscoIdentity& i) {
    return std::tie(i.category, i.type, i.lang, i.name);
  };
  std::sort(identities.begin(), identities.end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  if (has_repeated(identities))
    return broken("disco#info", "", "repeats an identity (XEP-0115 section 5.4)");
  for (const auto& i : identities)
    s.append(i.category + '/' + i.type + '/' + i.lang + '/' + i.name);
  return {};
}

Result<void> append_features(Preimage& s, std::vector<std::string> features) {
  std::sort(features.begin(), features.end());
  if (has_repeated(features))
    return broken("disco#info", "", "repeats a feature (XEP-0115 section 5.4)");
  for (const auto& feature : features) s.append(feature);
  return {};
}

/// A form that counts, and its FORM_TYPE.
using TypedForm = std::pair<std::string, const DataForm*>;

Result<std::vector<TypedForm>> typed_forms(const std::vector<DataForm>& forms) {
  std::vector<TypedForm> typed;
  for (const auto& form : forms) {
    const auto* type = form.field(kFormType);
    if (!type || type->type != "hidden" || type->values.empty()) continue;
    if (std::any_of(type->values.begin(), type->values.end(),
                    [&](const auto& value) { return value != type->values.front(); }))
      return broken("FORM_TYPE", type->values.front(),
                    "has another value beside it (XEP-0115 section 5.4)");
    typed.emplace_back(type->values.front(), &form);
  }
  std::sort(typed.begin(), typed.end());
  const auto same = std::adjacent_find(
      typed.begin(), typed.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  if (same != typed.end())
    return broken("FORM_TYPE", same->first, "is used by two forms (XEP-0115 section 5.4)");
  return typed;
}

void append_form(Preimage& s, const TypedForm& typed) {
  s.append(typed.first);
  std::vector<const FormField*> fields;
  for (const auto& field : typed.second->fields)
    if (field.var != kFormType) fields.push_back(&field);
  std::stable_sort(fields.begin(), fields.end(), [](auto* a, auto* b) { return a->var < b->var; });
  for (const auto* field : fields) {
    s.append(field->var);
    auto values = field->values;
    std::sort(values.begin(), values.end());
    for (const auto& value : values) s.append(value);
  }
}

}  // namespace

std::optional<Caps> Caps::parse(const Element& presence) {
  const auto* c = presence.child("c", kNsCaps);
  if (!c) return std::nullopt;
  Caps caps{std::string(c->attribute_or_empty("node")), std::string(c->attribute_or_empty("ver")),
            std::string(c->attribute_or_empty("hash"))};
  for (const auto* value : {&caps.node, &caps.ver, &caps.hash})
    if (value->empty() || value->size() > kMaxAttribute) return std::nullopt;
  return caps;
}

Element Caps::build() const {
  return Element("c", std::string(kNsCaps)).set("hash", hash).set("node", node).set("ver", ver);
}

Result<std::string> caps_ver(const DiscoInfo& info) {
  Preimage s;
  if (auto done = append_identities(s, info.identities); !done) return done.error();
  if (auto done = append_features(s, info.features); !done) return done.error();
  const auto forms = typed_forms(info.forms);
  if (!forms) return forms.error();
  for (const auto& form : *forms) append_form(s, form);
  if (s.ambiguous()) return broken("disco#info of node", info.node, "has a '<' in a string");
  const auto digest = from_hex(Digest::of(HashAlgo::Sha1, view_of(s.text())).hex);
  return to_base64(digest.value_or(Bytes()));
}

}  // namespace xmppftd

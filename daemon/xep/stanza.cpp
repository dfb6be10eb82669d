// SPDX-License-Identifier: MIT
#include "xep/stanza.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"

namespace xmppftd {
namespace {

constexpr std::array<std::pair<std::string_view, IqType>, 4> kIqTypes{{{"get", IqType::Get},
                                                                       {"set", IqType::Set},
                                                                       {"result", IqType::Result},
                                                                       {"error", IqType::Error}}};

Error bad_iq(std::string detail) { return {Errc::Protocol, std::move(detail)}; }

}  // namespace

Result<Iq> Iq::parse(const Element& stanza) {
  if (stanza.name != "iq") return bad_iq("<" + log::printable(stanza.name) + "/> is not an <iq/>");
  const auto type_word = stanza.attribute("type");
  if (!type_word) return bad_iq("an <iq/> has no type; RFC 6120 section 8.2.3 wants one");
  const auto type = std::find_if(kIqTypes.begin(), kIqTypes.end(),
                                 [&](const auto& entry) { return entry.first == *type_word; });
  if (type == kIqTypes.end())
    return bad_iq("iq type '" + log::printable(*type_word) +
                  "' is not one of get, set, result and error");
  const auto id = stanza.attribute_or_empty("id");
  if (id.empty()) return bad_iq("an <iq/> has no id; RFC 6120 section 8.2.3 wants one");

  Iq iq;
  iq.type = type->second;
  iq.id = id;
  iq.from = stanza.attribute_or_empty("from");
  iq.to = stanza.attribute_or_empty("to");
  // An answer of type error says no, whatever is in it: <error/> may be empty, in some other
  // namespace, or missing.
  const Element* error = stanza.child("error", stanza.xmlns);
  if (iq.type == IqType::Error && !error) error = stanza.child_in_any_namespace("error");
  for (const auto& child : stanza.children)
    if (!iq.payload && &child != error && !child.is("error", stanza.xmlns)) iq.payload = child;
  if (iq.type == IqType::Error)
    iq.error = error ? StanzaError::parse(*error) : StanzaError::of(Condition::UndefinedCondition);
  return iq;
}

Element Iq::build() const {
  Element stanza("iq", std::string(kNsClient));
  for (const auto& [word, value] : kIqTypes)
    if (value == type) stanza.set("type", std::string(word));
  stanza.set("id", id);
  if (!from.empty()) stanza.set("from", from);
  if (!to.empty()) stanza.set("to", to);
  if (payload) stanza.add(*payload);
  if (error) stanza.add(error->build());
  return stanza;
}

}  // namespace xmppftd

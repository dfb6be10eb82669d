// SPDX-License-Identifier: MIT
#include "xep/presence.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "model/file_info.h"
#include "model/namespaces.h"
#include "xep/parse.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxStatus = 1024;

constexpr std::array<std::pair<std::string_view, PresenceType>, 8> kPresenceTypes{{
    {"", PresenceType::Available},
    {"unavailable", PresenceType::Unavailable},
    {"subscribe", PresenceType::Subscribe},
    {"subscribed", PresenceType::Subscribed},
    {"unsubscribe", PresenceType::Unsubscribe},
    {"unsubscribed", PresenceType::Unsubscribed},
    {"probe", PresenceType::Probe},
    {"error", PresenceType::Error},
}};
constexpr std::array<std::string_view, 4> kShows{"away", "chat", "dnd", "xa"};

std::int8_t parse_priority(std::string_view text) {
  std::int8_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : std::int8_t{0};
}

Element client_element(const char* name, std::string text) {
  return Element(name, std::string(kNsClient)).with_text(std::move(text));
}

}  // namespace

Result<Presence> Presence::parse(const Element& stanza) {
  const auto word = stanza.attribute_or_empty("type");
  const auto* type = std::find_if(kPresenceTypes.begin(), kPresenceTypes.end(),
                                  [&](const auto& t) { return t.first == word; });
  if (stanza.name != "presence" || type == kPresenceTypes.end())
    return broken("presence type", word, "is not one of RFC 6121 section 4.7.1");
  Presence presence;
  presence.type = type->second;
  presence.from = stanza.attribute_or_empty("from");
  presence.to = stanza.attribute_or_empty("to");
  presence.id = stanza.attribute_or_empty("id");
  if (const auto* show = stanza.child("show", kNsClient)) {
    const auto text = trimmed(show->text);
    if (std::find(kShows.begin(), kShows.end(), text) != kShows.end()) presence.show = text;
  }
  if (const auto* status = stanza.child("status", kNsClient))
    presence.status = safe_text(status->text, kMaxStatus);
  if (const auto* priority = stanza.child("priority", kNsClient))
    presence.priority = parse_priority(trimmed(priority->text));
  presence.caps = Caps::parse(stanza);
  if (presence.type == PresenceType::Error) {
    const auto* error = stanza.child("error", kNsClient);
    presence.error = error ? StanzaError::parse(*error) : StanzaError();
  }
  return presence;
}

Element Presence::build() const {
  Element stanza("presence", std::string(kNsClient));
  for (const auto& [word, value] : kPresenceTypes)
    if (value == type && !word.empty()) stanza.set("type", std::string(word));
  if (!id.empty()) stanza.set("id", id);
  if (!from.empty()) stanza.set("from", from);
  if (!to.empty()) stanza.set("to", to);
  if (!show.empty()) stanza.add(client_element("show", show));
  if (!status.empty()) stanza.add(client_element("status", status));
  if (priority != 0) stanza.add(client_element("priority", std::to_string(priority)));
  if (caps) stanza.add(caps->build());
  if (error) stanza.add(error->build());
  return stanza;
}

}  // namespace xmppftd

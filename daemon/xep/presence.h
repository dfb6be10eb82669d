// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "xep/element.h"
#include "xep/stanza_error.h"
#include "xep/xep0115_caps.h"

namespace xmppftd {

enum class PresenceType {
  Available,
  Unavailable,
  Subscribe,
  Subscribed,
  Unsubscribe,
  Unsubscribed,
  Probe,
  Error,
};

/// `<presence/>` (RFC 6121 sections 3 and 4).
struct Presence {
  PresenceType type = PresenceType::Available;
  std::string from;  ///< as stamped on the wire; "" when absent
  std::string to;
  std::string id;
  std::string show;          ///< "", "away", "chat", "dnd", "xa"
  std::string status;        ///< at most 1 KiB, no control characters
  std::int8_t priority = 0;  ///< what is no number from -128 to 127 counts as 0
  std::optional<Caps> caps;
  std::optional<StanzaError> error;  ///< set exactly for PresenceType::Error

  /// Errors: Protocol for an unknown type, which section 4.7.1 does not allow.
  static Result<Presence> parse(const Element& stanza);
  Element build() const;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/jid.h"
#include "xep/element.h"

// The contact list (RFC 6121 section 2). Whether a push may be believed (RELIABILITY ST3) is not
// decided here.
namespace xmppftd {

enum class Subscription {
  None,
  To,    ///< we see their presence
  From,  ///< they see ours
  Both,
  Remove,  ///< in a push or a set: the contact goes
};
std::string_view to_string(Subscription subscription) noexcept;  ///< "none", "to", "from", "both", "remove"

struct RosterItem {
  Jid jid;
  std::string name;  ///< at most 256 bytes, no control characters
  Subscription subscription = Subscription::None;
  bool ask_subscribe = false;  ///< our request waits for them
  std::vector<std::string> groups;

  /// Building a set: the subscription is written only for Remove, `ask` never (section 2.1.2).
  Element build() const;
};

/// `<query xmlns='jabber:iq:roster'/>`: a result, a push, or (empty) the request.
struct Roster {
  std::optional<std::string> ver;  ///< "" is a version too (section 2.6)
  std::vector<RosterItem> items;

  /// Items whose JID is none are skipped; an unknown subscription is None; at most 64 groups count.
  static Roster parse(const Element& query);
  Element build() const;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/jid.h"
#include "xep/element.h"

// The contact list (RFC 6121 section 2). Whether a push may be believed is not
// decided here.
namespace xmppftd {

/// Of the element by which the reader of a long contact list says what it left out. It never comes
/// from the wire.
inline constexpr std::string_view kNsLeftOut = "urn:xmppft:left-out:0";

/// Where a server's stream features name it, a contact may be approved before it asks
/// (section 3.4).
inline constexpr std::string_view kNsPreApproval = "urn:xmpp:features:pre-approval";
inline constexpr std::string_view kNsStreams = "http://etherx.jabber.org/streams";

enum class Subscription {
  None,
  To,    ///< we see their presence
  From,  ///< they see ours
  Both,
  Remove,  ///< in a push or a set: the contact goes
};
/// "none", "to", "from", "both", "remove"
std::string_view to_string(Subscription subscription) noexcept;

struct RosterItem {
  Jid jid;
  std::string name;  ///< at most 256 bytes, no control characters
  Subscription subscription = Subscription::None;
  bool ask_subscribe = false;  ///< our request waits for them
  std::vector<std::string> groups{};
  bool groups_known = true;  ///< false: it may be in more groups than these

  /// Building a set: the subscription is written only for Remove, `ask` never (section 2.1.2).
  Element build() const;
};

/// `<query xmlns='jabber:iq:roster'/>`: a result, a push, or (empty) the request.
struct Roster {
  std::optional<std::string> ver;  ///< "" is a version too (section 2.6)
  std::vector<RosterItem> items;
  std::vector<std::string> refused;  ///< what stood in place of a JID and is none, made printable
  std::size_t left_out = 0;          ///< items past the bound of the reader

  /// Items whose JID is none are skipped; an unknown subscription is None; at most 64 groups count.
  static Roster parse(const Element& query);
  Element build() const;
};

}  // namespace xmppftd

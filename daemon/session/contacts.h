// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/jid.h"
#include "xep/roster.h"
#include "xep/xep0115_caps.h"

namespace xmppftd {

/// One available resource, as its last presence says.
struct Resource {
  Jid jid;  ///< full; bare for an entity without resources (a component, a bot)
  int priority = 0;
  std::string show;  ///< "", "away", "chat", "dnd", "xa"
  std::optional<Caps> caps;
  std::uint64_t heard = 0;  ///< counts presences: the higher, the later
};

/// A contact for people and programs outside.
struct Contact {
  Jid jid;           ///< bare
  std::string name;  ///< the user's own for it, "" when none
  Subscription subscription = Subscription::None;
  bool requested = false;  ///< our wish to see its presence waits for it
  std::vector<Resource> resources;
  bool online() const noexcept { return !resources.empty(); }
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "io/timer.h"
#include "session/disco.h"
#include "session/peer_features.h"
#include "session/presence.h"

namespace xmppftd {

/// Picks the resource of a peer that a file goes to (or the peer itself, where it is online without
/// one): of those that are available and can do it, the
/// one of the highest priority, then one that confirms deliveries, then the one heard last. Peers
/// that do not see our presence are shown it first, else they need not answer us.
class PeerFinder {
 public:
  static constexpr std::chrono::seconds kFoundWithin{20};
  /// How long a peer whose presence we do not see by subscription has to show itself in return.
  static constexpr std::chrono::seconds kAppearsWithin{5};
  static constexpr std::size_t kMaxAsked = 10;  ///< resources of one peer

  struct Found {
    Jid peer;  ///< as_stamped() by its server; bare for an entity without resources
    PeerFeatures features;
  };
  /// Can a resource with these features be sent the file?
  using CanReach = std::function<bool(const PeerFeatures&)>;
  using Done = Callback<void(Result<Found>)>;
  /// A search under way. Destroying it ends it: `done` is then never called.
  class Search {
   public:
    virtual ~Search() = default;
  };

  /// Outlives its searches.
  PeerFinder(Timers& timers, PresenceList& presence, Disco& disco);

  /// Finds a resource of `peer`, or judges that very one when `peer` is a full JID. `done` comes
  /// once, within 20 s, never before this returns. Errors: PeerOffline (not there, or there and
  /// silent: the words say which); NoSuchPeer (the server says so, and no presence of it is there
  /// to belie that); PeerUnsupported (there, but none that `can_reach`); NotOnline (the session
  /// ended).
  [[nodiscard]] std::unique_ptr<Search> find(const Jid& peer, CanReach can_reach, Done done);

  /// The session ended: so do all searches.
  void session_down();

 private:
  class Running;
  Timers& timers_;
  PresenceList& presence_;
  Disco& disco_;
  std::vector<Running*> running_;
};

}  // namespace xmppftd

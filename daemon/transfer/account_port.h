// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "base/callback.h"
#include "base/result.h"
#include "model/jid.h"
#include "model/job.h"
#include "negotiation/negotiator.h"
#include "session/peer_features.h"

namespace xmppftd {

/// The resource an outgoing job goes to.
struct Route {
  Jid peer;  ///< full
  PeerFeatures features;
};

/// How much of us a peer may see and how much we trust it.
struct PeerTrust {
  bool subscribed = false;      ///< both ways
  bool room_occupant = false;   ///< a nick in a MUC room: may change hands
  bool direct_allowed = true;   ///< by the account's ip_policy
  bool own_proxy_only = false;  ///< ip_policy proxy-only
  bool streams_allowed = true;  ///< false under ip_policy ibb-only: in-band only
};

/// What the queue needs of one account. Implemented by account/account.h; faked in tests.
class AccountPort {
 public:
  virtual ~AccountPort() = default;
  virtual AccountId id() const = 0;
  virtual bool online() const = 0;
  /// Our bare JID.
  virtual Jid jid() const = 0;
  /// Our full JID: of this session, or the one that the next asks for. Bare before there ever was
  /// one.
  virtual Jid self() const = 0;
  /// Finds the best available resource of `peer` (or just that resource, for a full JID) that
  /// `methods` can reach; asks non-contacts with directed presence. `done` comes once, within 20 s,
  /// not before this returns. Errors: NotOnline, PeerOffline (none available now), NoSuchPeer,
  /// PeerUnsupported (online, none can).
  virtual void find_route(const Jid& peer, const std::vector<MethodChoice>& methods,
                          Callback<void(Result<Route>)> done) = 0;
  virtual PeerTrust trust(const Jid& peer) const = 0;
  /// Valid while online.
  virtual Negotiator& negotiator() = 0;
};

/// The accounts there are.
class AccountPorts {
 public:
  virtual ~AccountPorts() = default;
  /// Null when there is no such account.
  virtual AccountPort* find(AccountId id) = 0;
  /// The account that a new job to `peer` uses when the caller names none: one that has the peer as
  /// a contact, else one on the peer's domain, else the first enabled. Null when there is no
  /// account.
  virtual AccountPort* pick_for(const Jid& peer) = 0;
};

}  // namespace xmppftd

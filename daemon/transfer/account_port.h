// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "base/callback.h"
#include "base/result.h"
#include "model/jid.h"
#include "model/job.h"
#include "negotiation/negotiator.h"
#include "session/peer_features.h"

namespace xmppftd {

/// One way to send a file to a peer.
struct Way {
  Negotiator* negotiator;             ///< never null; there as long as the account is
  Jid peer;                           ///< full, but for methods that go to an address alone
  PeerFeatures features;              ///< of it
  std::vector<MethodChoice> methods;  ///< of the negotiator's family, in order of preference
};

/// All the ways to send a file to a peer just now, in the order in which they are to be tried, and
/// why a method is none.
struct SendPlan {
  struct LeftOut {
    MethodChoice method;
    Error why;
  };
  std::vector<Way> ways;  ///< never empty
  std::vector<LeftOut> left_out;
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
  /// How `peer` can be sent a file by `methods`: by the best resource of a bare JID, or by just the
  /// one of a full JID; non-contacts are asked with directed presence. `done` comes once, within
  /// 20 s, not before this returns. Errors, where there is no way: NotOnline, PeerOffline (no
  /// resource is available now), NoSuchPeer, PeerUnsupported (online, none can), and without
  /// looking for the peer Policy (ip_policy allows none of them) and NoCommonMethod (none of
  /// them is one that this xmppftd knows, or the configuration names).
  virtual void plan(const Jid& peer, const std::vector<MethodChoice>& methods,
                    Callback<void(Result<SendPlan>)> done) = 0;
  virtual PeerTrust trust(const Jid& peer) const = 0;
};

/// What an account tells the queue, and the one thing it asks of it. Implemented by the queue.
class AccountEvents {
 public:
  /// A peer of `account` offers a file.
  virtual void on_offer(AccountId account, std::unique_ptr<IncomingOffer> offer) = 0;
  /// A peer takes an offer back. False when nothing is known of it.
  virtual bool on_withdrawn(AccountId account, const Withdrawal& what) = 0;
  /// A peer that could not store files (PeerCannotStore) can again.
  virtual void on_ready(AccountId account, const Jid& peer) = 0;
  /// It went online or offline.
  virtual void account_changed(AccountId account) = 0;
  /// It is about to be destroyed: its jobs that have not ended are cancelled.
  virtual void account_removed(AccountId account) = 0;
  /// Some resource of `bare` came, changed or went.
  virtual void peer_changed(AccountId account, const Jid& bare) = 0;
  /// This resource went: its unanswered offers are withdrawn.
  virtual void peer_gone(AccountId account, const Jid& full) = 0;
  /// Does a rule name this JID literally, or a live job concern it? Then its stanzas are answered.
  virtual bool knows(AccountId account, const Jid& peer) const = 0;

 protected:
  ~AccountEvents() = default;
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

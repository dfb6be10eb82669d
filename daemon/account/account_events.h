// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "model/jid.h"
#include "model/job.h"
#include "negotiation/negotiator.h"

namespace xmppftd {

/// What an account tells the queue, and the one thing it asks of it. app.cpp ties the two together.
class AccountEvents {
 public:
  virtual void on_offer(AccountId account, std::unique_ptr<IncomingOffer> offer) = 0;
  virtual bool on_withdrawn(AccountId account, const Withdrawal& what) = 0;
  virtual void on_online_changed(AccountId account) = 0;
  virtual void on_removed(AccountId account) = 0;
  /// Some resource of `bare` came, changed or went.
  virtual void on_peer_changed(AccountId account, const Jid& bare) = 0;
  virtual void on_peer_gone(AccountId account, const Jid& full) = 0;
  /// Does a live job or a rule concern this JID? Then its stanzas are answered.
  virtual bool knows(AccountId account, const Jid& peer) const = 0;

 protected:
  ~AccountEvents() = default;
};

}  // namespace xmppftd

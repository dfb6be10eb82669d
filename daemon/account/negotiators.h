// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "account/account_world.h"
#include "negotiation/negotiator.h"
#include "session/iq_router.h"
#include "transport/s5b_proxies.h"

namespace xmppftd {

/// What one account agrees on files with, and what carries them: the signalling protocols and their
/// transports. Another protocol is registered here, and its methods in model/method.cpp.
class Negotiators {
 public:
  /// Offers go to `listener`. All of it outlives this.
  Negotiators(const AccountWorld& world, IqRouter& router, S5bProxies& proxies,
              OfferListener& listener);
  ~Negotiators();
  Negotiators(const Negotiators&) = delete;
  Negotiators& operator=(const Negotiators&) = delete;

  const std::vector<Negotiator*>& all() const noexcept { return all_; }
  /// Does this set belong to an offer or a stream of that peer? Those are not flood (ST7).
  bool knows(const Jid& from, const Element& payload) const;
  /// This full JID went offline.
  void peer_gone(const Jid& full);
  /// The session is over, likewise for every peer.
  void session_ended();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::vector<Negotiator*> all_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "io/iq_channel.h"
#include "io/timer.h"
#include "negotiation/negotiator.h"
#include "negotiation/si_sessions.h"
#include "transport/transport.h"

namespace xmppftd {

class SiOutgoing;

/// What every SI negotiation of one account works with; all outlive it.
struct SiWorld {
  IqChannel& iq;
  Timers& timers;
  std::vector<Transport*> transports;  ///< the methods we speak, in our order of preference

  Transport* transport(std::string_view method) const;
};

/// SI file transfer (XEP-0095, XEP-0096) of one account, both ways.
class SiNegotiator final : public Negotiator {
 public:
  SiNegotiator(SiWorld world, OfferListener& listener);
  ~SiNegotiator() override;

  bool can_reach(const PeerFeatures& peer, const std::vector<MethodChoice>& methods) const override;
  bool confirms(const PeerFeatures& peer) const override { return peer.has(kNsConfirm); }
  [[nodiscard]] std::unique_ptr<Negotiation> offer(const Offer& offer, const OfferPlan& plan,
                                                   Negotiation::Handler& handler) override;

  /// This resource went offline: what is being agreed with it has failed; open streams go on.
  void peer_gone(const Jid& full);

 private:
  void on_si(IncomingIq request);
  void on_done(IncomingIq request);

  SiWorld world_;
  OfferListener& listener_;
  std::shared_ptr<SiSessions> sessions_ = std::make_shared<SiSessions>();  // shared with offers, which may outlive us
  std::shared_ptr<std::vector<SiOutgoing*>> outgoing_ = std::make_shared<std::vector<SiOutgoing*>>();  // likewise
};

}  // namespace xmppftd

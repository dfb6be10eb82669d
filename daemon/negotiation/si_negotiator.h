// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "model/namespaces.h"
#include "negotiation/negotiator.h"
#include "negotiation/si_exchange.h"

namespace xmppftd {

/// File transfer by stream initiation (XEP-0095, XEP-0096) over one account, with our own
/// confirmation (xep/confirm.h) where both sides speak it. Lives as long as the account, through
/// its sessions, and outlives every Sending and IncomingOffer that it made.
class SiNegotiator final : public Negotiator {
 public:
  /// Registers for <si/>, <done/>, <withdrawn/> and <ready/> sets. Offers that pass the checks go
  /// to `listener`.
  SiNegotiator(SiWorld world, OfferListener& listener);
  ~SiNegotiator() override;
  SiNegotiator(const SiNegotiator&) = delete;
  SiNegotiator& operator=(const SiNegotiator&) = delete;

  std::string_view family() const override { return kNsSi; }
  bool carries(const Method& method) const override;
  bool confirms(const PeerFeatures& peer) const override;
  /// All that XEP-0096 has.
  HashAlgo offer_hash() const override { return HashAlgo::Md5; }
  std::unique_ptr<Sending> offer(const Offer& offer, const OfferTerms& terms,
                                 Sending::Handler& handler) override;
  void withdraw(const Jid& peer, const std::string& sid) override;
  void say_ready(const Jid& peer) override;
  bool knows(const Jid& from, const Element& payload) const override;
  void peer_gone(const Jid& full) override;
  void session_ended() override;

 private:
  void offered(IncomingIq iq);
  void done_said(IncomingIq iq);
  void withdrawn(IncomingIq iq);
  void lose(const Jid* only, const Error& incoming, const Error& outgoing);

  SiWorld world_;
  OfferListener& listener_;
  std::shared_ptr<SiRegistry> registry_ = std::make_shared<SiRegistry>();
};

}  // namespace xmppftd

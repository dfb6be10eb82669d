// SPDX-License-Identifier: MIT
#include "account/negotiators.h"

#include <algorithm>

#include "negotiation/si_negotiator.h"
#include "transport/ibb_transport.h"
#include "transport/s5b_transport.h"

namespace xmppftd {
namespace {

IbbConfig ibb_config(const Config& config) {
  IbbConfig ibb;
  ibb.block_size = config.ibb.block_size;
  ibb.block_size_xmppftd = config.ibb.block_size_xmppftd;
  return ibb;
}

}  // namespace

/// Members stand in the order of their life: each uses only those above it.
struct Negotiators::Parts {
  Parts(const AccountWorld& world, IqRouter& router, S5bProxies& proxies, OfferListener& listener)
      : s5b({router, world.network, world.bulk, world.timers, world.listener, proxies,
             world.addresses, world.s5b}),
        ibb({router, world.bulk, world.timers, ibb_config(world.config)}),
        si({router, world.timers, in_order(world.config.methods)}, listener) {}

  /// The transports of SI that the configuration names, in its order: what we offer, and which we
  /// choose when offered.
  std::vector<Transport*> in_order(const std::vector<MethodChoice>& choices) {
    std::vector<Transport*> transports;
    for (const auto& choice : choices) {
      const Method* method = find_method(choice.id);
      for (Transport* transport : {static_cast<Transport*>(&s5b), static_cast<Transport*>(&ibb)})
        if (method->family == kNsSi && transport->method() == method->transport &&
            std::find(transports.begin(), transports.end(), transport) == transports.end())
          transports.push_back(transport);
    }
    return transports;
  }

  S5bTransport s5b;
  IbbTransport ibb;
  SiNegotiator si;
};

Negotiators::Negotiators(const AccountWorld& world, IqRouter& router, S5bProxies& proxies,
                         OfferListener& listener)
    : parts_(std::make_unique<Parts>(world, router, proxies, listener)), all_{&parts_->si} {}

Negotiators::~Negotiators() = default;

bool Negotiators::knows(const Jid& from, const Element& payload) const {
  return parts_->ibb.carries(from, payload) || parts_->s5b.expects(from, payload) ||
         std::any_of(all_.begin(), all_.end(),
                     [&](const Negotiator* one) { return one->knows(from, payload); });
}

void Negotiators::peer_gone(const Jid& full) {
  parts_->ibb.peer_gone(full);
  for (auto* one : all_) one->peer_gone(full);
}

void Negotiators::session_ended() {
  parts_->ibb.session_ended();
  for (auto* one : all_) one->session_ended();
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "negotiation/si_negotiator.h"

#include <algorithm>

#include "base/log.h"
#include "negotiation/si_incoming.h"
#include "negotiation/si_outgoing.h"
#include "xep/confirm.h"
#include "xep/namespaces.h"
#include "xep/xep0096_si.h"

namespace xmppftd {
namespace {

constexpr std::string_view kSi = "si";

}  // namespace

Transport* SiWorld::transport(std::string_view method) const {
  for (auto* candidate : transports)
    if (candidate->method() == method) return candidate;
  return nullptr;
}

SiNegotiator::SiNegotiator(SiWorld world, OfferListener& listener) : world_(std::move(world)), listener_(listener) {
  world_.iq.handle(IqType::Set, "si", kNsSi, [this](IncomingIq request) { on_si(std::move(request)); });
  world_.iq.handle(IqType::Set, "done", kNsConfirm, [this](IncomingIq request) { on_done(std::move(request)); });
}

SiNegotiator::~SiNegotiator() = default;

bool SiNegotiator::can_reach(const PeerFeatures& peer, const std::vector<MethodChoice>& methods) const {
  // The profile alone is not enough: some clients show it without SI or without a method (INTEROP section 2).
  if (!peer.has(kNsSi) || !peer.has(kNsSiFile)) return false;
  for (const auto& method : methods)
    for (const auto* transport : world_.transports)
      if (transport->method_id() == method.id && peer.has(transport->method())) return true;
  return false;
}

std::unique_ptr<Negotiation> SiNegotiator::offer(const Offer& offer, const OfferPlan& plan, Negotiation::Handler& handler) {
  return std::make_unique<SiOutgoing>(world_, outgoing_, offer, plan, handler);
}

void SiNegotiator::peer_gone(const Jid& full) {
  const auto all = *outgoing_;  // an answer may end negotiations and begin others
  for (auto* negotiation : all)
    if (std::find(outgoing_->begin(), outgoing_->end(), negotiation) != outgoing_->end()) negotiation->peer_gone(full);
}

void SiNegotiator::on_si(IncomingIq request) {
  auto parsed = SiOffer::parse(request.payload());
  if (!parsed) {
    log::warning(kSi, "an offer of " + log::shy(request.from().str()) + " was refused: " + parsed.error().detail);
    return request.fail(to_stanza_error(parsed.error()));
  }
  // Our own preference decides, never the peer's order (INTEROP s3a).
  Transport* chosen = nullptr;
  for (auto* transport : world_.transports)
    if (std::find(parsed->methods.begin(), parsed->methods.end(), transport->method()) != parsed->methods.end()) {
      chosen = transport;
      break;
    }
  if (chosen == nullptr) return request.fail(to_stanza_error({Errc::NoCommonMethod, ""}));
  const auto self = Jid::parse(request.to().empty() ? world_.iq.self().str() : request.to());
  if (!self) return request.fail(StanzaError::of(Condition::JidMalformed));
  const SiSessions::Key key{request.from().str(), parsed->id};
  if (!sessions_->add(key)) {
    log::warning(kSi, "an offer of " + log::shy(request.from().str()) + " was refused: its sid is in use");
    return request.fail(StanzaError::of(Condition::NotAcceptable, "this sid is in use"));
  }
  auto offer = std::make_unique<SiIncomingOffer>(world_, sessions_, std::move(*parsed), *self, std::move(request));
  listener_.on_offer(std::move(offer));
}

void SiNegotiator::on_done(IncomingIq request) {
  auto done = ConfirmDone::parse(request.payload());
  if (!done) return request.fail(to_stanza_error(done.error()));
  const SiSessions::Key key{request.from().str(), done->sid};
  if (auto* session = sessions_->find(key)) return session->on_done(std::move(request));
  if (sessions_->was_published(key)) return request.reply();
  request.fail(StanzaError::of(Condition::ItemNotFound));
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "negotiation/si_negotiator.h"

#include <algorithm>
#include <cassert>

#include "base/log.h"
#include "model/namespaces.h"
#include "negotiation/si_incoming.h"
#include "negotiation/si_outgoing.h"
#include "xep/confirm.h"

namespace xmppftd {
namespace {

/// The address of ours that the peer means: the SOCKS5 hash wants that one (gabble), where it is
/// our full JID in the spelling of our server, for a proxy has it from there.
Jid own_address(const IncomingIq& iq, const Jid& self) {
  auto written = Jid::parse_stamped(iq.to());
  return written && *written != self ? *std::move(written) : self;
}

}  // namespace

SiNegotiator::SiNegotiator(SiWorld world, OfferListener& listener)
    : world_(std::move(world)), listener_(listener) {
  // Whoever asks what method a transport of ours carries finds it.
  assert(std::all_of(world_.transports.begin(), world_.transports.end(), [](const Transport* one) {
    return find_method(kNsSi, one->method()) != nullptr;
  }));
  world_.iq.handle(IqType::Set, "si", kNsSi, [this](IncomingIq iq) { offered(std::move(iq)); });
  world_.iq.handle(IqType::Set, "done", kNsConfirm,
                   [this](IncomingIq iq) { done_said(std::move(iq)); });
  world_.iq.handle(IqType::Set, "withdrawn", kNsConfirm,
                   [this](IncomingIq iq) { withdrawn(std::move(iq)); });
  world_.iq.handle(IqType::Set, "ready", kNsConfirm, [this](IncomingIq iq) {
    const Jid peer = iq.from();
    iq.reply();
    listener_.on_ready(peer);
  });
}

SiNegotiator::~SiNegotiator() = default;

bool SiNegotiator::carries(const Method& method) const {
  return std::any_of(world_.transports.begin(), world_.transports.end(),
                     [&](const Transport* one) { return one->method() == method.transport; });
}

bool SiNegotiator::confirms(const PeerFeatures& peer) const { return peer.has(kNsConfirm); }

std::unique_ptr<Sending> SiNegotiator::offer(const Offer& offer, const OfferTerms& terms,
                                             Sending::Handler& handler) {
  return std::make_unique<SiOutgoing>(world_, registry_, offer, terms, handler);
}

void SiNegotiator::offered(IncomingIq iq) {
  const SiRegistry::Key key{iq.from(), std::string(iq.payload().attribute_or_empty("id"))};
  if (const auto found = registry_->live.find(key); found != registry_->live.end())
    return found->second->repeated(std::move(iq));
  auto offer = SiOffer::parse(iq.payload());
  if (!offer) {
    // The detail may hold a sid, which no log may.
    log::warning("si", "offer of " + log::shy(iq.from().str()) + ": refused, " +
                           std::string(to_string(offer.error().code)));
    return iq.fail(to_stanza_error(offer.error()));
  }
  const auto known = [&](const Transport* one) {
    const auto& methods = offer->methods;
    return std::find(methods.begin(), methods.end(), one->method()) != methods.end();
  };
  if (std::none_of(world_.transports.begin(), world_.transports.end(), known))
    return iq.fail(to_stanza_error(Error{Errc::NoCommonMethod, ""}));
  Jid self = own_address(iq, world_.iq.self());
  auto exchange =
      std::make_unique<SiExchange>(registry_, std::move(self), std::move(iq), *std::move(offer));
  listener_.on_offer(std::make_unique<SiPendingOffer>(world_, *this, std::move(exchange)));
}

void SiNegotiator::done_said(IncomingIq iq) {
  const SiRegistry::Key key{iq.from(), std::string(iq.payload().attribute_or_empty("sid"))};
  const auto found = registry_->live.find(key);
  if (found != registry_->live.end() && found->second->keeper())
    return found->second->keeper()->done_said(std::move(iq));
  for (const auto& [known, refusal] : registry_->finished) {
    if (known != key) continue;
    return refusal ? iq.fail(*refusal) : iq.reply();
  }
  iq.fail(StanzaError::of(Condition::ItemNotFound));
}

void SiNegotiator::withdraw(const Jid& peer, const std::string& sid) {
  for (auto* one : registry_->outgoing)
    if (one->peer() == peer && one->open_sid() == sid) one->withdrawn();
  tell(world_.iq, peer, ConfirmWithdrawn{sid, false}.build());
}

void SiNegotiator::say_ready(const Jid& peer) {
  tell(world_.iq, peer, Element("ready", std::string(kNsConfirm)));
}

void SiNegotiator::withdrawn(IncomingIq iq) {
  const auto what = ConfirmWithdrawn::parse(iq.payload());
  if (!what) return iq.fail(to_stanza_error(what.error()));
  if (!listener_.on_withdrawn({iq.from(), what->sid, what->again}))
    return iq.fail(StanzaError::of(Condition::ItemNotFound));
  iq.reply();
}

bool SiNegotiator::knows(const Jid& from, const Element& payload) const {
  std::string_view name;
  if (payload.is("si", kNsSi)) name = "id";
  if (payload.xmlns == kNsConfirm) name = "sid";
  if (name.empty()) return false;
  const SiRegistry::Key key{from, std::string(payload.attribute_or_empty(name))};
  return registry_->live.count(key) != 0 ||
         std::any_of(registry_->finished.begin(), registry_->finished.end(),
                     [&](const auto& one) { return one.first == key; });
}

void SiNegotiator::peer_gone(const Jid& full) {
  lose(&full, {Errc::Interrupted, "the sender went offline"},
       {Errc::PeerOffline, "the peer went offline"});
}

void SiNegotiator::session_ended() {
  // What was not answered in this session cannot be answered in another one.
  std::erase_if(registry_->live, [](const auto& entry) { return !entry.second->keeper(); });
  const Error why{Errc::NotOnline, "the XMPP session ended"};
  lose(nullptr, why, why);
}

void SiNegotiator::lose(const Jid* only, const Error& incoming, const Error& outgoing) {
  // Each one told may take others with it.
  std::vector<SiRegistry::Key> keys;
  for (const auto& [key, exchange] : registry_->live)
    if (!only || key.first == *only) keys.push_back(key);
  for (const auto& key : keys)
    if (const auto found = registry_->live.find(key);
        found != registry_->live.end() && found->second->keeper())
      found->second->keeper()->lost(incoming);
  for (auto* one : std::vector<SiOutgoing*>(registry_->outgoing.begin(), registry_->outgoing.end()))
    if (registry_->outgoing.count(one) != 0 && (!only || one->peer() == *only)) one->lost(outgoing);
}

}  // namespace xmppftd

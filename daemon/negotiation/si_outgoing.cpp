// SPDX-License-Identifier: MIT
#include "negotiation/si_outgoing.h"

#include <algorithm>
#include <cassert>

#include "base/bytes.h"
#include "base/log.h"
#include "model/namespaces.h"
#include "transport/refusal.h"

namespace xmppftd {
namespace {

constexpr std::size_t kSidBytes = 16;  // 128 bits: a guessed sid is a SOCKS login

std::string_view name_of(int state) {
  constexpr std::string_view kNames[] = {"Preparing", "AwaitingAnswer", "Opening",
                                         "Moving",    "Confirming",     "Over"};
  return kNames[state];
}

/// Does the peer refuse it because it has the file already?
std::optional<ConfirmDone> already_there(const IqFailure& failure) {
  if (failure.kind != IqFailure::Kind::Refused || !failure.error.application) return std::nullopt;
  const Element& said = *failure.error.application;
  if (!said.is("done", kNsConfirm)) return std::nullopt;
  auto done = ConfirmDone::parse(said);
  if (!done) return std::nullopt;
  return *std::move(done);
}

/// What a refused offer means.
Error offer_error(const IqFailure& failure) {
  Error why = explain(Step::SiOffer, failure);
  if (failure.kind != IqFailure::Kind::Refused || is_peers_disk(why.code)) return why;
  // COMPAT QXmpp: says no more than <bad-request/> when it knows none of our methods.
  if (why.code == Errc::Protocol) why.code = Errc::NoCommonMethod;
  // RFC 6120 section 8.3.2: "wait" is "not now", whatever the condition; a policy is kept to by
  // another file only.
  if (failure.error.type == ErrorType::Wait && why.code != Errc::PeerOffline)
    why.code = Errc::Constraint;
  else if (failure.error.condition == Condition::PolicyViolation)
    why.code = Errc::Declined;
  // COMPAT Openfire: bounces offers that it does not like in the peer's name. The peer never saw
  // it, and who declines says <forbidden/> (XEP-0095 section 3.2).
  if (failure.error.condition == Condition::NotAllowed) why.code = Errc::Protocol;
  return why;
}

}  // namespace

SiOutgoing::SiOutgoing(const SiWorld& world, std::shared_ptr<SiRegistry> registry,
                       const Offer& offer, const OfferTerms& terms, Handler& handler)
    : world_(world),
      registry_(std::move(registry)),
      handler_(handler),
      peer_(offer.peer),
      answer_within_(terms.answer_within) {
  registry_->outgoing.insert(this);
  offer_.file = offer.file;
  offer_.range = offer.ranges;
  offer_.can_confirm = terms.peer.has(kNsConfirm);
  offer_.file_id = offer.file_id;
  collect_methods(terms);
  prepare();
}

SiOutgoing::~SiOutgoing() {
  leave_stream();
  registry_->outgoing.erase(this);
}

void SiOutgoing::set_state(State state) {
  log::debug("si", "offer to " + log::shy(peer_.str()) + ": " +
                       std::string(name_of(static_cast<int>(state_))) + " -> " +
                       std::string(name_of(static_cast<int>(state))));
  state_ = state;
}

void SiOutgoing::collect_methods(const OfferTerms& terms) {
  for (const auto& choice : terms.methods) {
    const auto* method = find_method(choice.id);
    const auto found =
        std::find_if(world_.transports.begin(), world_.transports.end(),
                     [&](const auto* one) { return method && one->method() == method->transport; });
    assert(found != world_.transports.end());
    const bool direct = choice.route != kRouteProxy && terms.direct_allowed;
    const bool proxy = choice.route != kRouteDirect;
    if (!direct && !proxy) continue;
    if (auto* known = find((*found)->method())) {  // by one route, then by the other
      known->terms.direct |= direct;
      known->terms.proxy |= proxy;
      continue;
    }
    StreamTerms stream;
    stream.direct = direct;
    stream.proxy = proxy;
    stream.peer_is_xmppftd = terms.peer.has(kNsConfirm);
    stream.tell = [this](std::string_view what, std::string detail) {
      handler_.on_step(what, std::move(detail));
    };
    methods_.push_back({*found, std::move(stream), choice.id});
  }
  // COMPAT QXmpp, Smack: a SOCKS5 stream of no bytes hangs or grows one.
  if (offer_.file.size == 0 && find(kNsIbb)) keep_in_band_only();
}

void SiOutgoing::keep_in_band_only() {
  std::erase_if(methods_, [](const auto& one) { return one.transport->method() != kNsIbb; });
}

SiOutgoing::StreamMethod* SiOutgoing::find(std::string_view method) {
  const auto found = std::find_if(methods_.begin(), methods_.end(), [&](const auto& one) {
    return one.transport->method() == method;
  });
  return found == methods_.end() ? nullptr : &*found;
}

void SiOutgoing::prepare() {
  if (methods_.empty()) {
    soon_ = world_.timers.after({}, [this] {
      end({Errc::NoCommonMethod,
           "this job may go direct only, and ip_policy does not let this peer see our addresses; "
           "send it by a proxy or in-band"});
    });
    return;
  }
  unprepared_ = methods_.size();
  for (const auto& method : methods_)
    preparations_.push_back(method.transport->prepare(method.terms, [this] {
      if (--unprepared_ == 0) send_offer();
    }));
}

/// What cannot be opened is not offered: the peer would choose it, and the file would not move.
Result<void> SiOutgoing::drop_unusable_methods() {
  Result<void> usable = Error{Errc::NoCommonMethod, "no method is left"};
  method_ = nullptr;
  std::erase_if(methods_, [&](const StreamMethod& method) {
    const auto can = method.transport->can_open(method.terms);
    if (can) return false;
    usable = can;
    handler_.on_step("not offered", method.word + ": " + can.error().detail);
    return true;
  });
  if (!methods_.empty()) return {};
  return usable;
}

void SiOutgoing::send_offer() {
  preparations_.clear();
  if (const auto usable = drop_unusable_methods(); !usable) return end(usable.error());
  set_state(State::AwaitingAnswer);
  offer_.id = random_hex(kSidBytes);
  held_ = offer_.can_confirm;
  awaited_ = false;
  offer_.methods.clear();
  for (const auto& method : methods_) offer_.methods.emplace_back(method.transport->method());
  request_ = world_.iq.request(IqType::Set, peer_, offer_.build(), answer_within_,
                               [this](const IqReply& reply) { answered(reply); });
}

void SiOutgoing::answered(const IqReply& reply) {
  if (const auto* failure = std::get_if<IqFailure>(&reply)) {
    if (failure->kind == IqFailure::Kind::Refused) held_ = false;
    const bool named = offer_.can_confirm && !offer_.file_id.empty();
    if (auto done = already_there(*failure); done && named)
      return completed(Delivery::Confirmed, std::move(done->hash));
    return end(offer_error(*failure));
  }
  const auto answer = SiAnswer::parse(std::get<Element>(reply));
  if (!answer) return end(answer.error());
  const auto range = answer->range_of(offer_);  // also: is the method one that we offered (SI4)?
  if (!range) return end(range.error());
  range_ = *range;
  awaited_ = true;
  agreed_to_confirm_ = offer_.can_confirm && answer->can_confirm;
  StreamMethod& chosen = *find(answer->method);
  handler_.on_step("chosen", chosen.word);
  open(chosen);
  if (!std::exchange(accepted_, true)) handler_.on_accepted();
}

void SiOutgoing::open(StreamMethod& method) {
  set_state(State::Opening);
  method_ = &method;
  attempt_ = method.transport->open(
      {world_.iq.self(), peer_, offer_.id, method.word}, method.terms,
      [this](Result<std::unique_ptr<Carrier>> carrier) { opened(std::move(carrier)); });
}

void SiOutgoing::opened(Result<std::unique_ptr<Carrier>> carrier) {
  if (!carrier) return fall_back(std::move(carrier).error());
  attempt_.reset();
  set_state(State::Moving);
  const bool to_end = range_.end() == offer_.file.size;
  const auto digest = agreed_to_confirm_ && to_end ? std::optional(HashAlgo::Sha256) : std::nullopt;
  handler_.on_carrier(*std::move(carrier), range_, digest);
}

void SiOutgoing::fall_back(Error why) {
  attempt_.reset();
  StreamMethod* in_band = find(kNsIbb);
  if (why.code == Errc::NotOnline || !in_band) return end(std::move(why));
  if (method_ != in_band) {
    fell_back_ = true;
    handler_.on_step("failed", why.detail);
    handler_.on_step("fallback", "in-band, under the same sid");
    return open(*in_band);  // COMPAT Pidgin: waits 30 s for it
  }
  const bool once_more = fell_back_ && why.code == Errc::StreamFailed;
  if (!once_more || std::exchange(offered_again_, true)) return end(std::move(why));
  handler_.on_step("failed", why.detail);
  leave_stream();
  // COMPAT QXmpp: the old one is dead to it
  handler_.on_step("fallback", "a new offer, in-band only");
  keep_in_band_only();
  send_offer();
}

void SiOutgoing::lost(const Error& why) {
  switch (state_) {
    case State::Preparing:
    case State::AwaitingAnswer:
    case State::Opening: return end(why);
    case State::Moving: return;
    case State::Confirming:
      if (confirmation_) confirmation_->peer_gone();
      return;
    case State::Over: return;
  }
}

void SiOutgoing::delivered(const Moved& moved) {
  set_state(State::Confirming);
  if (!agreed_to_confirm_) {
    const auto delivery = moved.acknowledged ? Delivery::Confirmed : Delivery::HandedOver;
    soon_ = world_.timers.after({}, [this, delivery] { completed(delivery, std::nullopt); });
    return;
  }
  confirmation_ = std::make_unique<Confirmation>(
      world_.iq, world_.timers, peer_, ConfirmDone{offer_.id, moved.hash},
      [this, hash = moved.hash](Result<Delivery> how) {
        if (!how) {
          held_ = false;  // it said what became of it, or cannot be told anything
          return end(std::move(how).error());
        }
        if (*how == Delivery::HandedOver)
          handler_.on_step("unconfirmed", "the peer did not say whether it kept the file");
        completed(*how, *how == Delivery::Confirmed ? hash : std::nullopt);
      });
}

std::string SiOutgoing::open_sid() const { return held_ ? offer_.id : ""; }

/// The peer accepted, and this attempt will not deliver: so that it need not wait until it sees
/// that.
void SiOutgoing::leave_stream() {
  if (held_ && awaited_) tell(world_.iq, peer_, ConfirmWithdrawn{offer_.id, true}.build());
}

void SiOutgoing::completed(Delivery delivery, std::optional<Hash> verified) {
  awaited_ = false;
  set_state(State::Over);
  handler_.on_completed(delivery, std::move(verified));  // may destroy us
}

/// Whether the file is offered again is for our owner to say, before it destroys us.
void SiOutgoing::end(Error why) {
  set_state(State::Over);
  preparations_.clear();
  request_.reset();
  attempt_.reset();
  handler_.on_ended(std::move(why));  // may destroy us
}

}  // namespace xmppftd

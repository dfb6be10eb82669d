// SPDX-License-Identifier: MIT
#include "negotiation/si_incoming.h"

#include <algorithm>

#include "base/log.h"
#include "model/namespaces.h"
#include "xep/confirm.h"

namespace xmppftd {
namespace {

/// How an offer is turned down.
StanzaError refusal_for(const Error& why) {
  if (why.code != Errc::Timeout && why.code != Errc::Cancelled) return to_stanza_error(why);
  // "No" to peers that know only yes and no.
  auto refusal = to_stanza_error(Error{Errc::Declined, ""});
  refusal.text = why.code == Errc::Timeout ? "Nobody answered" : "The receiver cancelled this file";
  return refusal;
}

}  // namespace

// ---- SiPendingOffer -----------------------------------------------------------------------------

SiPendingOffer::SiPendingOffer(const SiWorld& world, Negotiator& negotiator,
                               std::unique_ptr<SiExchange> exchange)
    : world_(world),
      negotiator_(negotiator),
      exchange_(std::move(exchange)),
      offer_{exchange_->key().peer,          exchange_->offer().file, exchange_->offer().range,
             exchange_->offer().can_confirm, exchange_->key().sid,    exchange_->offer().file_id} {}

std::unique_ptr<Receiving> SiPendingOffer::accept(const Terms& terms, Receiving::Handler& handler) {
  return std::make_unique<SiIncoming>(world_, std::move(exchange_), terms, handler);
}

void SiPendingOffer::decline(const Error& why) {
  if (exchange_) exchange_->refuse(refusal_for(why));
  exchange_.reset();
}

void SiPendingOffer::have_it(const std::optional<Hash>& hash) {
  auto refusal = StanzaError::of(Condition::Conflict, "This file is here already");
  refusal.application = ConfirmDone{exchange_->key().sid, hash}.build();
  exchange_->refuse(refusal);
  exchange_.reset();
}

// ---- SiIncoming ---------------------------------------------------------------------------------

SiIncoming::SiIncoming(const SiWorld& world, std::unique_ptr<SiExchange> exchange,
                       const IncomingOffer::Terms& terms, Handler& handler)
    : world_(world), handler_(handler), exchange_(std::move(exchange)), range_(terms.range) {
  exchange_->keep(this);
  const auto& offer = exchange_->offer();
  if (!offer.range) range_ = {0, offer.file.known_size()};
  const auto methods = usable_methods(terms.streams_allowed);
  if (methods.empty()) {
    const Error why{Errc::NoCommonMethod, "the sender offers no method that our ip_policy allows"};
    exchange_->refuse(to_stanza_error(why));
    timer_ = world_.timers.after({}, [this, why] { end(why); });
    return;
  }
  StreamTerms stream;
  stream.direct = terms.direct_allowed;
  stream.own_proxy_only = terms.own_proxy_only;
  stream.peer_is_xmppftd = offer.can_confirm;
  stream.tell = [this](std::string_view what, std::string detail) {
    handler_.on_step(what, std::move(detail));
  };
  answer(methods, stream);
}

SiIncoming::~SiIncoming() {
  for (auto& iq : done_asked_) iq.fail(StanzaError::of(Condition::ItemNotFound));
}

void SiIncoming::set_state(State state) {
  constexpr std::string_view kNames[] = {"AwaitingStream", "Moving", "AwaitingDone", "Verifying",
                                         "Over"};
  log::debug("si", "offer of " + log::shy(exchange_->key().peer.str()) + ": " +
                       std::string(kNames[static_cast<int>(state_)]) + " -> " +
                       std::string(kNames[static_cast<int>(state)]));
  state_ = state;
}

/// Of the methods offered, in our own order.
/// COMPAT QXmpp, gloox: list IBB first, and mean nothing by it.
std::vector<Transport*> SiIncoming::usable_methods(bool streams_allowed) const {
  const auto& offer = exchange_->offer();
  std::vector<Transport*> methods;
  for (auto* one : world_.transports) {
    const bool offered =
        std::find(offer.methods.begin(), offer.methods.end(), one->method()) != offer.methods.end();
    const bool allowed = streams_allowed || !find_method(kNsSi, one->method())->shows_address;
    if (offered && allowed) methods.push_back(one);
  }
  // COMPAT QXmpp, Smack: a SOCKS5 stream of no bytes hangs or grows one.
  if (offer.file.size == 0)
    std::stable_partition(methods.begin(), methods.end(),
                          [](const Transport* one) { return one->method() == kNsIbb; });
  return methods;
}

StreamKey SiIncoming::stream_key(const Transport& transport) const {
  auto key = exchange_->key();
  key.method = find_method(kNsSi, transport.method())->word;
  return key;
}

void SiIncoming::answer(const std::vector<Transport*>& methods, const StreamTerms& terms) {
  auto* chosen = methods.front();
  if (chosen->method() != kNsIbb) {
    // COMPAT Pidgin: falls back to IBB under this sid, whether it offered IBB or not.
    for (auto* one : world_.transports)
      if (one->method() == kNsIbb)
        second_ = SecondStream::expect(*one, stream_key(*one), terms,
                                       [this](auto carrier) { second_opened(std::move(carrier)); });
  }
  first_ = chosen->expect(stream_key(*chosen), terms,
                          [this](auto carrier) { opened(std::move(carrier)); });
  timer_ = world_.timers.after(kStreamWithin, [this] {
    end({Errc::Timeout, "the sender did not open the stream that was agreed on"});
  });
  const auto& offer = exchange_->offer();
  SiAnswer answer;
  answer.method = chosen->method();
  answer.can_confirm = offer.can_confirm;
  if (range_.offset != 0) answer.offset = range_.offset;
  if (range_.end() != offer.file.size) answer.length = range_.length;
  exchange_->answer(answer.build());
}

void SiIncoming::opened(Result<std::unique_ptr<Carrier>> carrier) {
  first_.reset();
  if (!carrier) {
    if (!second_.attempt) return end(std::move(carrier).error());
    timer_ = world_.timers.after(StreamSwitch::kSecondWithin,
                                 [this, why = carrier.error()] { end(why); });
    return handler_.on_step("failed", carrier.error().detail);
  }
  if (!second_.attempt) return take(*std::move(carrier));
  take(std::make_unique<StreamSwitch>(world_.timers, *std::move(carrier), std::move(second_)));
}

void SiIncoming::second_opened(Result<std::unique_ptr<Carrier>> carrier) {
  second_.attempt.reset();
  if (!carrier) return;
  first_.reset();
  handler_.on_step("fallback", "in-band, under the same sid");
  take(*std::move(carrier));
}

void SiIncoming::take(std::unique_ptr<Carrier> carrier) {
  timer_.reset();
  set_state(State::Moving);
  const auto& offer = exchange_->offer();
  std::optional<HashAlgo> digest;
  if (range_.end() == offer.file.size) {
    if (offer.can_confirm)
      digest = HashAlgo::Sha256;
    else if (offer.file.hash)
      digest = offer.file.hash->algo;
  }
  handler_.on_carrier(std::move(carrier), range_, digest);
}

void SiIncoming::done_said(IncomingIq iq) {
  const auto done = ConfirmDone::parse(iq.payload());
  if (!done) return iq.fail(to_stanza_error(done.error()));
  if (!exchange_->offer().can_confirm) return iq.fail(StanzaError::of(Condition::ItemNotFound));
  const bool first = done_asked_.empty();
  done_asked_.push_back(std::move(iq));
  if (!first) return;  // asked again by a sender that lost its session
  declared_ = done->hash;
  if (state_ == State::AwaitingDone) declared(declared_);
}

void SiIncoming::delivered(const Moved&) {
  const auto& offer = exchange_->offer();
  set_state(State::AwaitingDone);
  if (!offer.can_confirm) {
    exchange_->leave();  // to the sender it is over
    timer_ = world_.timers.after({}, [this] { declared(exchange_->offer().file.hash); });
  } else if (!done_asked_.empty()) {
    timer_ = world_.timers.after({}, [this] { declared(declared_); });
  } else {
    await_done();
  }
}

void SiIncoming::await_done() {
  const std::chrono::milliseconds within = session_lost_ ? kDoneWithinAway : kDoneWithin;
  timer_ = world_.timers.after(within, [this] {
    end({Errc::Interrupted, "all bytes came, but the sender did not say that they are right"});
  });
}

void SiIncoming::declared(std::optional<Hash> hash) {
  timer_.reset();
  set_state(State::Verifying);
  handler_.on_declared(std::move(hash));
}

void SiIncoming::complete() {
  say_end(std::nullopt);
  timer_ = world_.timers.after({}, [this] { handler_.on_completed(); });
}

void SiIncoming::fail(const Error& why) { say_end(to_stanza_error(why)); }

void SiIncoming::say_end(std::optional<StanzaError> refusal) {
  close();
  if (!exchange_->offer().can_confirm) return;
  for (auto& iq : std::exchange(done_asked_, {})) refusal ? iq.fail(*refusal) : iq.reply();
  exchange_->registry().remember({exchange_->key().peer, exchange_->key().sid}, std::move(refusal));
}

/// Nothing of this exchange will be heard any more.
void SiIncoming::close() {
  set_state(State::Over);
  exchange_->keep(nullptr);
  exchange_->leave();
  first_.reset();
  second_.attempt.reset();
  timer_.reset();
}

void SiIncoming::lost(const Error& why) {
  if (state_ == State::AwaitingStream) return end(why);
  session_lost_ = true;
  if (state_ == State::AwaitingDone && done_asked_.empty()) await_done();
}

void SiIncoming::end(Error why) {
  close();
  handler_.on_ended(std::move(why));  // may destroy us
}

}  // namespace xmppftd

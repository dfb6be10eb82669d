// SPDX-License-Identifier: MIT
#include "negotiation/si_outgoing.h"

#include <algorithm>

#include "xep/confirm.h"
#include "xep/namespaces.h"

namespace xmppftd {
namespace {

/// Which routes of a transport the user's list allows; nothing when the list does not name it.
std::optional<StreamPlan> plan_for(const Transport& transport, const OfferPlan& offer) {
  StreamPlan plan;
  plan.direct = plan.proxy = false;
  bool named = false;
  for (const auto& method : offer.methods) {
    if (method.id != transport.method_id()) continue;
    named = true;
    plan.direct = plan.direct || method.route.empty() || method.route == "direct";
    plan.proxy = plan.proxy || method.route.empty() || method.route == "proxy";
  }
  if (!named) return std::nullopt;
  plan.direct = plan.direct && offer.direct_allowed;
  return plan;
}

/// Where the user's list names a transport first.
std::size_t rank_of(const Transport& transport, const std::vector<MethodChoice>& methods) {
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&](const auto& method) { return method.id == transport.method_id(); });
  return static_cast<std::size_t>(found - methods.begin());
}

}  // namespace

SiOutgoing::SiOutgoing(const SiWorld& world, Running running, const Offer& offer, const OfferPlan& plan, Handler& handler)
    : world_(world),
      running_(std::move(running)),
      offer_(offer),
      plan_(plan),
      handler_(handler),
      later_(world.timers) {
  running_->push_back(this);
  for (auto* transport : world_.transports) {
    auto stream = plan_for(*transport, plan_);
    if (!stream || !plan_.peer.has(transport->method())) continue;
    stream->peer_is_xmppftd = plan_.peer.has(kNsConfirm);
    stream->tell = [this](std::string_view what, std::string detail) { handler_.on_step(what, std::move(detail)); };
    methods_.push_back({transport, std::move(*stream)});
  }
  std::stable_sort(methods_.begin(), methods_.end(), [&](const Method& a, const Method& b) {
    return rank_of(*a.transport, plan_.methods) < rank_of(*b.transport, plan_.methods);
  });
  si_.file = offer_.file;
  si_.range = offer_.ranges;
  si_.can_confirm = plan_.peer.has(kNsConfirm);
  later_.run([this] {
    if (methods_.empty()) return end({Errc::NoCommonMethod, "the peer speaks none of the methods allowed for this job"});
    prepare(0);
  });
}

SiOutgoing::~SiOutgoing() { std::erase(*running_, this); }

// The stream must be offered within 5 s of the answer or Smack gives up, so proxies are looked up before the offer.
void SiOutgoing::prepare(std::size_t next) {
  if (next == methods_.size()) {
    for (const auto& method : methods_) si_.methods.emplace_back(method.transport->method());
    return send_offer();
  }
  attempt_ = methods_[next].transport->prepare(methods_[next].plan, [this, next] { prepare(next + 1); });
}

void SiOutgoing::send_offer() {
  attempt_.reset();
  state_ = State::AwaitingAnswer;
  si_.id = random_hex(16);  // 128 bits: a guessed sid would be a SOCKS login
  std::string names;
  for (const auto& method : methods_) {
    if (std::find(si_.methods.begin(), si_.methods.end(), method.transport->method()) == si_.methods.end()) continue;
    names += (names.empty() ? "" : ", ") + std::string(method.transport->method_id());
  }
  handler_.on_step("offered", "to " + offer_.peer.str() + ", by " + names);
  request_ = world_.iq.request(IqType::Set, offer_.peer, si_.build(), plan_.answer_within,
                               [this](IqReply reply) { on_answer(reply); });
}

void SiOutgoing::on_answer(const IqReply& reply) {
  request_.reset();
  if (const auto* failure = std::get_if<IqFailure>(&reply)) return end(failure->to_error("the offer"));
  const auto answer = SiAnswer::parse(std::get<Element>(reply));
  if (!answer) return end(answer.error());
  const auto range = answer->range_of(si_);
  if (!range) return end(range.error());
  auto* method = find(answer->method);
  if (method == nullptr) return end({Errc::Protocol, "the peer chose a method that was not offered"});
  range_ = *range;
  confirms_ = si_.can_confirm && answer->can_confirm;
  handler_.on_step("accepted", "by " + std::string(method->transport->method_id()));
  open(*method);
  if (!offered_again_) handler_.on_accepted();
}

void SiOutgoing::open(Method& method) {
  state_ = State::Opening;
  in_use_ = method.transport->method();
  // The `from` that the server stamps on our stanzas is what the peer hashes.
  const StreamKey key{world_.iq.self(), offer_.peer, si_.id};
  attempt_ = method.transport->open(key, method.plan, [this](Result<std::unique_ptr<Carrier>> opened) {
    if (!opened) return on_open_failed(opened.error());
    attempt_.reset();
    state_ = State::Moving;
    const auto digest = confirms_ ? std::optional(HashAlgo::Sha256) : std::nullopt;
    handler_.on_carrier(std::move(*opened), range_, digest);
  });
}

bool SiOutgoing::may_fall_back() const {
  return std::any_of(methods_.begin(), methods_.end(), [](const auto& m) { return m.transport->method() == kNsIbb; });
}

void SiOutgoing::on_open_failed(const Error& why) {
  handler_.on_step("failed", why.detail);
  const bool session_lost = why.code == Errc::NotOnline || why.code == Errc::PeerOffline;
  if (session_lost || !may_fall_back() || offered_again_) return end(why);
  if (!fell_back_ && in_use_ == kNsBytestreams) {
    fell_back_ = true;
    handler_.on_step("fallback", "IBB with the same sid");
    return open(*find(kNsIbb));
  }
  if (!fell_back_) return end(why);
  offered_again_ = true;
  handler_.on_step("fallback", "a new offer with IBB alone");
  si_.methods = {std::string(kNsIbb)};
  send_offer();
}

void SiOutgoing::delivered(const Moved& moved) {
  state_ = State::Confirming;
  const bool whole = range_.offset == 0 && range_.length == offer_.file.size;
  if (whole) content_ = moved.hash;
  if (!confirms_) {
    // Of S5B nobody tells whether the last bytes reached the peer's program.
    const auto delivery = moved.acknowledged ? Delivery::Confirmed : Delivery::HandedOver;
    return later_.run([this, delivery] { finish(delivery); });
  }
  confirm();
}

void SiOutgoing::confirm() {
  ++asked_;
  request_ = world_.iq.request(IqType::Set, offer_.peer, ConfirmDone{si_.id, content_}.build(), kConfirmWithin,
                               [this](IqReply reply) { on_confirmed(reply); });
}

void SiOutgoing::on_confirmed(const IqReply& reply) {
  request_.reset();
  const auto* failure = std::get_if<IqFailure>(&reply);
  if (failure == nullptr) return finish(Delivery::Confirmed);
  switch (failure->kind) {
    case IqFailure::Kind::Refused: {
      auto why = failure->to_error("the confirmation");
      // Neither a full disk nor a forgotten session there says that the bytes were wrong: offer again.
      if (why.code != Errc::HashMismatch) why.code = Errc::Interrupted;
      return end(std::move(why));
    }
    case IqFailure::Kind::Disconnected:
      if (asked_ <= kAskAgain) {
        ask_again_ = world_.timers.after(kAskAgainAfter, [this] { confirm(); });
        return;
      }
      break;
    case IqFailure::Kind::Timeout: break;
  }
  handler_.on_step("unconfirmed", "the peer has all bytes, but did not say whether it kept them");
  finish(Delivery::HandedOver);
}

void SiOutgoing::fail(const Error& why) { later_.run([this, why] { end(why); }); }

void SiOutgoing::peer_gone(const Jid& full) {
  // An open stream is its own witness; only agreements need the peer's session.
  if (full != offer_.peer || state_ == State::Moving || state_ == State::Ended) return;
  if (state_ == State::Confirming) return;
  end({Errc::PeerOffline, full.str() + " went offline"});
}

void SiOutgoing::finish(Delivery delivery) {
  state_ = State::Ended;
  handler_.on_completed(delivery, content_);
}

void SiOutgoing::end(Error why) {
  state_ = State::Ended;
  attempt_.reset();
  request_.reset();
  handler_.on_ended(std::move(why));
}

SiOutgoing::Method* SiOutgoing::find(std::string_view method) {
  for (auto& candidate : methods_)
    if (candidate.transport->method() == method) return &candidate;
  return nullptr;
}

}  // namespace xmppftd

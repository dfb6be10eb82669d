// SPDX-License-Identifier: MIT
#include "negotiation/si_incoming.h"

#include <algorithm>

#include "xep/confirm.h"
#include "xep/namespaces.h"

namespace xmppftd {

SiIncomingOffer::SiIncomingOffer(const SiWorld& world, std::shared_ptr<SiSessions> sessions, SiOffer si, Jid self,
                                 IncomingIq request)
    : world_(world),
      sessions_(std::move(sessions)),
      si_(std::move(si)),
      self_(std::move(self)),
      offer_{request.from(), si_.file, si_.range},
      request_(std::move(request)) {}

SiIncomingOffer::~SiIncomingOffer() {
  if (request_) decline({Errc::Declined, ""});
}

std::unique_ptr<Negotiation> SiIncomingOffer::accept(const Terms& terms, Negotiation::Handler& handler) {
  // What we chose, and IBB behind it whether it was offered or not: Pidgin falls back to it without saying so before.
  std::vector<Transport*> methods;
  for (auto* transport : world_.transports) {
    const bool offered = std::find(si_.methods.begin(), si_.methods.end(), transport->method()) != si_.methods.end();
    const bool allowed = terms.streams_allowed || transport->method() == kNsIbb;
    if (methods.empty() ? offered && allowed : transport->method() == kNsIbb) methods.push_back(transport);
  }
  IncomingIq request = std::move(*request_);
  request_.reset();
  const StreamKey key{self_, offer_.peer, si_.id};
  if (methods.empty()) {
    // Only ip_policy can have taken the last common method away.
    request.fail(to_stanza_error({Errc::NoCommonMethod, ""}));
    return std::make_unique<SiIncoming>(world_, sessions_, si_, key, methods, terms, handler);
  }
  // First listen, then answer: the peer's stream may come at once.
  auto negotiation = std::make_unique<SiIncoming>(world_, sessions_, si_, key, methods, terms, handler);
  SiAnswer answer;
  answer.method = methods.front()->method();
  answer.can_confirm = si_.can_confirm;
  if (terms.range.offset > 0) answer.offset = terms.range.offset;
  if (terms.range.end() != si_.file.size) answer.length = terms.range.length;
  request.reply(answer.build());
  return negotiation;
}

void SiIncomingOffer::decline(const Error& why) {
  request_->fail(to_stanza_error(why));
  request_.reset();
  sessions_->remove({offer_.peer.str(), si_.id});
}

SiIncoming::SiIncoming(const SiWorld& world, std::shared_ptr<SiSessions> sessions, SiOffer si, const StreamKey& key,
                       const std::vector<Transport*>& methods, const IncomingOffer::Terms& terms, Handler& handler)
    : world_(world),
      sessions_(std::move(sessions)),
      si_(std::move(si)),
      range_(terms.range),
      key_{key.peer.str(), key.sid},
      handler_(handler),
      later_(world.timers) {
  sessions_->set(key_, this);
  for (auto* transport : methods) expected_.push_back({transport, nullptr});
  for (auto* transport : methods) expect(*transport, key, terms);
  if (methods.empty())
    later_.run([this] { handler_.on_ended({Errc::NoCommonMethod, "ip_policy allows none of the methods offered"}); });
}

SiIncoming::~SiIncoming() {
  if (done_) done_->fail(to_stanza_error({Errc::Interrupted, ""}));
  sessions_->remove(key_);
}

void SiIncoming::expect(Transport& transport, const StreamKey& key, const IncomingOffer::Terms& terms) {
  StreamPlan plan;
  plan.direct = terms.direct_allowed;
  plan.own_proxy_only = terms.own_proxy_only;
  plan.peer_is_xmppftd = si_.can_confirm;
  plan.tell = [this](std::string_view what, std::string detail) { handler_.on_step(what, std::move(detail)); };
  auto attempt = transport.expect(key, plan, [this, &transport](Result<std::unique_ptr<Carrier>> opened) {
    on_opened(transport, std::move(opened));
  });
  for (auto& expectation : expected_)
    if (expectation.transport == &transport) expectation.attempt = std::move(attempt);
}

void SiIncoming::on_opened(Transport& transport, Result<std::unique_ptr<Carrier>> opened) {
  if (opened) {
    // The others are void now; their attempts must not outlive this call's decision.
    expected_.clear();
    timer_.reset();
    return handler_.on_carrier(std::move(*opened), range_, digest());
  }
  const Error why = opened.error();
  handler_.on_step("failed", why.detail);
  std::erase_if(expected_, [&](const auto& expectation) { return expectation.transport == &transport; });
  if (expected_.empty()) return handler_.on_ended(why);
  timer_ = world_.timers.after(kFallbackWithin, [this, why] {
    expected_.clear();
    handler_.on_ended(why);
  });
}

/// Only what somebody will compare is computed.
std::optional<HashAlgo> SiIncoming::digest() const {
  if (si_.can_confirm) return HashAlgo::Sha256;
  if (si_.file.hash && range_ == ByteRange{0, si_.file.size}) return si_.file.hash->algo;
  return std::nullopt;
}

void SiIncoming::delivered(const Moved&) {
  delivered_ = true;
  if (!si_.can_confirm) return tell_declared(si_.file.hash);
  if (done_) return tell_declared(word_);
  timer_ = world_.timers.after(kWordWithin, [this] {
    timer_.reset();
    handler_.on_step("unconfirmed", "the sender never asked whether the file arrived");
    tell_declared(si_.file.hash);
  });
}

void SiIncoming::on_done(IncomingIq request) {
  auto parsed = ConfirmDone::parse(request.payload());
  done_ = std::move(request);  // an earlier one was lost with its session: its answer goes nowhere
  if (parsed) word_ = parsed->hash;
  if (!delivered_ || told_) return;
  timer_.reset();
  tell_declared(word_);
}

void SiIncoming::tell_declared(std::optional<Hash> declared) {
  told_ = true;
  later_.run([this, declared = std::move(declared)] { handler_.on_declared(declared); });
}

void SiIncoming::complete() {
  sessions_->remember_published(key_);
  if (done_) done_->reply();
  done_.reset();
  later_.run([this] { handler_.on_completed(Delivery::HandedOver, std::nullopt); });
}

void SiIncoming::fail(const Error& why) {
  if (done_) done_->fail(to_stanza_error(why));
  done_.reset();
  later_.run([this, why] { handler_.on_ended(why); });
}

}  // namespace xmppftd

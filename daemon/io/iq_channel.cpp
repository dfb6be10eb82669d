// SPDX-License-Identifier: MIT
#include "io/iq_channel.h"

#include <cassert>
#include <utility>

namespace xmppftd {

Error IqFailure::to_error(std::string_view what) const {
  switch (kind) {
    case Kind::Refused: return xmppftd::to_error(error, what);
    case Kind::Timeout: return {Errc::Timeout, std::string(what) + ": no answer in time"};
    case Kind::Disconnected:
      return {Errc::NotOnline, std::string(what) + ": the session ended first"};
  }
  return {Errc::Internal, std::string(what)};
}

IncomingIq::IncomingIq(Iq request, Jid from, std::weak_ptr<Responder*> responder)
    : request_(std::move(request)), from_(std::move(from)), responder_(std::move(responder)) {
  assert(request_.payload);
}

IncomingIq::IncomingIq(IncomingIq&& other) noexcept
    : request_(std::move(other.request_)),
      from_(std::move(other.from_)),
      responder_(std::move(other.responder_)),
      answered_(std::exchange(other.answered_, true)) {}

IncomingIq& IncomingIq::operator=(IncomingIq&& other) noexcept {
  if (this == &other) return *this;
  if (!answered_) fail(StanzaError::of(Condition::InternalServerError));
  request_ = std::move(other.request_);
  from_ = std::move(other.from_);
  responder_ = std::move(other.responder_);
  answered_ = std::exchange(other.answered_, true);
  return *this;
}

IncomingIq::~IncomingIq() {
  if (!answered_) fail(StanzaError::of(Condition::InternalServerError));
}

void IncomingIq::reply() {
  Iq result;
  result.type = IqType::Result;
  answer(std::move(result));
}

void IncomingIq::reply(Element payload) {
  Iq result;
  result.type = IqType::Result;
  result.payload = std::move(payload);
  answer(std::move(result));
}

void IncomingIq::fail(StanzaError error) {
  Iq refusal;
  refusal.type = IqType::Error;
  refusal.error = std::move(error);
  answer(std::move(refusal));
}

void IncomingIq::answer(Iq stanza) {
  assert(!answered_ && "an IQ is answered exactly once");
  if (std::exchange(answered_, true)) return;
  stanza.id = request_.id;
  stanza.to = request_.from;
  if (const auto responder = responder_.lock(); responder && *responder)
    (*responder)->respond(*this, std::move(stanza));
}

}  // namespace xmppftd

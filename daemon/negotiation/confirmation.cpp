// SPDX-License-Identifier: MIT
#include "negotiation/confirmation.h"

#include <string>
#include <utility>

#include "transport/refusal.h"

namespace xmppftd {

Confirmation::Confirmation(IqChannel& iq, Timers& timers, Jid peer, ConfirmDone what, Done done)
    : iq_(iq),
      timers_(timers),
      peer_(std::move(peer)),
      what_(what.build()),
      done_(std::move(done)) {
  ask();
}

void Confirmation::peer_gone() {
  request_.reset();
  if (!timer_) ask_again("the peer went offline");
}

void Confirmation::ask() {
  timer_.reset();
  request_ = iq_.request(IqType::Set, peer_, what_, kAnswerWithin,
                         [this](const IqReply& reply) { answered(reply); });
}

void Confirmation::answered(const IqReply& reply) {
  const auto* failure = std::get_if<IqFailure>(&reply);
  if (!failure) return finish(Delivery::Confirmed);
  Error why = explain(Step::Confirmation, *failure);
  if (failure->kind == IqFailure::Kind::Disconnected || why.code == Errc::PeerOffline)
    return ask_again(why.detail);
  if (failure->kind == IqFailure::Kind::Timeout) {
    // A question that was lost on its way cost the file: the receiver gave up long ago, and says
    // so.
    if (!std::exchange(asked_twice_, true)) return ask();
    return finish(Delivery::HandedOver);
  }
  // A session that it forgot, say, does not mean that the bytes were wrong.
  if (why.code != Errc::HashMismatch && !is_peers_disk(why.code)) why.code = Errc::Interrupted;
  finish(std::move(why));
}

void Confirmation::ask_again(const std::string& why) {
  if (!unreachable_since_) unreachable_since_ = timers_.now();
  if (timers_.now() - *unreachable_since_ >= kUnreachableFor)
    return finish(
        Error{Errc::Interrupted, "all bytes were sent, but the peer cannot be asked: " + why});
  timer_ = timers_.after(kAskAgainAfter, [this] { ask(); });
}

void Confirmation::finish(Result<Delivery> how) {
  auto done = std::move(done_);
  done(std::move(how));  // may destroy us
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "session/keepalive.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "xep/xep0199_ping.h"

namespace xmppftd {

Keepalive::Keepalive(IqChannel& iq, Timers& timers, std::function<void()> on_dead)
    : iq_(iq), timers_(timers), on_dead_(std::move(on_dead)) {
  iq_.handle(IqType::Get, "ping", kNsPing, [](IncomingIq request) { request.reply(); });
}

void Keepalive::start() {
  up_ = true;
  sent();
  wait();
}

void Keepalive::stop(bool cut) {
  rest();
  if (!std::exchange(up_, false) || !cut) return;
  learn(std::chrono::duration_cast<std::chrono::milliseconds>(timers_.now() - sent_at_));
}

void Keepalive::learn(std::chrono::milliseconds idleness) {
  // What lasted longer than our pings are apart ended for another reason.
  if (idleness < kShortestIdleness || idleness > kInterval + kReplyWithin) return;
  const auto difference = std::chrono::abs(idleness - fatal_);
  sure_ = sure_ || difference < fatal_ / 8;
  fatal_ = idleness;
  interval_ = std::min(interval_, idleness * 2 / 3);
  learnt_at_ = timers_.now();
  log::info("session", "a session was cut after " + std::to_string(idleness.count() / 1000) +
                           " s of idleness: pings every " +
                           std::to_string(interval_.count() / 1000) + " s from now on");
}

void Keepalive::rest() {
  timer_.reset();
  request_.reset();
}

void Keepalive::wait() {
  request_.reset();
  if (!sure_ && timers_.now() - learnt_at_ >= kBelieve) interval_ = kInterval;
  timer_ = timers_.after(interval_, [this] { ping(kReplyWithin); });
}

void Keepalive::probe() {
  if (up_) ping(kProbeWithin);
}

void Keepalive::ping(std::chrono::milliseconds within) {
  timer_.reset();
  heard_ = false;
  request_ = iq_.request(IqType::Get, iq_.self().domain_jid(), build_ping(), within,
                         [this](IqReply reply) {
                           const auto* failure = std::get_if<IqFailure>(&reply);
                           if (!failure || failure->kind == IqFailure::Kind::Refused)
                             return wait();  // an error is a sign of life, too
                           // A server that reads us at 3 kB/s has not come to the ping yet.
                           const bool late = failure->kind == IqFailure::Kind::Timeout;
                           if (late && heard_) return wait();
                           rest();
                           if (!late) return;
                           log::warning("session", "the server left a ping unanswered");
                           on_dead_();
                         });
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "session/keepalive.h"

#include "base/log.h"
#include "xep/xep0199_ping.h"

namespace xmppftd {

Keepalive::Keepalive(IqChannel& iq, Timers& timers, std::function<void()> on_dead)
    : iq_(iq), timers_(timers), on_dead_(std::move(on_dead)) {
  iq_.handle(IqType::Get, "ping", kNsPing, [](IncomingIq request) { request.reply(); });
}

void Keepalive::start() { wait(); }

void Keepalive::stop() {
  timer_.reset();
  request_.reset();
}

void Keepalive::wait() {
  request_.reset();
  timer_ = timers_.after(kInterval, [this] { ping(); });
}

void Keepalive::ping() {
  timer_.reset();
  heard_ = false;
  request_ = iq_.request(IqType::Get, iq_.self().domain_jid(), build_ping(), kReplyWithin,
                         [this](IqReply reply) {
                           const auto* failure = std::get_if<IqFailure>(&reply);
                           if (!failure || failure->kind == IqFailure::Kind::Refused)
                             return wait();  // an error is a sign of life, too
                           // A server that reads us at 3 kB/s has not come to the ping yet.
                           const bool late = failure->kind == IqFailure::Kind::Timeout;
                           if (late && heard_) return wait();
                           stop();
                           if (!late) return;
                           log::warning("session", "the server left a ping unanswered");
                           on_dead_();
                         });
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "transport/server_limit.h"

#include <algorithm>

#include "xep/xep0199_ping.h"

namespace xmppftd {
namespace {

constexpr std::chrono::seconds kReplyWithin{60};  // behind the blocks of several streams
constexpr int kManyTimes = 3;  // the round trip of an idle stream

}  // namespace

ServerLimit::ServerLimit(IqChannel& iq, Timers& timers, std::chrono::milliseconds round_trip,
                         std::function<void(std::uint64_t)> found)
    : iq_(iq), timers_(timers), round_trip_(round_trip), found_(std::move(found)) {
  wait();
}

void ServerLimit::wait() {
  ping_.reset();
  timer_ = timers_.after(kLookEvery, [this] { look(); });
}

void ServerLimit::look() {
  const auto rate = (delivered_ - looked_at_) / static_cast<std::uint64_t>(kLookEvery.count());
  looked_at_ = delivered_;
  if (rate == 0 || rate > kSlow) return wait();  // at a standstill there is no rate to tell
  const auto asked = timers_.now();
  ping_ = iq_.request(IqType::Get, iq_.self().domain_jid(), build_ping(), kReplyWithin, [this, asked, rate](IqReply reply) {
    const auto* failure = std::get_if<IqFailure>(&reply);
    if (failure != nullptr && failure->kind != IqFailure::Kind::Refused) return wait();
    judge(std::chrono::duration_cast<std::chrono::milliseconds>(timers_.now() - asked), rate);
  });
}

void ServerLimit::judge(std::chrono::milliseconds delay, std::uint64_t rate) {
  if (delay < std::max(kLeastDelay, round_trip_ * kManyTimes)) {
    looked_at_ = delivered_;
    return wait();
  }
  ping_.reset();
  const auto found = std::move(found_);
  found(rate);  // may destroy us
}

}  // namespace xmppftd

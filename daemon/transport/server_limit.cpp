// SPDX-License-Identifier: MIT
#include "transport/server_limit.h"

#include <algorithm>

#include "xep/xep0199_ping.h"

namespace xmppftd {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kReplyWithin{60};  // behind the blocks of several streams
constexpr int kManyTimes = 3;                     // the quickest round trip

}  // namespace

void ServerLimit::add(Stream& stream) {
  streams_.emplace(&stream, false);
  if (streams_.size() == 1) wait();
}

void ServerLimit::remove(Stream& stream) {
  if (streams_.erase(&stream) == 0 || !streams_.empty()) return;
  timer_.reset();
  ping_.reset();
  quickest_.reset();
  found_ = false;
}

void ServerLimit::round_trip(milliseconds took) {
  quickest_ = std::min(quickest_.value_or(took), took);
}

void ServerLimit::wait() {
  ping_.reset();
  delivered_ = 0;
  since_ = timers_.now();
  timer_ = timers_.after(kLookEvery, [this] { look(); });
}

void ServerLimit::look() {
  const auto passed =
      static_cast<std::uint64_t>(duration_cast<milliseconds>(timers_.now() - since_).count());
  const auto rate = delivered_ * 1000 / std::max<std::uint64_t>(passed, 1);
  if (rate > kSlow) found_ = false;
  if (rate == 0 || rate > kSlow) return wait();  // at a standstill there is no rate to tell
  if (found_) {
    wait();
    return tell(rate);
  }
  ping_ = iq_.request(IqType::Get, iq_.self().domain_jid(), build_ping(), kReplyWithin,
                      [this, asked = timers_.now(), rate](IqReply reply) {
                        const auto* failure = std::get_if<IqFailure>(&reply);
                        if (failure != nullptr && failure->kind != IqFailure::Kind::Refused)
                          return wait();
                        compare(duration_cast<milliseconds>(timers_.now() - asked), rate);
                      });
}

void ServerLimit::compare(milliseconds delay, std::uint64_t rate) {
  found_ = delay >= std::max(kLeastDelay, quickest_.value_or(milliseconds(0)) * kManyTimes);
  round_trip(delay);
  wait();
  if (found_) tell(rate);
}

void ServerLimit::tell(std::uint64_t rate) {
  for (;;) {  // from the start each time: whoever is told may end others
    const auto next = std::find_if(streams_.begin(), streams_.end(),
                                   [](const auto& entry) { return !entry.second; });
    if (next == streams_.end()) return;
    next->second = true;
    next->first->on_server_limit(rate);
  }
}

}  // namespace xmppftd

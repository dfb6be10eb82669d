// SPDX-License-Identifier: MIT
#include "session/second_look.h"

#include <algorithm>
#include <utility>

namespace xmppftd {

SecondLook::SecondLook(Timers& timers, std::function<void(const Jid&)> look)
    : timers_(timers), look_(std::move(look)) {}

void SecondLook::unanswered(const Jid& bare) {
  if (peers_.size() >= kMaxPeers && peers_.count(bare) == 0) return;
  auto& peer = peers_[bare];
  peer.since = timers_.now();
  peer.timer = timers_.after(peer.next, [this, bare] { look(bare); });
  peer.next = std::min<std::chrono::milliseconds>(2 * peer.next, kLongest);
}

void SecondLook::heard(const Jid& bare) {
  const auto found = peers_.find(bare);
  if (found == peers_.end() || !found->second.timer) return;
  if (timers_.now() - found->second.since >= kNoSooner) look(bare);
}

void SecondLook::look(const Jid& bare) {
  const Jid peer = bare;  // which may be the timer's own
  peers_[peer].timer.reset();
  look_(peer);
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>

#include "io/timer.h"
#include "model/jid.h"

namespace xmppftd {

/// Peers that are online, but did not say what they can do (a phone asleep). They are looked at
/// again as soon as they are heard of, else after 15 s, 30 s and so on up to 10 minutes.
class SecondLook {
 public:
  static constexpr std::chrono::seconds kFirst{15};
  static constexpr std::chrono::minutes kLongest{10};
  /// after the look before, however much is heard
  static constexpr std::chrono::seconds kNoSooner{5};
  static constexpr std::size_t kMaxPeers = 1000;  ///< of others nothing is remembered

  /// `look` is told whom to look at: a bare JID.
  SecondLook(Timers& timers, std::function<void(const Jid& bare)> look);

  /// It was asked and did not answer.
  void unanswered(const Jid& bare);
  /// It did, or it is not there any more.
  void settled(const Jid& bare) { peers_.erase(bare); }
  /// A stanza of it arrived.
  void heard(const Jid& bare);
  /// Nobody is remembered: stanzas need not be looked at.
  bool idle() const noexcept { return peers_.empty(); }
  void session_down() { peers_.clear(); }

 private:
  struct Peer {
    std::chrono::milliseconds next = kFirst;
    std::unique_ptr<Timer> timer;       // null while it is looked at
    Timers::Clock::time_point since{};  // of the last answer that was none
  };

  void look(const Jid& bare);

  Timers& timers_;
  std::function<void(const Jid&)> look_;
  std::map<Jid, Peer> peers_;  // by bare JID
};

}  // namespace xmppftd

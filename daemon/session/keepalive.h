// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "io/iq_channel.h"
#include "io/timer.h"

namespace xmppftd {

/// XMPP Ping (XEP-0199), both ways: answers those who may ask, and asks our server now and then
/// whether the session still lives. One ping every three minutes is all that an idle account does:
/// a connection that died is noticed by TCP itself within 90 s (strophe/stream.cpp), this finds a
/// server that hangs.
///
/// Some servers, and boxes on the way, cut a session from which nothing came for a while. Nobody
/// says for how long: a session that ended in idleness tells it, and from then on pings come well
/// before. A server that merely went down at such a moment looks the same, so after an hour the old
/// pace is tried again, unless two sessions ended after the same idleness.
class Keepalive {
 public:
  static constexpr std::chrono::seconds kInterval{180};
  static constexpr std::chrono::seconds kReplyWithin{30};
  static constexpr std::chrono::seconds kProbeWithin{3};
  static constexpr std::chrono::seconds kShortestIdleness{6};  ///< that is taken for a limit
  static constexpr std::chrono::hours kBelieve{1};

  /// `on_dead` is called, at most once a session, when the server left a ping unanswered and said
  /// nothing else meanwhile: reconnect.
  Keepalive(IqChannel& iq, Timers& timers, std::function<void()> on_dead);

  void start();  ///< the session is up
  /// The session ended; `cut`: neither by us nor with a reason.
  void stop(bool cut);
  /// There is reason to doubt that the session lives: asks at once, and waits less.
  void probe();
  /// A stanza arrived: whatever the answer to the ping stands behind, the session lives.
  void heard() { heard_ = true; }
  /// A stanza went out.
  void sent() { sent_at_ = timers_.now(); }

 private:
  void wait();
  void ping(std::chrono::milliseconds within);
  void rest();
  void learn(std::chrono::milliseconds idleness);

  IqChannel& iq_;
  Timers& timers_;
  std::function<void()> on_dead_;
  std::unique_ptr<Timer> timer_;        // runs between pings
  std::unique_ptr<IqRequest> request_;  // runs during one
  bool heard_ = false;                  // since the last ping went out
  bool up_ = false;
  Timers::Clock::time_point sent_at_{};
  std::chrono::milliseconds interval_ = kInterval;
  std::chrono::milliseconds fatal_{0};  // the idleness that the last cut session had, 0 = none
  bool sure_ = false;                   // two had the same
  Timers::Clock::time_point learnt_at_{};
};

}  // namespace xmppftd

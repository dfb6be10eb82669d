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
class Keepalive {
 public:
  static constexpr std::chrono::seconds kInterval{180};
  static constexpr std::chrono::seconds kReplyWithin{30};

  /// `on_dead` is called, at most once a session, when the server left a ping unanswered and said nothing
  /// else meanwhile: reconnect.
  Keepalive(IqChannel& iq, Timers& timers, std::function<void()> on_dead);

  void start();  ///< the session is up
  void stop();   ///< the session ended
  /// A stanza arrived: whatever the answer to the ping stands behind, the session lives.
  void heard() { heard_ = true; }

 private:
  void wait();
  void ping();

  IqChannel& iq_;
  Timers& timers_;
  std::function<void()> on_dead_;
  std::unique_ptr<Timer> timer_;        // runs between pings
  std::unique_ptr<IqRequest> request_;  // runs during one
  bool heard_ = false;                  // since the last ping went out
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "io/iq_channel.h"
#include "io/timer.h"

namespace xmppftd {

/// Finds out whether an in-band stream that crawls is held back by our own server, which may read a client's
/// stream at some kB/s only (Prosody's mod_limits as Debian ships it: 10 kB/s; ejabberd's shapers) without any
/// error. A ping to the server (XEP-0199) waits behind our blocks: when it takes as long as they do, and much longer
/// than a stanza took before there were any, it is the server (or the line to it) and not the peer.
class ServerLimit {
 public:
  static constexpr std::chrono::seconds kLookEvery{5};
  static constexpr std::uint64_t kSlow = 64 * 1024;  ///< bytes/s; faster than this nobody asks why
  static constexpr std::chrono::milliseconds kLeastDelay{500};

  /// `round_trip`: of a stanza to the peer, before the stream's first block. `found` is told the rate in bytes/s, once.
  ServerLimit(IqChannel& iq, Timers& timers, std::chrono::milliseconds round_trip,
              std::function<void(std::uint64_t)> found);

  /// Bytes of this stream that the peer has; never falls.
  void delivered(std::uint64_t bytes) { delivered_ = bytes; }

 private:
  void wait();
  void look();
  void judge(std::chrono::milliseconds delay, std::uint64_t rate);

  IqChannel& iq_;
  Timers& timers_;
  const std::chrono::milliseconds round_trip_;
  std::function<void(std::uint64_t)> found_;
  std::uint64_t delivered_ = 0;
  std::uint64_t looked_at_ = 0;  // bytes at the last look
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<IqRequest> ping_;
};

}  // namespace xmppftd

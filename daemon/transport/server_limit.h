// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "io/iq_channel.h"
#include "io/timer.h"

namespace xmppftd {

/// Finds out whether the in-band streams of an account crawl because our own server holds them
/// back: it may read a client at some kB/s only, and says nothing (Prosody's mod_limits as Debian
/// ships it: 10 kB/s; ejabberd's example configuration: 3 kB/s). A ping to the server (XEP-0199)
/// waits behind our blocks: when it takes long, and much longer than any stanza took since there
/// were blocks, it is the server (or the line to it) and not the peer.
class ServerLimit {
 public:
  /// A stream that sends.
  class Stream {
   public:
    /// The server takes no more than `rate` bytes/s of all our streams together. Once a stream; may
    /// end it.
    virtual void on_server_limit(std::uint64_t rate) = 0;

   protected:
    ~Stream() = default;
  };
  static constexpr std::chrono::seconds kLookEvery{5};
  static constexpr std::uint64_t kSlow = 64 * 1024;  ///< bytes/s; faster than this nobody asks why
  static constexpr std::chrono::milliseconds kLeastDelay{500};

  ServerLimit(IqChannel& iq, Timers& timers) : iq_(iq), timers_(timers) {}

  /// A stream has blocks to send, and no longer.
  void add(Stream& stream);
  void remove(Stream& stream);
  /// A peer acknowledged so many more bytes.
  void delivered(std::uint64_t bytes) { delivered_ += bytes; }
  /// How long a stanza of ours and its answer took.
  void round_trip(std::chrono::milliseconds took);
  /// Is there one, as far as we know? Then more than a block of each stream under way would only
  /// stand in the way of the account's other stanzas.
  bool found() const noexcept { return found_; }

 private:
  void wait();
  void look();
  void compare(std::chrono::milliseconds delay, std::uint64_t rate);
  void tell(std::uint64_t rate);

  IqChannel& iq_;
  Timers& timers_;
  std::map<Stream*, bool> streams_;  // each: was it told?
  std::uint64_t delivered_ = 0;      // bytes since
  Timers::Clock::time_point since_;
  std::optional<std::chrono::milliseconds> quickest_;  // round trip since there were streams
  bool found_ = false;
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<IqRequest> ping_;
};

}  // namespace xmppftd

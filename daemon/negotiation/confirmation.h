// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "io/iq_channel.h"
#include "io/timer.h"
#include "model/job.h"
#include "xep/confirm.h"

namespace xmppftd {

/// Asks the receiver whether the file arrived whole (xep/confirm.h). A session that is lost on
/// either side is waited for: the bytes are across, and asking again costs nothing.
class Confirmation {
 public:
  static constexpr std::chrono::minutes kAnswerWithin{
      10};  ///< the receiver may have to hash and sync
  static constexpr std::chrono::seconds kAskAgainAfter{5};
  /// SiIncoming waits as long for us. Longer than the pauses before a login add up to after an
  /// outage of minutes: what it saves is sending the file again.
  static constexpr std::chrono::minutes kUnreachableFor{10};

  using Done = Callback<void(Result<Delivery>)>;
  /// `done` is called once, not before this returns: Confirmed, or HandedOver when the peer is
  /// there and says nothing, asked twice. Errors: HashMismatch; PeerCannotStore, StoreFailed;
  /// Interrupted when it knows nothing of the file, could not keep it, or could not be reached: a
  /// new offer is the way to find out.
  Confirmation(IqChannel& iq, Timers& timers, Jid peer, ConfirmDone what, Done done);

  /// The peer went offline: an answer to what was asked will not come.
  void peer_gone();

 private:
  void ask();
  void answered(const IqReply& reply);
  void ask_again(const std::string& why);
  void finish(Result<Delivery> how);

  IqChannel& iq_;
  Timers& timers_;
  const Jid peer_;
  const Element what_;
  Done done_;
  std::optional<Timers::Clock::time_point> unreachable_since_;
  bool asked_twice_ = false;  // for want of an answer
  std::unique_ptr<IqRequest> request_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace xmppftd

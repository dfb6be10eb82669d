// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "base/result.h"
#include "model/job.h"
#include "transfer/queue_config.h"

namespace xmppftd {

/// What becomes of a job after an attempt that went wrong.
enum class Remedy {
  Fail,          ///< trying again would not help
  Cancel,        ///< the peer gave up on purpose
  Retry,         ///< again, after a while, a few times
  NotNow,        ///< again, once the peer, or our own system, can: as often as it says so
  AwaitPeer,     ///< again when the peer is there
  AwaitAccount,  ///< again when our account is online
};

/// `reason` is that of the failed or cancelled state: at once for Fail and Cancel, else once the
/// tries are used up.
struct Verdict {
  Remedy remedy;
  JobReason reason;
};

/// The one table of fatal and passing troubles.
Verdict verdict_of(Errc code) noexcept;

/// Could our disk, or the folder, not take a file that comes, whatever its sender does?
bool is_disk_trouble(Errc code) noexcept;

/// Did the peer, or the network, only refuse this way of sending the file to it? Then another way
/// may do, at once. Not where a person said no, or another way would meet the same trouble.
bool may_go_another_way(Errc code) noexcept;

/// How long to wait after failure number `times` (1 = the first): `first` doubled each time, at
/// most max_delay, shifted by `dice` (-1..1) times the jitter.
std::chrono::milliseconds retry_delay(const QueueConfig& config, std::chrono::milliseconds first,
                                      unsigned times, double dice) noexcept;

}  // namespace xmppftd

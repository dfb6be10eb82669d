// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "io/timer.h"
#include "model/job.h"

namespace xmppftd {

/// What is left of a wait for `whole` that began at `since` and outlives restarts. The wall clock
/// counts only what passed while we were not running, and never all of it, for it may have been
/// set: an hour is left at least, or the whole of a shorter wait.
std::chrono::milliseconds time_left(WallTime since, std::chrono::milliseconds whole);

/// What the wall clock will say then, as it goes now.
WallTime wall_time_at(Timers::Clock::time_point then, const Timers& timers);

}  // namespace xmppftd

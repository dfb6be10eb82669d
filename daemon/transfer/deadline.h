// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "model/job.h"

namespace xmppftd {

/// What is left of a wait for `whole` that began at `since` and outlives restarts. The wall clock
/// counts only what passed while we were not running, and never all of it, for it may have been
/// set: an hour is left at least, or the whole of a shorter wait.
std::chrono::milliseconds time_left(WallTime since, std::chrono::milliseconds whole);

}  // namespace xmppftd

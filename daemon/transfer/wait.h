// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "model/job.h"

namespace xmppftd {

/// What a job waits for at this moment: sampled, never stored, for a lane of thousands learns at
/// once that its peer said "not now".
struct Wait {
  std::string_view what;  ///< a word where it is something else than the job's reason, else ""
  WallTime until{};       ///< when it ends though nothing came; epoch = it has no end of its own
  std::string why;        ///< what the peer, or our system, said; for people
};

/// Behind others of its lane that were told so.
inline constexpr std::string_view kNotNow = "not-now";
/// It is its turn, and not offered yet.
inline constexpr std::string_view kPreparing = "preparing";

}  // namespace xmppftd

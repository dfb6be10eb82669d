// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <set>
#include <string>

#include "base/result.h"

namespace xmppftd {

/// How long a part file of ours lies untouched, and one that was set aside because its content was
/// wrong, before it counts as forgotten.
inline constexpr std::chrono::hours kPartForgotten{30 * 24}, kBadForgotten{7 * 24};

/// Removes from `folder` the forgotten files of ours that are not `in_use`: regular, of our user,
/// by a name that only we give. Says how many. Errors: those of open_folder(), Io.
Result<unsigned> remove_leftovers(const std::string& folder, const std::set<std::string>& in_use,
                                  std::chrono::system_clock::time_point now);

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace xmppftctl {

/// The exit code for a D-Bus error name: the one table of this kind. A name that is not in it is
/// kRefused, except that anything under org.xmppft.Error.Job is kJobFailed.
int exit_code(std::string_view error_name);

/// What to do about it, when the failure itself does not say; "" if there is nothing general.
std::string_view remedy(std::string_view error_name);

/// How a finished job counts: kOk for done, kJobFailed for failed and cancelled, kOk for one still
/// going.
int exit_code_of_state(std::string_view state);

}  // namespace xmppftctl

// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "accounts.h"

namespace xmppftctl {

/// What to do about an account that is not online, ready to paste: the one table from StateReason
/// to a remedy. "" when there is nothing to do, or nothing known. Its exit code is kNotOnline in
/// every case.
std::string login_hint(const Account& account);

}  // namespace xmppftctl

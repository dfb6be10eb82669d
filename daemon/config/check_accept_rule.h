// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "model/accept_rule.h"

namespace xmppftd {

/// Checks one rule as the loader does; a message that names value, rule and remedy. Errors: Config.
Result<void> check_accept_rule(const AcceptRule& rule);

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "bus/options.h"
#include "model/accept_rule.h"

namespace xmppftd {

/// Manager1.AutoAccept's rows. Throws InvalidArgs naming the rule by its number; what a rule may
/// say is checked by AcceptPolicy.
std::vector<AcceptRule> rules_from_bus(const std::vector<VariantMap>& rows);
std::vector<VariantMap> rules_to_bus(const std::vector<AcceptRule>& rules);

}  // namespace xmppftd

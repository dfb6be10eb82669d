// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace xmppftd {

/// The A-labels of a domain name in lower case (IDNA 2008, mapped as UTS #46 says); what is pure
/// ASCII without any needs no library, which refuses names that are in use ("r3---x.example").
/// Errors: BadJid, the rule that the name breaks.
Result<std::string> to_a_labels(std::string_view domain);

/// The U-labels of a name made of A-labels. Errors: BadJid.
Result<std::string> to_u_labels(const std::string& a_labels);

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace xmppftd {

/// The strongest mechanism of those offered that libstrophe knows and that we allow: SCRAM, and
/// PLAIN if `allow_plain`; "" = none. Never DIGEST-MD5 (RELIABILITY 5.1).
std::string best_mechanism(const std::vector<std::string>& offered, bool allow_plain);

/// Whether a SCRAM challenge (RFC 5802 s5.1, base64) asks for 1 to 500,000 rounds. libstrophe
/// computes any number a server asks for, for hours, and reads "-1" as 4,294,967,295. What is no
/// SCRAM challenge is fine: libstrophe refuses it.
bool rounds_are_sane(std::string_view challenge);

/// What a SASL <failure/> condition (RFC 6120 s6.5) means. Errors: AuthFailed when the password or
/// account is at fault, Network when trying again may help, Tls, Protocol.
Error sasl_error(std::string_view condition);

}  // namespace xmppftd

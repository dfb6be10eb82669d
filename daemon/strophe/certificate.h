// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace xmppftd {

/// What a server showed of itself in the TLS handshake.
struct Certificate {
  std::string subject;  ///< "/CN=example.org"
  std::string issuer;
  std::string not_before;  ///< "Nov 22 12:00:00 2026 GMT"
  std::string not_after;
  std::string sha256;  ///< of its DER form, 64 lower-case hexadecimal digits
};

/// Whether the server of `domain` is who it must be. A `pin` (SHA-256 as hexadecimal digits of
/// either case, colons allowed) is the sole rule: exactly that certificate passes, whoever signed
/// it and whatever its name and dates. Without one it passes when `complaints`, what OpenSSL found
/// wrong with the chain, name and dates, is empty. Errors: Tls, with all that a user needs to
/// decide.
Result<void> judge_certificate(std::string_view domain, const Certificate& certificate,
                               std::string_view pin, const std::vector<std::string>& complaints);

}  // namespace xmppftd

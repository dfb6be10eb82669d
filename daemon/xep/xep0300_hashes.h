// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "base/digest.h"
#include "base/result.h"
#include "xep/element.h"

// Cryptographic hash functions in XMPP (XEP-0300): <hash xmlns='urn:xmpp:hashes:2'
// algo='sha-256'>base64</hash>.
namespace xmppftd {

/// Nothing for an algorithm we do not compute. Errors: Protocol when the value is not base64 of the
/// digest's length.
Result<std::optional<Hash>> parse_hash(const Element& hash);
Element build_hash(const Hash& hash);

}  // namespace xmppftd

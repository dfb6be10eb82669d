// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace xmppftd::test {

// The two ends of a bytestream, as XEP-0047 and XEP-0065 call them.
inline const std::string kUs = "romeo@montague.lit/orchard";
inline const std::string kPeer = "juliet@capulet.lit/balcony";

}  // namespace xmppftd::test

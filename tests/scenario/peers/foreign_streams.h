// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "scenario/peers/foreign_peer.h"

namespace xmppftd::test {

/// The streams of a peer without habits, by the dialogue of the XEP, for tests that are about what
/// goes through them. `method` is kS5bNs or kIbbNs, `sid` the one of the offer.
///
/// The first `count` bytes of what Ann sends, and then the peer is gone: from her connection, or
/// from the server.
std::string takes_some(PeerPlay& play, const std::string& method, const std::string& sid,
                       std::size_t count);
/// All `count` bytes that she sends, and the end.
std::string takes_all(PeerPlay& play, const std::string& method, const std::string& sid,
                      std::size_t count);
/// To Ann, and then likewise.
void gives_some(PeerPlay& play, const std::string& method, const std::string& sid,
                const std::string& bytes);
void gives_all(PeerPlay& play, const std::string& method, const std::string& sid,
               const std::string& bytes);

}  // namespace xmppftd::test

// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "io/iq_channel.h"

namespace xmppftd {

/// The requests of a transfer that a peer, a proxy, or a server on the way may refuse.
enum class Step {
  SiOffer,        ///< XEP-0095 section 3.2
  S5bOffer,       ///< XEP-0065 section 5.3.1
  S5bActivation,  ///< XEP-0065 section 6.3.5, at the proxy
  IbbOpen,        ///< XEP-0047 section 2.1
  IbbBlock,       ///< XEP-0047 section 2.2
  Confirmation,   ///< xep/confirm.h
};

/// What the failure of a step means to the user and what helps, in one sentence; the condition and
/// the other side's own words follow in parentheses. The code is that of IqFailure::to_error().
Error explain(Step step, const IqFailure& failure);

/// Does the peer say that its disk, now or for good, does not take the file?
constexpr bool is_peers_disk(Errc code) noexcept {
  return code == Errc::PeerCannotStore || code == Errc::StoreFailed;
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "session/peer_finder.h"
#include "transfer/account_port.h"

namespace xmppftd {

/// Sorts the methods that a job may use into the ways to reach one peer.
class Ways {
 public:
  /// `negotiators`: those of the account, which outlives this.
  Ways(const std::vector<Negotiator*>& negotiators, const std::vector<MethodChoice>& methods,
       const PeerTrust& trust);

  /// Must a resource of the peer be looked for?
  bool need_resource() const;
  /// Can a resource with these features be sent the file, by one of the methods that need one?
  bool can_reach(const PeerFeatures& features) const;

  /// What there is to be tried. `asked`: the peer as the user named it. `found`: a resource that
  /// can_reach(), or why there is none; none looked for where none is needed. Errors: those of
  /// AccountPort::plan().
  Result<SendPlan> to(const Jid& asked,
                      const std::optional<Result<PeerFinder::Found>>& found) const;

 private:
  struct Usable {
    MethodChoice choice;
    const Method* method;
    Negotiator* negotiator;
  };
  std::vector<Usable> usable_;
  std::vector<SendPlan::LeftOut> left_out_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/accept_rule.h"
#include "model/file_info.h"
#include "model/jid.h"
#include "transfer/account_port.h"

namespace xmppftd {

/// Which offers are taken without asking. The first rule that matches
/// wins; without one the user is asked.
///
/// A rule with a wildcard needs a subscription both ways and a max_size; a JID named literally
/// needs neither. Nobody in a room matches, for a nick can change hands (ST8).
class AcceptPolicy {
 public:
  /// Errors: BadArgument or BadJid, naming the rule by its number (from 1), the value and what to
  /// write instead.
  static Result<AcceptPolicy> make(std::vector<AcceptRule> rules);

  const std::vector<AcceptRule>& rules() const noexcept { return rules_; }
  /// The rule that takes this offer, or null: ask.
  const AcceptRule* match(const Jid& peer, const FileInfo& file, const PeerTrust& trust) const;
  /// Does a rule name this JID literally? Then it is known (ST5) even without a subscription.
  bool names(const Jid& peer) const;

 private:
  std::vector<AcceptRule> rules_;
};

}  // namespace xmppftd

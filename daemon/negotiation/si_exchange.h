// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "io/iq_channel.h"
#include "io/timer.h"
#include "transport/transport.h"
#include "xep/confirm.h"
#include "xep/xep0096_si.h"

namespace xmppftd {

class SiOutgoing;
class SiExchange;

/// What the SI classes of one account work with. It outlives them, but for a receive that is being
/// put in place: that one needs `timers` alone.
struct SiWorld {
  IqChannel& iq;
  Timers& timers;
  std::vector<Transport*> transports;  ///< in our order of preference for files sent to us
};

/// What is under way in one account. Shared, because a receive that is being put in place may
/// outlive the account.
struct SiRegistry {
  using Key = std::pair<Jid, std::string>;  ///< peer, sid: never the sid alone

  std::map<Key, SiExchange*> live;  ///< peers' offers, until their end
  std::set<SiOutgoing*> outgoing;
  /// What a <done/> that comes again gets: the first answer may be lost with the session it was
  /// sent in.
  std::deque<std::pair<Key, std::optional<StanzaError>>> finished;

  void remember(const Key& key, std::optional<StanzaError> refusal);
};

/// Tells a peer of our kind a word of xep/confirm.h. Its answer is not waited for.
void tell(IqChannel& iq, const Jid& peer, const Element& what);

/// One offer of a peer, from the arrival of its IQ until the file is here or given up: the part
/// that the registry knows. Until leave() its (peer, sid) is taken.
class SiExchange {
 public:
  /// Whoever cares for the exchange once it was accepted.
  class Keeper {
   public:
    /// The sender says that it is done (confirm.h).
    virtual void done_said(IncomingIq iq) = 0;
    /// The peer or our session is gone. May destroy the exchange.
    virtual void lost(const Error& why) = 0;

   protected:
    ~Keeper() = default;
  };

  SiExchange(std::shared_ptr<SiRegistry> registry, Jid self, IncomingIq iq, SiOffer offer);
  /// Declines, if that was never answered.
  ~SiExchange();
  SiExchange(const SiExchange&) = delete;
  SiExchange& operator=(const SiExchange&) = delete;

  SiRegistry& registry() const { return *registry_; }
  const SiOffer& offer() const { return offer_; }
  const StreamKey& key() const { return key_; }
  void keep(Keeper* keeper) { keeper_ = keeper; }
  Keeper* keeper() const { return keeper_; }

  /// The peer will say no more of it: its (peer, sid) is free for another one.
  void leave();

  void answer(const Element& si);
  void refuse(const StanzaError& why);
  /// Another offer under the same key: the same IQ gets the same answer (a server may deliver it
  /// twice, XEP-0198 section 5), others <not-acceptable/>.
  void repeated(IncomingIq iq);

 private:
  const std::shared_ptr<SiRegistry> registry_;
  const std::string iq_;  // its id and a digest of what it said
  const SiOffer offer_;
  const StreamKey key_;
  Keeper* keeper_ = nullptr;
  std::vector<IncomingIq> asked_;  // not answered yet
  std::optional<Element> answer_;
};

}  // namespace xmppftd

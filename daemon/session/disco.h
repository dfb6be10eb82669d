// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/iq_channel.h"
#include "io/timer.h"
#include "session/disco_cache.h"
#include "session/peer_features.h"
#include "xep/xep0030_disco.h"
#include "xep/xep0115_caps.h"

namespace xmppftd {

/// Service Discovery (XEP-0030) of one account, both ways. Who may ask us is the router's business.
/// Outlives the handles it gives out.
class Disco {
 public:
  static constexpr std::chrono::seconds kAnswerWithin{15};
  static constexpr std::string_view kNode = "https://xmppft.org";  ///< names our software in caps

  using OnInfo = Callback<void(Result<DiscoInfo>)>;
  using OnItems = Callback<void(Result<DiscoItems>)>;

  /// `features`: what this daemon can do; disco#info and caps are added here. We say what kind of
  /// thing we are and what we can do, but not which version.
  Disco(IqChannel& iq, Timers& timers, std::vector<std::string> features);

  /// What our presence tells of us.
  const Caps& caps() const noexcept { return caps_; }

  /// Asks `of` what it can do; `caps` is what its presence shows. From the cache where it can be,
  /// but never before this returns. Destroying the handle forgets the question. It is asked at the
  /// node of its caps first (XEP-0115 section 6.2) and, where that helps nothing, once more
  /// without. Errors: NoSuchPeer (item-not-found, no such domain), PeerOffline (also when its
  /// server answered in its place), Timeout, NotOnline, Protocol.
  [[nodiscard]] std::unique_ptr<IqRequest> info(const Jid& of, const std::optional<Caps>& caps,
                                                OnInfo done);
  /// Asks `of` (a server) what belongs to it. Errors: the same.
  [[nodiscard]] std::unique_ptr<IqRequest> items(const Jid& of, OnItems done);

  /// What the cache knows of a resource; nothing when it would have to be asked.
  std::optional<PeerFeatures> known(const Jid& full, const std::optional<Caps>& caps);
  /// The resource went offline.
  void forget(const Jid& full) { cache_.forget(full); }

 private:
  class Question;
  void answer_info(IncomingIq request);
  const DiscoInfo* look_up(const Jid& of, const std::optional<Caps>& caps);

  IqChannel& iq_;
  Timers& timers_;
  DiscoInfo ours_;
  Caps caps_;
  std::map<std::string, DiscoInfo> our_kind_;  // by ver: what daemons of our version may show
  DiscoCache cache_;
};

/// The features of an answer as a set.
PeerFeatures features_of(const DiscoInfo& info);

}  // namespace xmppftd

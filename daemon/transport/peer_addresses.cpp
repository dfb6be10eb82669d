// SPDX-License-Identifier: MIT
#include "transport/peer_addresses.h"

#include <algorithm>

namespace xmppftd {

void PeerAddresses::seen(const Jid& peer, const SocketAddress& at) {
  const Jid bare = peer.bare();
  const auto here = std::find_if(entries_.begin(), entries_.end(),
                                 [&](const Entry& entry) { return entry.bare == bare; });
  if (here == entries_.end())
    entries_.push_front({bare, {}});
  else
    entries_.splice(entries_.begin(), entries_, here);
  auto& addresses = entries_.front().addresses;
  std::erase_if(addresses, [&](const auto& one) { return one.bytes() == at.bytes(); });
  addresses.insert(addresses.begin(), at);
  if (addresses.size() > kMaxEach) addresses.pop_back();
  if (entries_.size() > kMaxPeers) entries_.pop_back();
}

std::vector<SocketAddress> PeerAddresses::of(const Jid& peer) const {
  const Jid bare = peer.bare();
  for (const auto& entry : entries_)
    if (entry.bare == bare) return entry.addresses;
  return {};
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <list>
#include <vector>

#include "io/socket.h"
#include "model/jid.h"

namespace xmppftd {

/// Where the peers of an account were seen, or said that they are, of late: from there they may
/// come to our listener again. The peer heard of longest ago is forgotten past kMaxPeers.
class PeerAddresses {
 public:
  static constexpr std::size_t kMaxPeers = 256;
  static constexpr std::size_t kMaxEach = 8;  ///< the latest

  void seen(const Jid& peer, const SocketAddress& at);
  /// Of all resources of the peer, the latest first.
  std::vector<SocketAddress> of(const Jid& peer) const;

 private:
  struct Entry {
    Jid bare;
    std::vector<SocketAddress> addresses;
  };
  std::list<Entry> entries_;  // the latest first
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <vector>

#include "io/socket.h"
#include "xep/xep0065_bytestreams.h"

// Which of the places of a proxy to name, and to try, first. A proxy on a host with several
// interfaces may list all of them under one JID (COMPAT Openfire without xmpp.proxy.externalip),
// and those of its container bridges lead nowhere for anybody else.
namespace xmppftd {

/// `places` of one proxy, the most promising first: where our own connection to the server goes,
/// names, public addresses, those of a network that we are in, other private ones, and last those
/// that on our side are addresses of a bridge of our own. What is alike keeps its order.
/// COMPAT QXmpp takes only the first host of a JID.
std::vector<StreamHost> by_promise(std::vector<StreamHost> places,
                                   const std::vector<Network::Interface>& ours,
                                   const std::optional<SocketAddress>& server);

/// What a requester offers: at most `most` hosts of `own` and of `proxies`, our own first. Two of
/// the places are kept for proxies, if so many are known, and each proxy's first place goes before
/// the second one of any. `proxies`: all places of all proxies, in the order of preference.
std::vector<StreamHost> worth_offering(const std::vector<StreamHost>& own,
                                       const std::vector<StreamHost>& proxies, std::size_t most);

}  // namespace xmppftd

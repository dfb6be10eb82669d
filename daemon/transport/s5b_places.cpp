// SPDX-License-Identifier: MIT
#include "transport/s5b_places.h"

#include <algorithm>

#include "transport/address_policy.h"

namespace xmppftd {
namespace {

constexpr std::size_t kKeptForProxies = 2;

/// The smallest network that both may be in: nobody tells us the masks.
bool is_near(const Bytes& a, const Bytes& b) {
  const std::size_t prefix = a.size() == 4 ? 3 : 8;
  return a.size() == b.size() &&
         std::equal(a.begin(), a.begin() + static_cast<long>(prefix), b.begin());
}

int rank(const StreamHost& place, const std::vector<Network::Interface>& ours,
         const std::optional<SocketAddress>& server) {
  const auto address = SocketAddress::parse(place.host, place.port);
  if (!address) return 1;  // a name
  const Bytes bytes = address->bytes();
  if (server && server->bytes() == bytes) return 0;
  bool near = false;
  for (const auto& [name, own] : ours) {
    if (is_bridge_or_tunnel(name) && is_near(own.bytes(), bytes)) return 6;
    near = near || is_near(own.bytes(), bytes);
  }
  const bool inside = AddressPolicy().is_private(*address);
  if (bytes.size() == 4) return inside && !near ? 4 : 2;
  return inside && !near ? 5 : 3;
}

}  // namespace

std::vector<StreamHost> by_promise(std::vector<StreamHost> places,
                                   const std::vector<Network::Interface>& ours,
                                   const std::optional<SocketAddress>& server) {
  std::stable_sort(places.begin(), places.end(), [&](const StreamHost& a, const StreamHost& b) {
    return rank(a, ours, server) < rank(b, ours, server);
  });
  return places;
}

std::vector<StreamHost> worth_offering(const std::vector<StreamHost>& own,
                                       const std::vector<StreamHost>& proxies, std::size_t most) {
  const auto kept = std::min({kKeptForProxies, proxies.size(), most});
  std::vector<StreamHost> hosts(own.begin(),
                                own.begin() + static_cast<long>(std::min(own.size(), most - kept)));
  std::vector<StreamHost> left = proxies;
  while (!left.empty()) {
    std::vector<std::string> named;  // in this round
    std::vector<StreamHost> later;
    for (auto& place : left) {
      if (std::find(named.begin(), named.end(), place.jid) != named.end()) {
        later.push_back(std::move(place));
      } else if (hosts.size() < most) {
        named.push_back(place.jid);
        hosts.push_back(std::move(place));
      } else {
        return hosts;
      }
    }
    left = std::move(later);
  }
  return hosts;
}

}  // namespace xmppftd

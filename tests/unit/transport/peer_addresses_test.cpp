// SPDX-License-Identifier: MIT
#include "transport/peer_addresses.h"

#include <catch2/catch.hpp>

#include "support/fake_network.h"
#include "support/jid.h"

namespace peer_addresses_test {

using namespace xmppftd;
using test::address;
using test::jid;

TEST_CASE("peer addresses: of all resources, the latest first, each once", "[s5b]") {
  PeerAddresses known;
  CHECK(known.of(jid("bob@x")).empty());
  known.seen(jid("bob@x/home"), address("192.0.2.1", 5));
  known.seen(jid("bob@x/work"), address("2001:db8::1", 6));
  known.seen(jid("bob@x/home"), address("192.0.2.1", 7));
  const auto of_bob = known.of(jid("bob@x/else"));
  REQUIRE(of_bob.size() == 2);
  CHECK(of_bob[0].host() == "192.0.2.1");
  CHECK(of_bob[1].host() == "2001:db8::1");
  CHECK(known.of(jid("ann@x")).empty());
}

TEST_CASE("peer addresses: as many as a peer has, and as many peers, are bounded", "[s5b]") {
  PeerAddresses known;
  for (int i = 1; i <= 20; ++i) known.seen(jid("bob@x"), address("192.0.2." + std::to_string(i)));
  REQUIRE(known.of(jid("bob@x")).size() == PeerAddresses::kMaxEach);
  CHECK(known.of(jid("bob@x"))[0].host() == "192.0.2.20");
  for (std::size_t i = 1; i < PeerAddresses::kMaxPeers; ++i)
    known.seen(jid("u" + std::to_string(i) + "@x"), address("192.0.2.1"));
  CHECK_FALSE(known.of(jid("bob@x")).empty());
  known.seen(jid("one.more@x"), address("192.0.2.1"));
  CHECK(known.of(jid("bob@x")).empty());
}

}  // namespace peer_addresses_test

// SPDX-License-Identifier: MIT
#include "transport/address_policy.h"

#include <catch2/catch.hpp>

#include "support/fake_network.h"

using namespace xmppftd;
using test::address;

namespace {

CidrSet trusted(const std::vector<std::string>& ranges) {
  auto set = CidrSet::parse(ranges);
  REQUIRE(set.ok());
  return *set;
}

std::vector<std::string> hosts(const std::vector<SocketAddress>& addresses) {
  std::vector<std::string> all;
  for (const auto& one : addresses) all.push_back(one.host());
  return all;
}

}  // namespace

TEST_CASE("address policy: a peer cannot send us to special addresses (RELIABILITY SB3)",
          "[address]") {
  const AddressPolicy policy;
  const std::string forbidden = GENERATE(values<std::string>(
      {"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254",
       "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
       "febf::1", "ff02::1",
       // the same in IPv6 clothes: mapped, compatible, NAT64, 6to4
       "::ffff:127.0.0.1", "::ffff:169.254.1.1", "::127.0.0.1", "64:ff9b::127.0.0.1",
       "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:0:1::"}));
  INFO(forbidden);
  const auto verdict = policy.may_connect(address(forbidden, 80));
  REQUIRE_FALSE(verdict.ok());
  CHECK(verdict.error().code == Errc::Policy);
}

TEST_CASE("address policy: public and private addresses may be connected to", "[address]") {
  const AddressPolicy policy;
  const std::string fine = GENERATE(values<std::string>(
      {"192.0.2.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "100.64.0.1", "223.255.255.255",
       "168.254.0.1", "170.0.0.1", "2001:db8::1", "fd00::2", "2002:c000:201::1",
       "64:ff9b::192.0.2.1", "::ffff:192.0.2.1", "fec0::1"}));
  INFO(fine);
  CHECK(policy.may_connect(address(fine, 80)).ok());
}

TEST_CASE("address policy: network.trusted lifts the refusal for its ranges only", "[address]") {
  const AddressPolicy policy(trusted({"127.0.0.0/8", "fe80::/10", "169.254.7.7"}));
  CHECK(policy.may_connect(address("127.9.9.9")).ok());
  CHECK(policy.may_connect(address("::ffff:127.0.0.1")).ok());
  CHECK(policy.may_connect(address("fe80::5")).ok());
  CHECK(policy.may_connect(address("169.254.7.7")).ok());
  CHECK_FALSE(policy.may_connect(address("169.254.7.8")).ok());
  CHECK_FALSE(policy.may_connect(address("::1")).ok());
  CHECK_FALSE(policy.may_connect(address("64:ff9b::127.0.0.1")).ok());
}

TEST_CASE("address policy: advertises IPv4, then global, then local IPv6, at most four",
          "[address]") {
  using test::FakeNetwork;
  const std::vector<Network::Interface> interfaces{
      FakeNetwork::interface("lo", "127.0.0.1"),
      FakeNetwork::interface("lo", "::1"),
      FakeNetwork::interface("eth0", "fe80::1"),
      FakeNetwork::interface("eth0", "fd00::2"),
      FakeNetwork::interface("eth0", "2001:db8::2"),
      FakeNetwork::interface("eth0", "192.0.2.2"),
      FakeNetwork::interface("docker0", "172.17.0.1"),
      FakeNetwork::interface("br-f00d", "172.18.0.1"),
      FakeNetwork::interface("virbr0", "192.168.122.1"),
      FakeNetwork::interface("wg0", "10.8.0.2"),
      FakeNetwork::interface("tun0", "10.9.0.2"),
      FakeNetwork::interface("wlan0", "198.51.100.2")};

  CHECK(hosts(AddressPolicy().advertised(interfaces)) ==
        std::vector<std::string>{"192.0.2.2", "198.51.100.2", "2001:db8::2", "fd00::2"});

  SECTION("loopback and tunnels only when listed") {
    const AddressPolicy policy(trusted({"127.0.0.0/8", "10.8.0.0/16"}));
    CHECK(hosts(policy.advertised(interfaces)) ==
          std::vector<std::string>{"127.0.0.1", "192.0.2.2", "10.8.0.2", "198.51.100.2"});
  }
}

TEST_CASE("cidr set: refuses what is no range and says so", "[address]") {
  const std::string bad =
      GENERATE(values<std::string>({"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129",
                                    "10.0.0/8", "lan", "10.0.0.0/8/8", "1.2.3.4 /8"}));
  const auto set = CidrSet::parse({bad});
  REQUIRE_FALSE(set.ok());
  CHECK(set.error().code == Errc::BadArgument);
  CHECK(set.error().detail.find("\"" + bad + "\"") != std::string::npos);
}

TEST_CASE("cidr set: compares whole bits, also across byte borders", "[address]") {
  const auto set = trusted({"10.32.0.0/11", "0.0.0.0/0"});
  CHECK(trusted({"10.32.0.0/11"}).contains(address("10.63.255.255")));
  CHECK_FALSE(trusted({"10.32.0.0/11"}).contains(address("10.64.0.0")));
  CHECK(set.contains(address("203.0.113.9")));
  CHECK_FALSE(set.contains(address("2001:db8::1")));
}

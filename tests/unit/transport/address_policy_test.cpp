// SPDX-License-Identifier: MIT
#include "transport/address_policy.h"

#include <catch2/catch.hpp>

#include "support/fake_network.h"

namespace address_policy_test {

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

/// Every way to write an IPv4 address into an IPv6 one.
std::vector<std::string> embeddings_of(const std::string& v4) {
  const Bytes b = address(v4).bytes();
  const auto hex = [](unsigned first, unsigned second) {
    return to_hex(Bytes{static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second)});
  };
  const auto plain = hex(b[0], b[1]) + ":" + hex(b[2], b[3]);
  const auto inverted = hex(b[0] ^ 0xffU, b[1] ^ 0xffU) + ":" + hex(b[2] ^ 0xffU, b[3] ^ 0xffU);
  return {"::ffff:" + plain,      // mapped
          "::" + plain,           // compatible
          "::ffff:0:" + plain,    // SIIT
          "64:ff9b::" + plain,    // NAT64
          "64:ff9b:1::" + plain,  // NAT64, local use
          "64:ff9b:1:abcd::" + plain,
          "2002:" + plain + "::1",  // 6to4
          "2002:" + plain + ":ffff:1:2:3:4",
          "2001:0:c000:201:8000:1234:" + inverted,  // Teredo: the client
          "2001:0:" + plain + ":0:ffff:3fff:fdfe",  // and the server
          "2001:db8:1:2:0:5efe:" + plain,           // ISATAP
          "2001:db8:1:2:200:5efe:" + plain,
          "fd00::5efe:" + plain,
          "2002:c000:201::5efe:" + plain};  // one within another
}

}  // namespace

TEST_CASE("address policy: a peer cannot send us to special addresses", "[address]") {
  const AddressPolicy policy;
  const std::string forbidden = GENERATE(values<std::string>(
      {"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254",
       "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
       "febf::1", "fec0::1", "feff::1", "fe80::5efe:c000:201", "ff02::1", "64:ff9b:1::1"}));
  INFO(forbidden);
  const auto verdict = policy.may_connect(address(forbidden, 80));
  REQUIRE_FALSE(verdict.ok());
  CHECK(verdict.error().code == Errc::Policy);
}

TEST_CASE("address policy: nor by any IPv6 form of them", "[address]") {
  const AddressPolicy policy;
  for (const std::string v4 : {"0.0.0.1", "0.1.2.3", "127.0.0.1", "127.0.0.53", "127.1.2.3",
                               "127.255.255.254", "169.254.0.1", "169.254.169.254", "224.0.0.1",
                               "239.255.255.250", "240.0.0.1", "255.255.255.255"}) {
    for (const auto& form : embeddings_of(v4)) {
      INFO(v4 << " as " << form);
      const auto verdict = policy.may_connect(address(form, 80));
      REQUIRE_FALSE(verdict.ok());
      CHECK(verdict.error().code == Errc::Policy);
    }
  }
}

TEST_CASE("address policy: public and private addresses may be connected to", "[address]") {
  const AddressPolicy policy;
  const std::string fine = GENERATE(values<std::string>(
      {"192.0.2.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "100.64.0.1", "223.255.255.255",
       "168.254.0.1", "170.0.0.1", "1.0.0.1", "126.255.255.255", "128.0.0.1", "2001:db8::1",
       "fd00::2", "2001:1::1", "2001:db8::5eff:7f00:1", "2001:db8:0:0:1:5efe:7f00:1"}));
  INFO(fine);
  CHECK(policy.may_connect(address(fine, 80)).ok());
}

TEST_CASE("address policy: nor does an embedded good address do harm", "[address]") {
  const AddressPolicy policy;
  for (const std::string v4 : {"192.0.2.1", "10.0.0.1", "198.51.100.7"})
    for (const auto& form : embeddings_of(v4)) {
      INFO(v4 << " as " << form);
      const bool local_nat64 = form.starts_with("64:ff9b:1:");
      CHECK(policy.may_connect(address(form)).ok() == !local_nat64);
      if (local_nat64) continue;
      CHECK(policy.is_private(address(form)) == (v4 == "10.0.0.1" || form.starts_with("fd00")));
    }
}

TEST_CASE("address policy: what is private, and is not the user's own word", "[address]") {
  const AddressPolicy policy(trusted({"10.9.0.0/16"}));
  for (const std::string inside : {"10.0.0.1", "10.255.0.1", "172.16.0.1", "172.31.255.1",
                                   "192.168.0.1", "100.64.1.1", "fc00::1", "fdff::1"})
    CHECK(policy.is_private(address(inside)));
  for (const std::string outside : {"10.9.0.1", "172.15.0.1", "172.32.0.1", "192.167.0.1",
                                    "100.128.0.1", "192.0.2.1", "2001:db8::1", "127.0.0.1"})
    CHECK_FALSE(policy.is_private(address(outside)));
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

}  // namespace address_policy_test

// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "io/socket.h"

namespace xmppftd {

/// Is this an interface whose network ends on this machine or in somebody else's? A peer outside
/// cannot use its address, and a tunnel's tells more of us than the user may know. A container's
/// own end of a veth pair is its eth0, so "veth" is not among them.
bool is_bridge_or_tunnel(std::string_view interface);

/// A set of address ranges, as `network.trusted` lists them.
class CidrSet {
 public:
  CidrSet() = default;
  /// Each is "10.0.0.0/8", "fd00::/8" or one address without "/". Errors: BadArgument, naming the
  /// value and the rule.
  static Result<CidrSet> parse(const std::vector<std::string>& ranges);
  bool contains(const SocketAddress& address) const;

 private:
  struct Range {
    Bytes prefix;
    unsigned bits = 0;
  };
  std::vector<Range> ranges_;
};

/// Which addresses a peer may make us connect to, and which of our own a peer is told. Private
/// networks (RFC 1918, ULA) are fine: every stream was accepted by the user, or by a rule that the
/// user wrote, and sending within one's own network is a main use.
class AddressPolicy {
 public:
  AddressPolicy() = default;
  explicit AddressPolicy(CidrSet trusted) : trusted_(std::move(trusted)) {}

  /// For an address that a peer's streamhost resolved to. Errors: Policy for unspecified, loopback,
  /// link-local, site-local, multicast, broadcast and reserved addresses, and for every IPv6 form
  /// that holds such an IPv4 one: mapped, compatible, SIIT, NAT64, 6to4, Teredo, ISATAP.
  Result<void> may_connect(const SocketAddress& address) const;

  /// Is it in a network that only its own hosts can reach, so that the outcome of a connect tells
  /// something that a peer elsewhere could not find out by itself? Not for trusted ranges.
  bool is_private(const SocketAddress& address) const;

  /// Our own addresses worth telling a peer, at most kMaxAdvertised: IPv4, then global, then local
  /// IPv6; none that may_connect() refuses, none of bridges and tunnels, unless they are trusted.
  std::vector<SocketAddress> advertised(const std::vector<Network::Interface>& interfaces) const;

  static constexpr std::size_t kMaxAdvertised = 4;  ///< Psi reads five hosts, one must be a proxy

 private:
  CidrSet trusted_;
};

}  // namespace xmppftd

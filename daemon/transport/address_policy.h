// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "io/socket.h"

namespace xmppftd {

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

/// Which addresses a peer may make us connect to, and which of our own a peer is told (RELIABILITY
/// SB3; DECISIONS, Addresses and trust). Private networks (RFC 1918, ULA) are fine: every stream
/// was accepted by the user, or by a rule that the user wrote.
class AddressPolicy {
 public:
  AddressPolicy() = default;
  explicit AddressPolicy(CidrSet trusted) : trusted_(std::move(trusted)) {}

  /// For an address that a peer's streamhost resolved to. Errors: Policy for unspecified, loopback,
  /// link-local, multicast, broadcast and reserved addresses, and for the IPv6 forms that lead to
  /// such an IPv4 one.
  Result<void> may_connect(const SocketAddress& address) const;

  /// Our own addresses worth telling a peer, at most kMaxAdvertised: IPv4, then global, then local
  /// IPv6; none that may_connect() refuses, none of bridges and tunnels, unless they are trusted.
  std::vector<SocketAddress> advertised(const std::vector<Network::Interface>& interfaces) const;

  static constexpr std::size_t kMaxAdvertised = 4;  ///< Psi reads five hosts, one must be a proxy

 private:
  CidrSet trusted_;
};

}  // namespace xmppftd

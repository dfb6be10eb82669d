// SPDX-License-Identifier: MIT
#include "transport/address_policy.h"

#include <algorithm>
#include <array>

namespace xmppftd {
namespace {

bool starts_with(ByteView address, ByteView prefix, unsigned bits) {
  if (address.size() != prefix.size()) return false;
  for (std::size_t i = 0; bits > 0; ++i) {
    const unsigned here = std::min(bits, 8U);
    if ((address[i] ^ prefix[i]) >> (8 - here)) return false;
    bits -= here;
  }
  return true;
}

struct Special {
  Bytes prefix;
  unsigned bits;
  std::string_view kind;
};

/// The ranges that a peer has no business naming (RFC 6890).
const std::vector<Special>& special_ranges() {
  static const auto v6 = [](std::initializer_list<std::uint8_t> first, std::uint8_t last = 0) {
    Bytes bytes(first);
    bytes.resize(16);
    bytes[15] |= last;
    return bytes;
  };
  static const std::vector<Special> ranges{
      {{0, 0, 0, 0}, 8, "unspecified"},
      {{127, 0, 0, 0}, 8, "loopback"},
      {{169, 254, 0, 0}, 16, "link-local"},
      {{224, 0, 0, 0}, 4, "multicast"},
      {{240, 0, 0, 0}, 4, "reserved or broadcast"},
      {v6({}), 128, "unspecified"},
      {v6({}, 1), 128, "loopback"},
      {v6({0xfe, 0x80}), 10, "link-local"},
      {v6({0xff}), 8, "multicast"},
      {v6({0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}), 48, "local NAT64"},
  };
  return ranges;
}

/// Where an IPv6 address carries an IPv4 one that the packet would end at.
struct Embedding {
  Bytes prefix;
  unsigned bits;
  std::size_t at;
};

const std::vector<Embedding>& embeddings() {
  static const std::vector<Embedding> forms{
      {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 96, 12},           // IPv4-compatible
      {{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 96, 12},  // NAT64
      {{0x20, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 16, 2},      // 6to4
  };
  return forms;
}

/// What makes the address special, or "".
std::string_view special_kind(ByteView address) {
  for (const auto& range : special_ranges())
    if (starts_with(address, range.prefix, range.bits)) return range.kind;
  for (const auto& form : embeddings())
    if (starts_with(address, form.prefix, form.bits))
      return special_kind(address.subspan(form.at, 4));
  return "";
}

/// Networks that end on this machine or in somebody else's: a peer outside cannot use them, and a
/// tunnel's address tells more of us than the user may know. A container's own end of a veth pair
/// is its eth0, so "veth" is not among them.
bool is_bridge_or_tunnel(std::string_view name) {
  static constexpr std::array<std::string_view, 18> kPrefixes{
      "docker", "br-", "virbr", "lxc", "lxdbr", "cni",       "flannel", "podman", "vboxnet",
      "vmnet",  "tun", "tap",   "wg",  "ppp",   "tailscale", "zt",      "ipsec",  "vpn"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](auto prefix) { return name.substr(0, prefix.size()) == prefix; });
}

int rank(const SocketAddress& address) {
  if (!address.is_v6()) return 0;
  return (address.bytes().front() & 0xe0) == 0x20 ? 1
                                                  : 2;  // 2000::/3 is global, what remains is local
}

}  // namespace

Result<CidrSet> CidrSet::parse(const std::vector<std::string>& ranges) {
  CidrSet set;
  for (const auto& text : ranges) {
    const Error bad{
        Errc::BadArgument,
        "\"" + text + "\" is not an address range; write one such as 127.0.0.0/8 or fe80::/10"};
    const auto slash = text.find('/');
    const auto address = SocketAddress::parse(text.substr(0, slash), 0);
    if (!address) return bad;
    Bytes prefix = address->bytes();
    const std::uint64_t all = prefix.size() * 8;
    const auto bits = slash == std::string::npos ? all : parse_decimal(text.substr(slash + 1));
    if (!bits || *bits > all) return bad;
    set.ranges_.push_back({std::move(prefix), static_cast<unsigned>(*bits)});
  }
  return set;
}

bool CidrSet::contains(const SocketAddress& address) const {
  const Bytes bytes = address.bytes();
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
    return starts_with(bytes, range.prefix, range.bits);
  });
}

Result<void> AddressPolicy::may_connect(const SocketAddress& address) const {
  const auto kind = special_kind(address.bytes());
  if (kind.empty() || trusted_.contains(address)) return {};
  return Error{Errc::Policy, address.host() + " is a " + std::string(kind) +
                                 " address; list it in network.trusted to allow it"};
}

std::vector<SocketAddress> AddressPolicy::advertised(
    const std::vector<Network::Interface>& interfaces) const {
  std::vector<SocketAddress> useful;
  for (const auto& [name, address] : interfaces) {
    const bool ordinary = !is_bridge_or_tunnel(name) && special_kind(address.bytes()).empty();
    if (ordinary || trusted_.contains(address)) useful.push_back(address);
  }
  std::stable_sort(useful.begin(), useful.end(),
                   [](const auto& a, const auto& b) { return rank(a) < rank(b); });
  const auto same = [](const auto& a, const auto& b) { return a.bytes() == b.bytes(); };
  useful.erase(std::unique(useful.begin(), useful.end(), same), useful.end());
  if (useful.size() > kMaxAdvertised) useful.resize(kMaxAdvertised, useful.front());
  return useful;
}

}  // namespace xmppftd

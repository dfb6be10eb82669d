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

Bytes v6(std::initializer_list<std::uint8_t> first, std::uint8_t last = 0) {
  Bytes bytes(first);
  bytes.resize(16);
  bytes[15] |= last;
  return bytes;
}

/// The ranges that a peer has no business naming (RFC 6890).
const std::vector<Special>& special_ranges() {
  static const std::vector<Special> ranges{
      {{0, 0, 0, 0}, 8, "unspecified"},
      {{127, 0, 0, 0}, 8, "loopback"},
      {{169, 254, 0, 0}, 16, "link-local"},
      {{224, 0, 0, 0}, 4, "multicast"},
      {{240, 0, 0, 0}, 4, "reserved or broadcast"},
      {v6({}), 128, "unspecified"},
      {v6({}, 1), 128, "loopback"},
      {v6({0xfe, 0x80}), 10, "link-local"},
      {v6({0xfe, 0xc0}), 10, "site-local"},  // deprecated by RFC 3879
      {v6({0xff}), 8, "multicast"},
      // What is embedded there, and where, is known to the network that uses it alone (RFC 8215).
      {v6({0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}), 48, "local NAT64"},
  };
  return ranges;
}

/// The networks that only some hosts can reach (RFC 1918, RFC 6598, RFC 4193).
const std::vector<Special>& private_ranges() {
  static const std::vector<Special> ranges{
      {{10, 0, 0, 0}, 8, ""},    {{172, 16, 0, 0}, 12, ""}, {{192, 168, 0, 0}, 16, ""},
      {{100, 64, 0, 0}, 10, ""}, {v6({0xfc}), 7, ""},
  };
  return ranges;
}

/// Where an IPv6 address carries an IPv4 one that the packet may end at.
struct Embedding {
  Bytes prefix;  ///< compared under `mask`
  Bytes mask;
  std::size_t at;
  std::uint8_t inverted = 0;  ///< 0xff: Teredo writes the complement
};

Bytes first_bits(unsigned bits) {
  Bytes mask(16);
  for (unsigned i = 0; i < bits; ++i) mask[i / 8] |= static_cast<std::uint8_t>(0x80U >> (i % 8));
  return mask;
}

const std::vector<Embedding>& embeddings() {
  static const auto isatap = [](std::uint8_t first) {  // any network's, so the middle decides
    Bytes bytes(16);
    bytes[8] = first;
    bytes[10] = 0x5e;
    bytes[11] = 0xfe;
    return bytes;
  };
  static const Bytes middle{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
  static const std::vector<Embedding> forms{
      {v6({}), first_bits(96), 12},                                          // IPv4-compatible
      {v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}), first_bits(96), 12},  // IPv4-mapped
      {v6({0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}), first_bits(96), 12},  // SIIT (RFC 2765)
      {v6({0, 0x64, 0xff, 0x9b}), first_bits(96), 12},                       // NAT64 (RFC 6052)
      {v6({0x20, 0x02}), first_bits(16), 2},                                 // 6to4 (RFC 3056)
      {v6({0x20, 0x01, 0, 0}), first_bits(32), 4},                           // Teredo's server
      {v6({0x20, 0x01, 0, 0}), first_bits(32), 12, 0xff},                    // Teredo's client
      {isatap(0x00), middle, 12},                                            // ISATAP (RFC 5214)
      {isatap(0x02), middle, 12},
  };
  return forms;
}

bool matches(ByteView address, const Embedding& form) {
  for (std::size_t i = 0; i < 16; ++i)
    if ((address[i] ^ form.prefix[i]) & form.mask[i]) return false;
  return true;
}

/// The IPv4 addresses in an IPv6 one.
std::vector<Bytes> embedded_in(ByteView address) {
  std::vector<Bytes> found;
  if (address.size() != 16) return found;
  for (const auto& form : embeddings()) {
    if (!matches(address, form)) continue;
    Bytes inner(4);
    for (std::size_t i = 0; i < 4; ++i) inner[i] = address[form.at + i] ^ form.inverted;
    found.push_back(std::move(inner));
  }
  return found;
}

const Special* find_range(const std::vector<Special>& ranges, ByteView address) {
  for (const auto& range : ranges)
    if (starts_with(address, range.prefix, range.bits)) return &range;
  for (const auto& inner : embedded_in(address))
    for (const auto& range : ranges)
      if (starts_with(inner, range.prefix, range.bits)) return &range;
  return nullptr;
}

/// What makes the address special, or "".
std::string_view special_kind(ByteView address) {
  const auto* range = find_range(special_ranges(), address);
  return range ? range->kind : "";
}

int rank(const SocketAddress& address) {
  if (!address.is_v6()) return 0;
  return (address.bytes().front() & 0xe0) == 0x20 ? 1
                                                  : 2;  // 2000::/3 is global, what remains is local
}

}  // namespace

bool is_bridge_or_tunnel(std::string_view name) {
  static constexpr std::array<std::string_view, 22> kPrefixes{
      "docker",  "br-",   "virbr",   "lxc",     "lxdbr", "cni",  "flannel",   "podman",
      "vboxnet", "vmnet", "tun",     "tap",     "wg",    "ppp",  "tailscale", "zt",
      "ipsec",   "vpn",   "incusbr", "nerdctl", "cali",  "kube-"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](auto prefix) { return name.substr(0, prefix.size()) == prefix; });
}

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

bool AddressPolicy::is_private(const SocketAddress& address) const {
  return find_range(private_ranges(), address.bytes()) != nullptr && !trusted_.contains(address);
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

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "xep/element.h"

// SOCKS5 Bytestreams (XEP-0065). Every parse error is Protocol: answer <bad-request/>.
namespace xmppftd {

inline constexpr std::size_t kMaxStreamHosts = 64;             ///< read from one query
inline constexpr std::uint16_t kDefaultStreamHostPort = 1080;  ///< XEP-0065 section 9.2

/// `<streamhost/>`: where to connect, and whose it is. Several may share one JID (Openfire's
/// proxy).
struct StreamHost {
  std::string jid;   ///< as on the wire: what <streamhost-used/> names is compared byte-wise
  std::string host;  ///< an IP literal without zone, or a DNS name; not resolved, not judged here
  std::uint16_t port = 0;  ///< 1 to 65535
  bool had_zone = false;   ///< COMPAT Openfire: a zone of its own ("%eth0") was cut off
  friend bool operator==(const StreamHost&, const StreamHost&) = default;
};

/// `<query xmlns='http://jabber.org/protocol/bytestreams'/>` in all its uses: offer (hosts), answer
/// (used), request to a proxy and its reply (nothing; hosts), activation (activate).
struct BytestreamsQuery {
  std::string sid;  ///< "" when absent, as in a proxy's reply
  std::vector<StreamHost> hosts;
  std::size_t left_out = 0;             ///< hosts past kMaxStreamHosts, which were not read
  std::optional<std::string> used;      ///< JID of <streamhost-used/>
  std::optional<std::string> activate;  ///< JID of the target
  std::string dst_addr;  ///< 40 lower-case hex digits, or ""; only for room occupants (ST8)

  /// A host without JID, host or with a bad port is skipped, one without port has 1080. `mode` is
  /// not looked at (COMPAT QXmpp 1.4 sends uninitialised memory).
  static Result<BytestreamsQuery> parse(const Element& query);
  /// Writes mode='tcp' beside hosts.
  Element build() const;
};

/// DST.ADDR of XEP-0065 section 5.3.2: hex SHA-1 of the sid and both full JIDs as in the stanza's
/// from and to.
std::string dst_addr(std::string_view sid, std::string_view requester, std::string_view target);

}  // namespace xmppftd

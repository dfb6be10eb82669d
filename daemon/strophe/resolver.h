// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/callback.h"
#include "base/result.h"
#include "io/poster.h"

namespace xmppftd {

/// One address to try: an IP literal.
struct Candidate {
  std::string address;
  std::uint16_t port = 0;
  std::string str() const;  ///< "192.0.2.1:5222", "[2001:db8::1]:5222"
};

/// One record of RFC 2782.
struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;
};

/// The records of a DNS answer; a record that cannot be read is left out.
std::vector<SrvRecord> parse_srv_answer(ByteView answer);
/// In the order to try: ascending priority, and within one priority drawn by weight. `draw(n)` is a
/// number from 0 to n.
void order_srv(std::vector<SrvRecord>& records, Callback<std::uint32_t(std::uint32_t)> draw);
/// Alternates between IPv6 and IPv4, keeping the order within each, and drops repeats (RFC 8305
/// s4).
std::vector<Candidate> interleaved(std::vector<Candidate> candidates);

/// A look-up under way. Destroying it forgets it.
class Lookup {
 public:
  virtual ~Lookup() = default;
};

/// Where to connect for an account of `domain`: its SRV records (_xmpp-client._tcp), else port 5222
/// of the domain itself; or, when `host` is given, that host and `port` (0 = 5222). At most 16
/// candidates. `done` is called on `loop`, never before this returns. Errors: Dns; Network when the
/// domain says that it has no XMPP service.
///
/// Each look-up has a thread of its own that nobody waits for: the resolver of the C library blocks
/// for as long as it likes, and neither the loop nor its end may depend on it.
std::unique_ptr<Lookup> look_up(Poster& loop, std::string domain, std::string host,
                                std::uint16_t port,
                                Callback<void(Result<std::vector<Candidate>>)> done);

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/callback.h"
#include "io/account_reason.h"
#include "io/poster.h"

namespace xmppftd {

/// How TLS begins: asked for inside the stream (RFC 6120 s5), or with the first byte (XEP-0368).
enum class TlsWay { StartTls, Direct };

/// One address to try, in one way.
struct Candidate {
  std::string address;  ///< an IP literal
  std::uint16_t port = 0;
  TlsWay way = TlsWay::StartTls;
  /// The same port was already tried the other way: worth a try only if something answered there
  /// that was no XMPP.
  bool second_guess = false;
  std::string host;  ///< the name that has this address; "" = none

  std::string endpoint() const;  ///< "192.0.2.1:5222", "[2001:db8::1]:5222"
  std::string str() const;       ///< with its name and way, for people
};

/// One record of RFC 2782.
struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;
  TlsWay way = TlsWay::StartTls;
};

/// The records of a DNS answer; a record that cannot be read is left out.
std::vector<SrvRecord> parse_srv_answer(ByteView answer);
/// In the order to try: ascending priority, and within one priority drawn by weight. `draw(n)` is a
/// number from 0 to n.
void order_srv(std::vector<SrvRecord>& records, Callback<std::uint32_t(std::uint32_t)> draw);
/// Alternates between IPv6 and IPv4, keeping the order within each, and drops repeats (RFC 8305
/// s4).
std::vector<Candidate> interleaved(std::vector<Candidate> candidates);
/// Behind those of a host and port that nobody said the way of, the same once more the other way.
/// Ports 5223 and 443 begin with direct TLS.
std::vector<Candidate> both_ways(std::vector<Candidate> candidates);

/// Where to connect: what was asked for.
struct Question {
  std::string domain;      ///< of the account; its SRV records are asked for when `host` is ""
  std::string host;        ///< or this host alone
  std::uint16_t port = 0;  ///< of `host`; 0 = 5222
};

struct LookupAnswer {
  std::vector<Candidate> candidates;  ///< at most 16, not counting second guesses
  std::vector<std::string> steps;     ///< what was asked and answered, for people
  Down why;                           ///< when there is no candidate: NoDns, Dns, NoService
};

/// A look-up under way. Destroying it forgets it.
class Lookup {
 public:
  virtual ~Lookup() = default;
};

/// Looks up the SRV records _xmpp-client._tcp and _xmpps-client._tcp of the domain, mixed by
/// priority and weight (XEP-0368), else port 5222 of the domain itself. An address needs no
/// look-up. `done` is called on `loop`, never before this returns, and within about 15 s.
///
/// Questions are asked side by side, each on a thread of its own that nobody waits for. The C
/// library's resolver blocks for as long as it likes, but it alone knows all that names on this
/// machine come from: DNS, /etc/hosts, mDNS and whatever else nsswitch.conf lists.
std::unique_ptr<Lookup> look_up(Poster& loop, Question question, Callback<void(LookupAnswer)> done);

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/callback.h"
#include "io/socket.h"
#include "io/timer.h"
#include "xep/xep0065_bytestreams.h"

namespace xmppftd {

/// A connection that is through its SOCKS5 handshake.
struct S5bConnected {
  UniqueFd socket;  ///< non-blocking; the payload comes next
  StreamHost host;
  SocketAddress address;
};

/// Connects to the first of several streamhosts that answers: the target to any of them, the
/// requester to its proxy (XEP-0065 sections 5.3.2 and 6.3.4). Two connects race, staggered; one
/// SOCKS5 handshake is done at a time (COMPAT Pidgin: a second one kills its transfer). A
/// host that keeps silent makes room once another waits for its place, so three black holes do not
/// cost the budget (RELIABILITY SB2; INTEROP s3i, "Target budget").
///
/// Names are resolved when their turn comes, and the connect goes to the very address that was
/// judged (SB3). Destroying it closes everything; `done` is then never called.
class S5bConnector {
 public:
  static constexpr std::size_t kMaxHosts = 5;
  static constexpr std::size_t kMaxAddressesPerHost = 2;
  static constexpr std::size_t kAtOnce = 2;
  static constexpr std::chrono::milliseconds kStagger{250};
  static constexpr std::chrono::milliseconds kConnectWithin{3000};    ///< then others go first
  static constexpr std::chrono::milliseconds kHandshakeWithin{2000};  ///< likewise
  static constexpr std::chrono::milliseconds kBudget{9000};  ///< all in all. COMPAT Smack: waits 10 s

  struct Plan {
    std::vector<StreamHost>
        hosts;  ///< tried in this order; doubles and those past kMaxHosts are not
    std::string dst_addr;
    /// DST.ADDR for one host. May be empty: `dst_addr` for all.
    std::function<std::string(const StreamHost& host)> dst_addr_for;
    /// Judges an address that `host` resolved to. May be empty: all are fine.
    std::function<Result<void>(const StreamHost& host, const SocketAddress& address)> allowed;
    /// Hears why a host did not do. May be empty.
    std::function<void(std::string detail)> tell;
  };
  using Done = Callback<void(Result<S5bConnected>)>;

  /// `done` is called once, not before this returns. Errors: StreamFailed, one for all ways to
  /// fail.
  S5bConnector(Network& network, Timers& timers, Plan plan, Done done);
  ~S5bConnector();
  S5bConnector(const S5bConnector&) = delete;
  S5bConnector& operator=(const S5bConnector&) = delete;

 private:
  class Attempt;
  struct Candidate {
    StreamHost host;
    std::optional<SocketAddress> address;  // none = to be resolved
  };
  void advance();
  void drop_overdue();
  void start_next();
  void failed(Attempt& attempt, const std::string& why);
  void succeeded(Attempt& attempt);
  void give_up();
  void tell(const std::string& where, const std::string& what) const;
  void finish(Result<S5bConnected> result);
  Attempt* handshaking() const;
  Attempt* waiting() const;

  Network& network_;
  Timers& timers_;
  Plan plan_;
  Done done_;
  std::deque<Candidate> queue_;
  std::list<std::unique_ptr<Attempt>> attempts_;
  std::unique_ptr<Timer> stagger_;
  std::unique_ptr<Timer> budget_;
};

}  // namespace xmppftd

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
/// host that keeps silent makes room once another waits for its place, so every host is tried.
///
/// Names are resolved when their turn comes, and the connect goes to the very address that was
/// judged. Destroying it closes everything; `done` is then never called.
///
/// Who named the hosts must not learn from our answer's time which ports of a private network are
/// closed and which are silent: a connect that failed at a discreet address keeps its place until
/// its time is up, and the failure of all is told when kBudget has passed, not before.
class S5bConnector {
 public:
  static constexpr std::size_t kMaxHosts = 64;  ///< and as many further addresses of their names
  static constexpr std::size_t kMaxAddressesPerHost = 8;
  static constexpr std::size_t kAtOnce = 2;
  static constexpr std::chrono::milliseconds kStagger{250};
  static constexpr std::chrono::milliseconds kConnectWithin{3000};    ///< then others go first
  static constexpr std::chrono::milliseconds kHandshakeWithin{2000};  ///< likewise
  /// The last host has at least so long, counted from the start of all. COMPAT Smack: waits 10 s,
  /// which is enough for six silent hosts.
  static constexpr std::chrono::milliseconds kBudget{9000};
  /// After that only hosts that were not tried yet are waited for, each its own time, so long at
  /// most. The requester waits 150 s (S5bOutgoing::kAnswerWithin).
  static constexpr std::chrono::milliseconds kLongBudget{140000};

  struct Task {
    /// Tried in this order; doubles and those past kMaxHosts are not.
    std::vector<StreamHost> hosts;
    std::string dst_addr;
    /// DST.ADDR for one host. May be empty: `dst_addr` for all.
    std::function<std::string(const StreamHost& host)> dst_addr_for;
    /// Judges an address that `host` resolved to. May be empty: all are fine.
    std::function<Result<void>(const StreamHost& host, const SocketAddress& address)> allowed;
    /// Is it nobody's business how a connect to this address ends? May be empty: no address is.
    std::function<bool(const StreamHost& host, const SocketAddress& address)> discreet;
    /// Hears why a host did not do, and what was left out. May be empty.
    std::function<void(std::string detail)> tell;
  };
  using Done = Callback<void(Result<S5bConnected>)>;

  /// `done` is called once, not before this returns. Errors: StreamFailed, Unavailable (our own
  /// system had no socket left for at least one of the hosts).
  S5bConnector(Network& network, Timers& timers, Task task, Done done);
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
  void enough();
  void give_up();
  void push_further(const StreamHost& host, const std::vector<SocketAddress>& addresses);
  void tell(const std::string& where, const std::string& what) const;
  void finish(Result<S5bConnected> result);
  Attempt* handshaking() const;
  Attempt* waiting() const;

  Network& network_;
  Timers& timers_;
  Task task_;
  Done done_;
  std::deque<Candidate> queue_;
  std::size_t further_ = 0;        // addresses queued beside the first one of a name
  bool late_ = false;              // kBudget has passed: nobody stays longer than its own time
  bool silence_ = false;           // somebody did not answer
  std::optional<Error> shortage_;  // of our own: no more sockets, say
  bool held_ = false;  // a discreet attempt failed: the end of all is not told before that
  std::list<std::unique_ptr<Attempt>> attempts_;
  std::unique_ptr<Timer> stagger_;
  std::unique_ptr<Timer> budget_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "io/socket.h"
#include "io/timer.h"

namespace xmppftd {

/// Our own streamhost: where targets connect directly (XEP-0065 section 5.3.2). One for the whole
/// daemon, so that a fixed port serves every account. It listens only while somebody holds a
/// Ticket, and a connection counts only when it names a live ticket's hash: others are told REP 2
/// and disturb nobody. Outlives its tickets.
///
/// A crowd that floods it must not keep the true peer out, and whoever is not proven yet looks like
/// the crowd. So everybody is let in and the least likely one goes for it: first of an address that
/// takes more than its share, then of addresses that came before and proved nothing, then whoever
/// is silent, though a SOCKS5 client greets at once, then the oldest. Where the peer is likely to
/// come from its connection stays.
class S5bListener {
 public:
  static constexpr std::size_t kMaxUnproven = 192;
  static constexpr std::size_t kFairShare = 8;  ///< of one IPv4 address or one IPv6 /64
  static constexpr std::chrono::milliseconds kGreetWithin{20};
  static constexpr std::chrono::seconds kHandshakeWithin{10};  ///< from accept, absolute
  static constexpr std::size_t kMaxSuspects = 8192;            ///< addresses remembered

  S5bListener(Network& network, Timers& timers, std::vector<SocketAddress> listen);
  ~S5bListener();
  S5bListener(const S5bListener&) = delete;
  S5bListener& operator=(const S5bListener&) = delete;

 private:
  class Connection;

 public:
  /// A stream that waits for its target. The first connection through the handshake is bound to it
  /// and parked; while that lives, later ones are refused. Destroying it closes what is parked.
  class Ticket {
   public:
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    bool bound() const noexcept { return bound_ != nullptr; }
    /// The parked connection, non-blocking; empty when it just broke. Only while bound().
    [[nodiscard]] UniqueFd take();
    /// Who is parked. Only while bound().
    SocketAddress peer() const;

   private:
    friend class S5bListener;
    Ticket(S5bListener& listener, std::vector<std::string> hashes, std::vector<Bytes> likely);
    S5bListener& listener_;
    const std::vector<std::string> hashes_;
    const std::vector<Bytes> likely_;  // nets
    std::unique_ptr<Connection> bound_;
  };

  /// Starts listening, unless it does already. `hashes`: every DST.ADDR that means this stream, 40
  /// lower-case digits each. `likely`: where its target may connect from, as far as that is known.
  /// Errors: Network, when not one address could be listened on.
  Result<std::unique_ptr<Ticket>> wait_for(std::vector<std::string> hashes,
                                           const std::vector<SocketAddress>& likely = {});

  /// Does a ticket hold this hash?
  bool waits_for(const std::string& hash) const { return find(hash) != nullptr; }
  /// Where it listens now, with ports; empty when nobody waits.
  std::vector<SocketAddress> addresses() const;

 private:
  Result<void> open();
  void accepted(UniqueFd connection, const SocketAddress& peer);
  void make_room();
  int claim_of(const Connection& one, const Bytes& crowded) const;
  bool is_likely(const Bytes& net) const;
  void give_up(const Connection& connection);
  std::unique_ptr<Connection> take_out(const Connection& connection);
  void identify(Connection& connection);
  void drop(Connection& connection);
  Ticket* find(const std::string& hash) const;

  Network& network_;
  Timers& timers_;
  const std::vector<SocketAddress> listen_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::list<Ticket*> tickets_;
  std::list<std::unique_ptr<Connection>> unproven_;  // oldest first
  std::map<Bytes, std::size_t> shares_;              // of unproven_, by net
  std::set<Bytes> suspects_;                         // nets that came and proved nothing
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/iq_channel.h"
#include "io/timer.h"
#include "transport/s5b_config.h"
#include "xep/xep0065_bytestreams.h"

namespace xmppftd {

/// The proxies of one account: those the user named and those its own server lists (XEP-0065
/// section 4), no others. Found by disco items, then info (identity proxy/bytestreams; the name is
/// cosmetic), then address; the server itself may be one. Kept for an hour. Each reply is believed
/// only from the JID that was asked. Lives as long as the account.
///
/// However many items a server lists, all are asked, kAskAtOnce at a time, those first whose name
/// promises something; one that does not answer in time makes room for the next. Nobody waits
/// longer than kReadyWithin for it, the search goes on for kSearchWithin, and what is left is told
/// in the log.
class S5bProxies {
 public:
  S5bProxies(IqChannel& iq, Timers& timers, bool use_server_proxy, std::vector<NamedProxy> named);
  ~S5bProxies();
  S5bProxies(const S5bProxies&) = delete;
  S5bProxies& operator=(const S5bProxies&) = delete;

  static constexpr std::chrono::seconds kReadyWithin{5};
  static constexpr std::chrono::seconds kSearchWithin{60};
  static constexpr std::size_t kAskAtOnce = 16;
  static constexpr std::chrono::seconds kMakesRoomAfter{2};
  static constexpr std::chrono::hours kFresh{1};
  static constexpr std::chrono::minutes kFreshWhenNone{5};  ///< a search that found nothing

  /// Searches, unless what is known is fresh or a search is under way. At login, so that the first
  /// transfer need not wait.
  void refresh();
  /// The session is over: what its server listed is forgotten.
  void session_ended();

  /// Destroying it cancels.
  class Wait {
   public:
    virtual ~Wait() = default;
  };
  /// refresh(), then `ready` once, within 5 s, whatever was found; never before this returns.
  [[nodiscard]] std::unique_ptr<Wait> when_ready(Callback<void()> ready);

  /// Is there no more to be found: did the last search come to its end, with an answer from each?
  bool searched_all() const { return found_at_ && !searching_ && unanswered_ == 0 && !doubtful_; }

  /// Where our own connection to the server goes, in this session: of a proxy's places the one that
  /// is most likely to work.
  void set_server(const std::optional<SocketAddress>& address) { server_ = address; }
  const std::optional<SocketAddress>& server() const { return server_; }

  /// Where the known proxies are: the user's first, then the server's; of one proxy names and IPv4
  /// first. Several may share a JID (Openfire). Link-local addresses are left out.
  std::vector<StreamHost> hosts() const;
  /// Is `host` one of those, by JID, host and port?
  bool knows(const StreamHost& host) const;

 private:
  class Waiter;
  void ask_server();
  void ask_identity(const Jid& item);
  void ask_address(const Jid& proxy);
  void ask_next();
  void ask(const Jid& whom, Element payload, Callback<void(const Element&)> on_result);
  void answered(const IqReply& reply);
  void tell_waiters();
  void finish();

  IqChannel& iq_;
  Timers& timers_;
  const bool use_server_proxy_;
  const std::vector<NamedProxy> named_;
  std::vector<std::vector<StreamHost>> named_hosts_;  // beside named_
  std::vector<StreamHost> server_hosts_;
  std::vector<std::unique_ptr<IqRequest>> requests_;       // of this search
  std::deque<Jid> to_ask_;                                 // items that wait for their turn
  std::map<std::uint64_t, std::unique_ptr<Timer>> turns_;  // items asked of late
  std::uint64_t turn_ = 0;
  std::size_t unanswered_ = 0;
  bool searching_ = false;
  bool ready_ = false;     // whoever waited for this search has been told
  bool doubtful_ = false;  // somebody did not answer, or was not asked
  std::optional<SocketAddress> server_;
  std::unique_ptr<Timer> deadline_;
  std::optional<Timers::Clock::time_point> found_at_;
  std::list<Waiter*> waiters_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>

#include "io/xmpp_link.h"
#include "strophe/resolver.h"
#include "strophe/sasl.h"
#include "strophe/stream.h"

namespace xmppftd {

/// One login of one account and what follows: from looking up the server to the end of the stream.
///
///   Resolving <-> Connecting -> Up -> Closing -> ended
///
/// A login is a walk: through the addresses of the domain's servers, best first; at each through
/// the SASL mechanisms, as long as it refuses them, and through resources, as long as they are
/// taken; and wherever <see-other-host/> leads, at most three times. Whatever goes wrong, the next
/// address is tried. Only a server that refused all that we may log in with ends the walk.
///
/// on_down() comes within 50 s of the start unless on_up() came before, plus what other logins hold
/// the thread up.
class Session final : private Stream::Handler {
 public:
  class Handler {
   public:
    /// This and what follows may come from inside libstrophe: the Session must not be destroyed.
    virtual void on_step(std::string step) = 0;
    virtual void on_server(const SocketAddress& at) = 0;  ///< just before on_up()
    virtual void on_up(const Jid& bound) = 0;
    virtual void on_stanza(Element stanza) = 0;
    virtual void on_down(Down why) = 0;  ///< once, last; may destroy the Session

   protected:
    ~Handler() = default;
  };

  /// Starts at once. `handler` outlives the Session.
  Session(const StreamServices& services, Login login, Handler& handler);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Queues stanzas; ignored unless up.
  void send(std::string xml);
  /// Ends what there is; on_down(User) comes within 3 s, at once when not up.
  void close();

 private:
  enum class State { Resolving, Connecting, Up, Closing };
  void on_bound(Jid bound) override;
  void on_stanza(Element stanza) override { handler_.on_stanza(std::move(stanza)); }
  void on_ended(StreamOutcome end) override;

  void resolve(Question question);
  void resolved(LookupAnswer answer);
  void try_next();
  void try_current();
  bool try_current_again(const StreamOutcome& end);
  bool follow(const std::string& other_host);
  void limit(std::chrono::milliseconds delay, Down why);
  void step(std::string what);
  void keep_worst(const Down& why);
  void end(Down why);

  StreamServices services_;
  Login login_;
  Handler& handler_;
  const std::string account_;  // for the log
  SaslWalk sasl_;
  State state_ = State::Resolving;
  Timers::Clock::time_point deadline_;
  std::deque<Candidate> candidates_;  // not tried yet
  Candidate current_;
  std::string resource_;    // to ask for; "" = the server's choice
  unsigned resources_ = 1;  // asked for so far
  unsigned redirects_ = 0;
  std::set<std::string> strangers_;  // endpoints where something answered that was no XMPP
  Down worst_;                       // of the failures, the one that came furthest
  std::string worst_at_;
  std::unique_ptr<Lookup> lookup_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Timer> limit_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/xmpp_link.h"
#include "strophe/resolver.h"
#include "strophe/stream.h"

namespace xmppftd {

/// One login of one account and what follows: from looking up the server to the end of the stream.
///
///   Resolving -> Connecting (one address after another) -> Up -> Closing -> ended
///
/// on_down() comes within 50 s of the start unless on_up() came before, plus what other logins hold
/// the thread up.
class Session final : private Stream::Handler {
 public:
  class Handler {
   public:
    /// This and on_stanza() may come from inside libstrophe: the Session must not be destroyed.
    virtual void on_up(const Jid& bound) = 0;
    virtual void on_stanza(Element stanza) = 0;
    virtual void on_down(Error why) = 0;  ///< once, last; may destroy the Session

   protected:
    ~Handler() = default;
  };

  /// Starts at once. `handler` outlives the Session.
  Session(const StreamServices& services, Login login, Handler& handler);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Queues stanzas; ignored unless up.
  void send(std::string xml);
  /// Ends what there is; on_down(Cancelled) comes within 3 s, at once when not up.
  void close();

 private:
  enum class State { Resolving, Connecting, Up, Closing };
  void on_bound(Jid bound) override;
  void on_stanza(Element stanza) override { handler_.on_stanza(std::move(stanza)); }
  void on_ended(Error why, bool reached) override;
  void resolved(Result<std::vector<Candidate>> found);
  void try_next();
  void limit(std::chrono::milliseconds delay, Error why);
  void end(Error why);
  std::string account() const;

  StreamServices services_;
  Login login_;
  Handler& handler_;
  State state_ = State::Resolving;
  Timers::Clock::time_point deadline_;
  std::vector<Candidate> candidates_;
  std::size_t next_ = 0;
  std::unique_ptr<Lookup> lookup_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Timer> limit_;
};

}  // namespace xmppftd

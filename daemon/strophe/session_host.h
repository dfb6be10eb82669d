// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "io/xmpp_link.h"
#include "strophe/edge_watch.h"
#include "strophe/lifeline.h"
#include "strophe/low_fds.h"
#include "strophe/outbox.h"
#include "strophe/session.h"
#include "uv/loop.h"

namespace xmppftd {

/// Names one login across the threads; never used twice.
using SessionId = std::uint64_t;

/// The XMPP thread's own side: its loop and the sessions in it. Everything here happens on that
/// thread; post() to its loop is the way in.
class SessionHost {
 public:
  /// Told on the XMPP thread.
  class Events {
   public:
    virtual void on_step(SessionId id, std::string step) = 0;
    virtual void on_server(SessionId id, const SocketAddress& at) = 0;
    virtual void on_up(SessionId id, const Jid& bound) = 0;
    virtual void on_stanza(SessionId id, Element stanza) = 0;
    virtual void on_down(SessionId id, Down why) = 0;

   protected:
    ~Events() = default;
  };

  /// `lifeline` and `events` outlive the host.
  SessionHost(Lifeline& lifeline, Events& events);
  ~SessionHost();
  SessionHost(const SessionHost&) = delete;
  SessionHost& operator=(const SessionHost&) = delete;

  Loop& loop() noexcept { return loop_; }

  void start(SessionId id, Login login);
  void send(SessionId id, std::string xml);
  /// Ends the session in order.
  void close(SessionId id);
  /// Ends it on the spot; nothing more is told of it.
  void drop(SessionId id);
  /// Closes all sessions, at most for 3 s, and then stops the loop.
  void shut_down();

 private:
  class Client;
  void ended(SessionId id, Down why);

  Events& events_;
  Loop loop_;
  EdgePoll poll_;
  LowFds low_fds_;
  StreamServices services_;
  std::map<SessionId, std::unique_ptr<Client>> clients_;
  std::unique_ptr<Timer> patience_;  // set: shutting down
};

}  // namespace xmppftd

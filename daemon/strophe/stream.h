// SPDX-License-Identifier: MIT
#pragma once

#include <strophe.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/xmpp_link.h"
#include "strophe/context.h"
#include "strophe/down_reason.h"
#include "strophe/edge_watch.h"
#include "strophe/lifeline.h"
#include "strophe/long_answer.h"
#include "strophe/low_fds.h"
#include "strophe/outbox.h"
#include "strophe/resolver.h"
#include "strophe/stream_policy.h"
#include "uv/loop.h"
#include "xep/element.h"

namespace xmppftd {

/// What all streams of the XMPP thread share.
struct StreamServices {
  Loop& loop;
  EdgePoll& poll;
  LowFds& low_fds;
  Lifeline& lifeline;
};

/// One libstrophe connection to one address, from TCP to the end: TLS, SASL, bind, stanzas. It has
/// a libstrophe context of its own, and both die with it, so nothing of one login is left in the
/// next.
///
///   LoggingIn -> Up -> Closing -> Ended, and from each to Ended
///
/// libstrophe gets the password only once the server's certificate was judged and a mechanism
/// chosen; until then it has nothing to give away.
class Stream final : private StreamPolicy {
 public:
  class Handler {
   public:
    /// Called from inside libstrophe: must not destroy the Stream.
    virtual void on_bound(Jid bound) = 0;
    /// A stanza of ours, complete. Called from inside libstrophe: must not destroy the Stream.
    virtual void on_stanza(Element stanza) = 0;
    /// Last call; may destroy the Stream. `reached` = the address answered, so another one of the
    /// same server would do no better.
    virtual void on_ended(Error why, bool reached) = 0;

   protected:
    ~Handler() = default;
  };

  /// `login` and `handler` outlive the Stream.
  Stream(const StreamServices& services, const Login& login, Handler& handler);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Once. An error means that no call will follow.
  Result<void> start(const Candidate& to);
  /// Queues stanzas; ignored unless up. on_ended() may come before it returns.
  void send(std::string xml);
  /// Ends the stream in order: on_ended(Cancelled) follows when the server has closed it too, or
  /// after 2 s.
  void close();

 private:
  enum class State { LoggingIn, Up, Closing, Ended };
  struct Inside;

  // What libstrophe calls.
  static int on_socket(xmpp_conn_t*, void* socket) noexcept;
  static int on_certificate_complaint(const xmpp_tlscert_t*, const char* complaint) noexcept;
  static void on_connection(xmpp_conn_t*, xmpp_conn_event_t, int, xmpp_stream_error_t*,
                            void* self) noexcept;
  static int on_any_stanza(xmpp_conn_t*, xmpp_stanza_t*, void* self) noexcept;
  std::string choose_mechanism(const std::vector<std::string>& offered) override;
  bool on_features(const Features& features) override;
  bool on_challenge(std::string_view base64) override;
  void on_sasl_success() override { sasl_done_ = true; }
  void on_sasl_failure(std::string_view condition) override;
  bool may_be_long(std::string_view id, std::string_view from) override;
  void on_truncated(bool truncated) override { truncated_ = truncated; }
  void on_refused(std::string_view why) override;

  void connected();
  void disconnected(int error, const xmpp_stream_error_t* stream_error);
  Error why_lost(int error) const;
  void answer_truncated(const Element& stanza);
  void fail(Error why);
  Result<void> judge_server();

  void queue(std::string xml);
  void pump();
  void run_once();
  void feed();
  bool more_to_do();
  void tick();
  void end();

  StreamServices services_;
  const Login& login_;
  const std::string account_;  // our bare JID
  Handler& handler_;

  State state_ = State::LoggingIn;
  std::optional<Error> why_;  // the first reason to end; set = the stream ends
  bool reached_ = false;      // TCP answered
  bool cut_ = false;          // by the core, stuck in libstrophe
  bool tls_features_ = false;
  bool sasl_done_ = false;
  bool truncated_ = false;
  unsigned ticks_ = 0;
  std::vector<std::string> complaints_;  // of OpenSSL about the certificate

  LongAnswer long_answer_;
  Outbox outbox_;
  std::size_t in_flight_ = 0;  // bytes of the batch libstrophe has

  LoginLog log_;
  StropheHeap heap_;
  StropheContext context_;
  xmpp_conn_t* conn_;
  EdgeWatch watch_;
  Soon soon_;
  std::unique_ptr<Timer> tick_;
};

}  // namespace xmppftd

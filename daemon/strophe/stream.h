// SPDX-License-Identifier: MIT
#pragma once

#include <strophe.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/xmpp_link.h"
#include "strophe/certificate.h"
#include "strophe/context.h"
#include "strophe/down_reason.h"
#include "strophe/edge_watch.h"
#include "strophe/lifeline.h"
#include "strophe/long_answer.h"
#include "strophe/low_fds.h"
#include "strophe/outbox.h"
#include "strophe/resolver.h"
#include "strophe/sasl.h"
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

/// How a stream ended, and how far it had come.
struct StreamOutcome {
  Down why;
  bool reached = false;      ///< TCP was answered
  bool heard = false;        ///< and XMPP spoken
  bool sasl_failed = false;  ///< by the mechanism that was tried
  std::string other_host;    ///< of <see-other-host/>; "" = none
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
    /// The first is <stream:features/>, with what we make use of behind the login.
    virtual void on_stanza(Element stanza) = 0;
    /// Last call; may destroy the Stream.
    virtual void on_ended(StreamOutcome end) = 0;

   protected:
    ~Handler() = default;
  };

  /// `login`, `sasl` and `handler` outlive the Stream.
  Stream(const StreamServices& services, const Login& login, SaslWalk& sasl, Handler& handler);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Once. Asks for `resource` ("" = the server's choice). Until the server is told the password
  /// it may be silent for `silence` at a time, and behind that for 20 s. An answer means that no
  /// call will follow.
  std::optional<Down> start(const Candidate& to, const std::string& resource,
                            std::chrono::milliseconds silence);
  /// Queues stanzas; ignored unless up. on_ended() may come before it returns.
  void send(std::string xml);
  /// Ends the stream in order: on_ended(User) follows when the server has closed it too, or
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
  Handshake handshake() override;
  bool on_handshake_wait(std::uint64_t heard) override;
  void on_header(std::string_view from) override;
  std::string choose_mechanism(const std::vector<std::string>& offered) override;
  bool on_features(const Features& features) override;
  bool on_challenge(std::string_view base64) override;
  void on_sasl_success() override;
  void on_sasl_failure(std::string_view condition, std::string_view text) override;
  void on_bind_failure(std::string_view condition, std::string_view text) override;
  void on_stream_error(std::string_view condition, std::string_view content,
                       std::string_view text) override;
  bool may_be_long(std::string_view id, std::string_view from) override;
  void on_contact_list(Element query) override { contact_list_ = std::move(query); }
  void on_truncated(bool truncated) override { truncated_ = truncated; }
  void on_refused(std::string_view why) override;

  void connected();
  Element features_element() const;
  void disconnected(int error);
  Down why_lost(int error);
  Down why_no_xmpp() const;
  void answer_truncated(const Element& stanza);
  void fail(Down why);
  std::optional<Down> judge_server();
  void set_jid(const std::string& local);

  void queue(std::string xml);
  void pump();
  void run_once();
  void feed();
  bool more_to_do();
  void tick();
  void end();

  StreamServices services_;
  const Login& login_;
  const std::string domain_;  // as certificates know it
  SaslWalk& sasl_;
  Handler& handler_;
  std::string resource_;
  TlsWay way_ = TlsWay::StartTls;

  State state_ = State::LoggingIn;
  std::optional<Down> why_;  // the first reason to end; set = the stream ends
  StreamOutcome end_;        // all else about it
  bool cut_ = false;         // stuck in a handshake
  bool tls_features_ = false;
  bool sasl_done_ = false;
  bool truncated_ = false;
  unsigned ticks_ = 0;
  std::chrono::milliseconds silence_{};  // allowed
  std::chrono::milliseconds silent_{};   // for so long
  Timers::Clock::time_point handshake_heard_at_{};
  std::uint64_t handshake_heard_ = 0;  // bytes
  std::vector<Complaint> complaints_;  // of OpenSSL about the certificates
  std::string certificate_;            // the server's fingerprint

  LongAnswer long_answer_;
  std::optional<Element> contact_list_;  // of the stanza that libstrophe is about to deliver
  std::optional<Jid> bound_;
  bool pre_approval_ = false;
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

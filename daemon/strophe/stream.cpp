// SPDX-License-Identifier: MIT
#include "strophe/stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>
#include <utility>

#include "base/log.h"
#include "strophe/certificate.h"
#include "strophe/element.h"
#include "strophe/sasl.h"
#include "xep/namespaces.h"
#include "xep/stanza.h"

namespace xmppftd {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 250ms;   // libstrophe's own timers run only inside run_once
constexpr unsigned kNudge = 2;  // ticks between two spaces
constexpr std::size_t kBurst = Outbox::kMaxStanzas / 4;
constexpr int kTurns = 256;       // of run_once, then other accounts have their turn
constexpr int kSettledPlain = 2;  // run_once writes what the one before has queued
constexpr int kSettledTls = 5;    // and OpenSSL may hold 12 KiB that no poll() shows

// A server that vanished is noticed within 90 s: probes begin after 45 s of silence.
constexpr int kKeepIdle = 45;
constexpr int kKeepInterval = 15;
constexpr int kKeepCount = 3;
// With bytes of ours under way too. Not sooner: a server whose shaper reads 3 kB/s (ejabberd's example) closes its window
// for half a minute after what it took at once.
constexpr int kUserTimeout = 75'000;  // ms

void set_option(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof value);  // a server without it works too
}

void set_options(int fd) {
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepIdle);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepInterval);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepCount);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeout);
}

Certificate read_certificate(const xmpp_tlscert_t* shown) {
  const auto text = [&](xmpp_cert_element_t which) {
    const char* const value = xmpp_tlscert_get_string(shown, which);
    return std::string(value == nullptr ? "" : value);
  };
  return {text(XMPP_CERT_SUBJECT), text(XMPP_CERT_ISSUER), text(XMPP_CERT_NOTBEFORE),
          text(XMPP_CERT_NOTAFTER), text(XMPP_CERT_FINGERPRINT_SHA256)};
}

/// Whether the core wants to see it. The reply to libstrophe's own request, behind which it says
/// CONNECT, is shown to us too.
bool is_stanza_of_ours(const Element& stanza) {
  if (stanza.xmlns != kNsClient) return false;
  if (stanza.name != "iq") return stanza.name == "message" || stanza.name == "presence";
  const auto id = stanza.attribute_or_empty("id");
  return stanza.attribute_or_empty("type") != "result" ||
         (id != "_xmpp_bind1" && id != "_xmpp_session1");
}

}  // namespace

/// Around every call into libstrophe: whose policy its parser asks, whom its callbacks without
/// userdata mean, and by what the core can cut it.
struct Stream::Inside {
  explicit Inside(Stream& stream)
      : policy(stream), lifeline(stream.services_.lifeline, stream.watch_.fd()) {
    current = &stream;
  }
  ~Inside() { current = nullptr; }
  static inline thread_local Stream* current = nullptr;
  PolicyScope policy;
  Lifeline::Inside lifeline;
};

Stream::Stream(const StreamServices& services, const Login& login, Handler& handler)
    : services_(services),
      login_(login),
      account_(login.jid.bare().str()),
      handler_(handler),
      context_(make_context(heap_, log_.native())),
      conn_(xmpp_conn_new(context_.get())),
      watch_(services.poll, [this] { pump(); }),
      soon_(services.loop, [this] { pump(); }) {
  xmpp_conn_set_flags(conn_, XMPP_CONN_FLAG_MANDATORY_TLS | XMPP_CONN_FLAG_DISABLE_SM);
  xmpp_conn_set_jid(conn_, login.jid.str().c_str());
  if (!login.ca_file.empty()) xmpp_conn_set_cafile(conn_, login.ca_file.c_str());
  xmpp_conn_set_certfail_handler(conn_, &on_certificate_complaint);
  xmpp_conn_set_sockopt_callback(conn_, &on_socket);
  xmpp_handler_add(conn_, &on_any_stanza, nullptr, nullptr, nullptr, this);
}

Stream::~Stream() {
  state_ = State::Ended;
  // Else libstrophe waits up to a second for the other side's end of TLS.
  if (watch_.fd() >= 0) ::shutdown(watch_.fd(), SHUT_RDWR);
  xmpp_conn_release(conn_);
  watch_.drop();
  services_.low_fds.refill();
}

Result<void> Stream::start(const Candidate& to) {
  Inside inside(*this);
  int rc = XMPP_EINT;
  errno = EMFILE;
  while (rc != XMPP_EOK && errno == EMFILE && services_.low_fds.make_room()) {
    errno = 0;
    rc = xmpp_connect_client(conn_, to.address.c_str(), to.port, &on_connection, this);
  }
  const int error = errno;
  services_.low_fds.refill();
  if (rc != XMPP_EOK)
    return Error{Errc::Network, error == 0 ? "no connection" : strerrordesc_np(error)};
  tick_ = services_.loop.after(kTick, [this] { tick(); });
  return {};
}

void Stream::send(std::string xml) {
  if (state_ != State::Up) return;
  long_answer_.sent(xml);
  queue(std::move(xml));
  // A burst of the core's: the kernel may well take it, so do not count it against us.
  if (outbox_.stanzas() >= kBurst) pump();
}

void Stream::queue(std::string xml) {
  if (!outbox_.push(std::move(xml))) fail({Errc::Network, "send queue full"});
  soon_.ask();
}

void Stream::close() {
  if (state_ == State::Closing || state_ == State::Ended) return;
  state_ = State::Closing;
  // In the order sent: libstrophe takes it all now.
  while (!outbox_.empty()) {
    const std::string batch = outbox_.pop_batch();
    xmpp_send_raw(conn_, batch.data(), batch.size());
  }
  xmpp_disconnect(conn_);
  tick_ = services_.loop.after(kTick, [this] { tick(); });
  soon_.ask();
}

// ---- the pump (ENGINE 1.2) ----

void Stream::pump() {
  int turns = kTurns;
  for (int quiet = 0;
       !why_ && quiet < (xmpp_conn_is_secured(conn_) ? kSettledTls : kSettledPlain);) {
    feed();
    run_once();
    quiet = more_to_do() ? 0 : quiet + 1;
    if (--turns == 0) return soon_.ask();
  }
  if (why_) end();
}

void Stream::run_once() {
  {
    Inside inside(*this);
    xmpp_run_once(context_.get(), 0);
  }
  cut_ = cut_ || services_.lifeline.was_cut();
  if (watch_.fd() < 0) return;
  set_option(watch_.fd(), IPPROTO_TCP, TCP_QUICKACK, 1);  // resets itself (ENGINE 2.2)
  if (reached_) return;
  sockaddr_storage peer;
  socklen_t size = sizeof peer;
  reached_ = getpeername(watch_.fd(), reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

/// Hands libstrophe the next batch once it has written the one before.
void Stream::feed() {
  if (state_ != State::Up || xmpp_conn_send_queue_len(conn_) > 0) return;
  in_flight_ = 0;
  if (outbox_.empty()) return;
  const std::string batch = outbox_.pop_batch();
  in_flight_ = batch.size();
  // send_queue_len() does not count a text that is written in part. So a long one gets a last
  // character of its own, which is counted until all before it is written.
  const std::size_t tail = batch.size() > Outbox::kBatch ? 1 : 0;
  xmpp_send_raw(conn_, batch.data(), batch.size() - tail);
  if (tail != 0) xmpp_send_raw(conn_, batch.data() + batch.size() - tail, tail);
}

bool Stream::more_to_do() {
  const bool sending = in_flight_ > 0 || !outbox_.empty() || xmpp_conn_send_queue_len(conn_) > 0;
  return watch_.ready(static_cast<short>(sending ? POLLIN | POLLOUT : POLLIN)) != 0;
}

void Stream::tick() {
  if (state_ == State::Up) return;
  tick_ = services_.loop.after(kTick, [this] { tick(); });
  // COMPAT Openfire: sits on what follows the end of the TLS handshake until more bytes come
  // (INTEROP-openfire 1.7). Only where a space stands inside the stream: behind <auth/> it would
  // come before the XML declaration of the next one.
  if (state_ == State::LoggingIn && !tls_features_ && xmpp_conn_is_secured(conn_) &&
      ++ticks_ % kNudge == 0)
    xmpp_send_raw(conn_, " ", 1);
  pump();
}

void Stream::end() {
  state_ = State::Ended;
  tick_.reset();
  handler_.on_ended(std::move(*why_), reached_);
}

void Stream::fail(Error why) {
  if (!why_) why_ = std::move(why);
}

// ---- what libstrophe tells ----

int Stream::on_socket(xmpp_conn_t* /*conn*/, void* socket) noexcept {
  Stream& self = *Inside::current;
  const int fd = *static_cast<const int*>(socket);
  if (!LowFds::fits(fd)) {
    errno = EMFILE;
    return -1;
  }
  set_options(fd);
  if (!self.watch_.watch(fd)) return -1;
  self.services_.lifeline.hold(self.watch_.fd());
  return 0;
}

/// Lets the handshake go on: only behind it is the server's own certificate to be had, which may be
/// another than the one that OpenSSL complains of. judge_server() decides.
int Stream::on_certificate_complaint(const xmpp_tlscert_t* /*shown*/,
                                     const char* complaint) noexcept {
  auto& complaints = Inside::current->complaints_;
  if (complaints.size() < 8) complaints.emplace_back(complaint);
  return 1;
}

void Stream::on_connection(xmpp_conn_t* /*conn*/, xmpp_conn_event_t event, int error,
                           xmpp_stream_error_t* stream_error, void* data) noexcept {
  auto& self = *static_cast<Stream*>(data);
  if (self.state_ == State::Ended) return;  // our destructor
  if (event == XMPP_CONN_CONNECT) return self.connected();
  self.disconnected(error, stream_error);
}

int Stream::on_any_stanza(xmpp_conn_t* /*conn*/, xmpp_stanza_t* stanza, void* data) noexcept {
  auto& self = *static_cast<Stream*>(data);
  // Behind a disconnect libstrophe parses the rest of what it has read.
  if (self.state_ != State::Up || self.why_) return 1;
  Element element = to_element(stanza);
  if (!is_stanza_of_ours(element)) return 1;
  if (self.truncated_)
    self.answer_truncated(element);
  else
    self.handler_.on_stanza(std::move(element));
  return 1;
}

void Stream::connected() {
  if (why_ || state_ == State::Closing) return;
  const char* const bound = xmpp_conn_get_bound_jid(conn_);
  auto jid = Jid::parse_stamped(bound == nullptr ? "" : bound);
  if (!jid || !sasl_done_ || !xmpp_conn_is_secured(conn_))
    return fail({Errc::Protocol, "the server bound no address"});
  log_.stop();
  xmpp_conn_set_pass(conn_, nullptr);
  state_ = State::Up;
  tick_.reset();
  handler_.on_bound(std::move(*jid));
}

void Stream::disconnected(int error, const xmpp_stream_error_t* told) {
  services_.lifeline.hold(-1);
  watch_.drop();
  if (state_ == State::Closing) return fail({Errc::Cancelled, "closed"});
  if (told != nullptr)
    return fail(stream_error(told->type, told->text == nullptr ? "" : told->text));
  fail(why_lost(error));
}

Error Stream::why_lost(int error) const {
  if (cut_ || services_.lifeline.was_cut())
    return {Errc::Timeout, "the server fell silent in the TLS handshake"};
  if (state_ == State::Up) return connection_lost(error);
  if (!reached_) {
    const int refused = log_.connect_error() != 0 ? log_.connect_error() : error;
    return {Errc::Network, refused == 0 ? "no connection" : strerrordesc_np(refused)};
  }
  if (!log_.tls_error().empty()) {
    const bool ours = log_.tls_error() == strerrordesc_np(EMFILE);  // it opens the CA's file
    return {ours ? Errc::Network : Errc::Tls, "the TLS handshake failed: " + log_.tls_error()};
  }
  return {Errc::Network,
          "the server ended the login" + (log_.complaint().empty() ? "" : ": " + log_.complaint())};
}

void Stream::on_refused(std::string_view why) {
  fail({Errc::Protocol, "the server sent what XMPP forbids: " + std::string(why)});
}

void Stream::answer_truncated(const Element& stanza) {
  log::warning("xmpp",
               log::shy(stanza.attribute_or_empty("from")) + ": dropped a stanza over the limits");
  const auto type = stanza.attribute_or_empty("type");
  if (stanza.name != "iq" || (type != "get" && type != "set")) return;
  Iq answer;
  answer.type = IqType::Error;
  answer.id = stanza.attribute_or_empty("id");
  answer.to = stanza.attribute_or_empty("from");
  answer.error = StanzaError::of(Condition::PolicyViolation);
  queue(answer.build().to_xml(kNsClient));
}

// ---- what we decide of the login ----

bool Stream::on_features(const Features& features) {
  if (!xmpp_conn_is_secured(conn_)) {
    if (!features.starttls) fail({Errc::Tls, "the server offers no encryption (STARTTLS)"});
    return true;
  }
  tls_features_ = true;
  // libstrophe 0.12.2 crashes on features without <bind/> (ENGINE 1.6).
  if (sasl_done_ && !features.bind) fail({Errc::Protocol, "the server lets us bind no resource"});
  if (!sasl_done_ && !features.mechanisms)
    fail({Errc::Protocol, "the server offers no way to log in"});
  return !why_;
}

std::string Stream::choose_mechanism(const std::vector<std::string>& offered) {
  if (!xmpp_conn_is_secured(conn_) || sasl_done_ || why_) return "";
  if (auto verdict = judge_server(); !verdict) {
    fail(std::move(verdict.error()));
    return "";
  }
  std::string best = best_mechanism(offered, login_.allow_plain);
  if (best.empty()) {
    const bool plain = !best_mechanism(offered, true).empty();
    fail({Errc::AuthFailed, plain ? "the server takes the password only as it is (SASL PLAIN), "
                                    "which needs allow_plain"
                                  : "the server offers no login mechanism that we know"});
  } else {
    xmpp_conn_set_pass(conn_, login_.password.reveal());
  }
  return best;
}

Result<void> Stream::judge_server() {
  const std::unique_ptr<xmpp_tlscert_t, decltype(&xmpp_tlscert_free)> shown(
      xmpp_conn_get_peer_cert(conn_), &xmpp_tlscert_free);
  if (!shown) return Error{Errc::Tls, "the server showed no certificate"};
  return judge_certificate(login_.jid.domain(), read_certificate(shown.get()), login_.pin,
                           complaints_);
}

bool Stream::may_be_long(std::string_view id, std::string_view from) {
  return state_ == State::Up && (from.empty() || from == account_) && long_answer_.take(id);
}

bool Stream::on_challenge(std::string_view base64) {
  if (!rounds_are_sane(base64))
    fail({Errc::Protocol, "the server asks for an absurd number of SCRAM rounds"});
  return !why_;
}

void Stream::on_sasl_failure(std::string_view condition) { fail(sasl_error(condition)); }

}  // namespace xmppftd

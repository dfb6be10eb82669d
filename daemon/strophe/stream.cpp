// SPDX-License-Identifier: MIT
#include "strophe/stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/log.h"
#include "base/system_error.h"
#include "model/namespaces.h"
#include "strophe/element.h"
#include "strophe/host.h"
#include "xep/roster.h"
#include "xep/stanza.h"

namespace xmppftd {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 250ms;   // libstrophe's own timers run only inside run_once
constexpr unsigned kNudge = 2;  // ticks between two spaces
constexpr auto kAnswer = 20s;   // to a password or a resource, for which a server may ask others
constexpr std::chrono::milliseconds kHandshakeSilence = 5s;  // all accounts wait with it
constexpr std::size_t kMaxComplaints = 8;
constexpr std::size_t kBurst = Outbox::kMaxStanzas / 4;
constexpr int kTurns = 256;       // of run_once, then other accounts have their turn
constexpr int kSettledPlain = 2;  // run_once writes what the one before has queued
constexpr int kSettledTls = 5;    // and OpenSSL may hold 12 KiB that no poll() shows

// A server that vanished is noticed within 90 s: probes begin after 45 s of silence.
constexpr int kKeepIdle = 45;
constexpr int kKeepInterval = 15;
constexpr int kKeepCount = 3;
// With bytes of ours under way too. Not sooner: a server whose shaper reads 3 kB/s (ejabberd's
// example) closes its window for half a minute after what it took at once.
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

std::optional<Certificate> read_certificate(const xmpp_tlscert_t* shown) {
  const char* const pem = xmpp_tlscert_get_pem(shown);
  return pem == nullptr ? std::nullopt : parse_certificate(pem);
}

/// libstrophe passes OpenSSL's words on, not its number.
Complaint::About about(std::string_view words) {
  if (words == X509_verify_cert_error_string(X509_V_ERR_CERT_NOT_YET_VALID))
    return Complaint::About::NotYetValid;
  if (words == X509_verify_cert_error_string(X509_V_ERR_CERT_HAS_EXPIRED))
    return Complaint::About::Expired;
  return Complaint::About::Other;
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

Stream::Stream(const StreamServices& services, const Login& login, SaslWalk& sasl, Handler& handler)
    : services_(services),
      login_(login),
      domain_(login.jid.ascii_domain()),
      sasl_(sasl),
      handler_(handler),
      context_(make_context(heap_, log_.native())),
      conn_(xmpp_conn_new(context_.get())),
      watch_(services.poll, [this] { pump(); }),
      soon_(services.loop, [this] { pump(); }) {
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

std::optional<Down> Stream::start(const Candidate& to, const std::string& resource,
                                  std::chrono::milliseconds silence) {
  way_ = to.way;
  resource_ = resource;
  silence_ = silence;
  xmpp_conn_set_flags(conn_, XMPP_CONN_FLAG_MANDATORY_TLS | XMPP_CONN_FLAG_DISABLE_SM |
                                 (way_ == TlsWay::Direct ? XMPP_CONN_FLAG_LEGACY_SSL : 0));
  set_jid(std::string(login_.jid.local()));
  Inside inside(*this);
  int rc = XMPP_EINT;
  errno = EMFILE;
  while (rc != XMPP_EOK && errno == EMFILE && services_.low_fds.make_room()) {
    errno = 0;
    rc = xmpp_connect_client(conn_, to.address.c_str(), to.port, &on_connection, this);
  }
  const int error = errno;
  services_.low_fds.refill();
  if (rc != XMPP_EOK) return connect_error(error);
  tick_ = services_.loop.after(kTick, [this] { tick(); });
  return std::nullopt;
}

/// libstrophe takes the domain of its first JID for `to`, and the local part of its JID at the time
/// for the user name of SASL.
void Stream::set_jid(const std::string& local) {
  std::string jid = local + "@" + std::string(login_.jid.domain());
  if (!resource_.empty()) jid += "/" + resource_;
  xmpp_conn_set_jid(conn_, jid.c_str());
}

void Stream::send(std::string xml) {
  if (state_ != State::Up) return;
  long_answer_.sent(xml);
  queue(std::move(xml));
  // A burst of the core's: the kernel may well take it, so do not count it against us.
  if (outbox_.stanzas() >= kBurst) pump();
}

void Stream::queue(std::string xml) {
  if (!outbox_.push(std::move(xml))) fail({AccountReason::Backoff, "send queue full", ""});
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

// ---- the pump ----

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
  set_option(watch_.fd(), IPPROTO_TCP, TCP_QUICKACK, 1);  // resets itself
  if (end_.reached) return;
  sockaddr_storage peer;
  socklen_t size = sizeof peer;
  end_.reached = getpeername(watch_.fd(), reinterpret_cast<sockaddr*>(&peer), &size) == 0;
  if (end_.reached) silent_ = 0ms;
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
  // Counted, not measured: another account's login may hold the thread up.
  silent_ += kTick;
  if (state_ == State::LoggingIn && silent_ > (sasl_.is_open() || sasl_done_ ? kAnswer : silence_))
    fail(why_no_xmpp());
  // COMPAT Openfire: sits on what follows the end of the TLS handshake until more bytes come.
  // Only where a space stands inside the stream: behind <auth/> it would
  // come before the XML declaration of the next one.
  if (state_ == State::LoggingIn && !tls_features_ && xmpp_conn_is_secured(conn_) &&
      ++ticks_ % kNudge == 0)
    xmpp_send_raw(conn_, " ", 1);
  pump();
}

void Stream::end() {
  state_ = State::Ended;
  tick_.reset();
  end_.why = std::move(*why_);
  if (sasl_.is_open()) {
    end_.why.detail += " (" + sasl_.mechanism() + ")";
    end_.sasl_failed = true;
    sasl_.broke_off();
  }
  if (end_.why.certificate.empty()) end_.why.certificate = certificate_;
  handler_.on_ended(std::move(end_));
}

void Stream::fail(Down why) {
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
int Stream::on_certificate_complaint(const xmpp_tlscert_t* shown, const char* complaint) noexcept {
  auto& complaints = Inside::current->complaints_;
  if (complaints.size() < kMaxComplaints)
    complaints.push_back(
        {about(complaint), complaint, read_certificate(shown).value_or(Certificate{})});
  return 1;
}

void Stream::on_connection(xmpp_conn_t* /*conn*/, xmpp_conn_event_t event, int error,
                           xmpp_stream_error_t* /*told already*/, void* data) noexcept {
  auto& self = *static_cast<Stream*>(data);
  if (self.state_ == State::Ended) return;  // our destructor
  if (event == XMPP_CONN_CONNECT) return self.connected();
  self.disconnected(error);
}

int Stream::on_any_stanza(xmpp_conn_t* /*conn*/, xmpp_stanza_t* stanza, void* data) noexcept {
  auto& self = *static_cast<Stream*>(data);
  auto contact_list = std::exchange(self.contact_list_, std::nullopt);
  // Behind a disconnect libstrophe parses the rest of what it has read.
  if (self.state_ != State::Up || self.why_) return 1;
  Element element = to_element(stanza);
  if (!is_stanza_of_ours(element)) return 1;
  if (contact_list) element.children.push_back(*std::move(contact_list));
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
    return fail({AccountReason::Protocol, "the server bound no address", ""});
  // A pin says nothing about the domain.
  if (jid->domain() != login_.jid.domain())
    return fail({AccountReason::WrongDomain,
                 "the server takes us for " + log::printable(jid->bare().str()), ""});
  log_.stop();
  xmpp_conn_set_pass(conn_, nullptr);
  state_ = State::Up;
  tick_.reset();
  bound_ = *jid;
  handler_.on_bound(std::move(*jid));
  handler_.on_stanza(features_element());
}

/// What our side of the session wants to know of the stream's features.
Element Stream::features_element() const {
  Element features("features", std::string(kNsStreams));
  if (pre_approval_) features.add(Element("sub", std::string(kNsPreApproval)));
  return features;
}

void Stream::disconnected(int error) {
  services_.lifeline.hold(-1);
  watch_.drop();
  if (state_ == State::Closing) return fail({AccountReason::User, "closed", ""});
  fail(why_lost(error));
}

Down Stream::why_lost(int error) {
  if (state_ == State::Up) return connection_lost(error);
  cut_ = cut_ || services_.lifeline.was_cut();
  if (cut_) return {AccountReason::Unreachable, "the server fell silent in the TLS handshake", ""};
  if (!end_.reached) return connect_error(log_.connect_error() != 0 ? log_.connect_error() : error);
  if (!log_.tls_error().empty()) {
    const bool ours = log_.tls_error() == strerrordesc_np(EMFILE);  // it opens the CA's file
    const bool stranger = way_ == TlsWay::Direct && !end_.heard && certificate_.empty();
    return {
        ours       ? AccountReason::Backoff
        : stranger ? AccountReason::NotXmpp
                   : AccountReason::TlsHandshake,
        "the TLS handshake failed: " + (ours ? system_error(EMFILE, "").detail : log_.tls_error()),
        ""};
  }
  if (!end_.heard) return why_no_xmpp();
  return {AccountReason::Server,
          "the server ended the login" + (log_.complaint().empty() ? "" : ": " + log_.complaint()),
          ""};
}

/// It answered, but not like this, or not at all.
Down Stream::why_no_xmpp() const {
  if (end_.heard) return {AccountReason::Unreachable, "the server fell silent in the login", ""};
  if (!end_.reached) return connect_error(ETIMEDOUT);
  return {
      AccountReason::NotXmpp,
      watch_.fd() < 0 ? "closed the connection without a word of XMPP" : "gave no answer in XMPP",
      ""};
}

void Stream::on_refused(std::string_view why) {
  if (!end_.heard)
    return fail({AccountReason::NotXmpp, "what answers there is no XMPP: " + std::string(why), ""});
  fail({AccountReason::Protocol, "the server sent what XMPP forbids: " + std::string(why), ""});
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

StreamPolicy::Handshake Stream::handshake() {
  end_.reached = true;
  handshake_heard_at_ = services_.loop.now();
  return {is_address(domain_) ? "" : domain_, way_ == TlsWay::Direct};
}

bool Stream::on_handshake_wait(std::uint64_t heard) {
  const auto now = services_.loop.now();
  if (heard != std::exchange(handshake_heard_, heard)) handshake_heard_at_ = now;
  cut_ = cut_ || now - handshake_heard_at_ > std::min(silence_, kHandshakeSilence);
  return !cut_;
}

void Stream::on_header(std::string_view from) {
  end_.heard = true;
  silent_ = 0ms;
  if (from.empty() || login_.pin.empty() || !xmpp_conn_is_secured(conn_)) return;
  // A pinned certificate says who the server is, not what it serves: what it says itself must do.
  if (to_ascii(without_brackets(from)) == domain_) return;
  fail({AccountReason::WrongDomain, "the server says that it serves " + log::printable(from), ""});
}

bool Stream::on_features(const Features& features) {
  silent_ = 0ms;
  if (!xmpp_conn_is_secured(conn_)) {
    if (!features.starttls)
      fail({AccountReason::NoTls, "the server offers no encryption (STARTTLS)", ""});
    return true;
  }
  tls_features_ = true;
  pre_approval_ = features.pre_approval;
  // libstrophe 0.12.2 crashes on features without <bind/>.
  if (sasl_done_ && !features.bind)
    fail({AccountReason::BindRefused, "the server lets us bind no resource", ""});
  if (!sasl_done_ && !features.mechanisms) {
    sasl_.choose({});
    fail(sasl_.down());
  }
  return !why_;
}

std::string Stream::choose_mechanism(const std::vector<std::string>& offered) {
  if (!xmpp_conn_is_secured(conn_) || sasl_done_ || why_) return "";
  if (auto refused = judge_server()) {
    fail(std::move(*refused));
    return "";
  }
  std::string best = sasl_.choose(offered);
  if (best.empty()) {
    fail(sasl_.down());
    return best;
  }
  const std::string local(login_.jid.local());
  const std::string user = saslprep(local).value_or(local);
  set_jid(best == "PLAIN" ? user : scram_escaped(user));
  xmpp_conn_set_pass(conn_, sasl_.password());
  return best;
}

std::optional<Down> Stream::judge_server() {
  const std::unique_ptr<xmpp_tlscert_t, decltype(&xmpp_tlscert_free)> shown(
      xmpp_conn_get_peer_cert(conn_), &xmpp_tlscert_free);
  const auto certificate = shown ? read_certificate(shown.get()) : std::nullopt;
  if (!certificate) return Down{AccountReason::Tls, "the server showed no certificate", ""};
  certificate_ = certificate->sha256;
  return judge_certificate(domain_, *certificate, login_.pin, complaints_, std::time(nullptr));
}

bool Stream::may_be_long(std::string_view id, std::string_view from) {
  if (state_ != State::Up) return false;
  // Only our server speaks to us in these names.
  const auto sender = Jid::parse(from);
  const bool ours = from.empty() || (sender && (*sender == *bound_ || *sender == bound_->bare() ||
                                                *sender == bound_->domain_jid()));
  return ours && long_answer_.take(id);
}

bool Stream::on_challenge(std::string_view base64) {
  silent_ = 0ms;
  if (!rounds_are_sane(base64))
    fail({AccountReason::Protocol, "the server asks for an absurd number of SCRAM rounds", ""});
  return !why_;
}

/// The next stream's header says who we are: no longer as SCRAM writes it.
void Stream::on_sasl_success() {
  sasl_done_ = true;
  silent_ = 0ms;
  sasl_.succeeded();
  set_jid(std::string(login_.jid.local()));
}

void Stream::on_sasl_failure(std::string_view condition, std::string_view text) {
  if (why_ || !sasl_.is_open()) return;
  sasl_.failed(condition, text);
  end_.sasl_failed = true;
  fail(sasl_.down());
}

void Stream::on_bind_failure(std::string_view condition, std::string_view text) {
  if (state_ == State::LoggingIn) fail(bind_error(condition, text));
}

void Stream::on_stream_error(std::string_view condition, std::string_view content,
                             std::string_view text) {
  if (condition == "see-other-host" && !why_) end_.other_host = content;
  const bool redirect = !end_.other_host.empty();
  fail(stream_error(condition, redirect ? "to " + end_.other_host : text));
}

}  // namespace xmppftd

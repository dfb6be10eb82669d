// SPDX-License-Identifier: MIT
#include "strophe/xmpp_thread.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <thread>
#include <utility>

#include "strophe/session_host.h"

namespace xmppftd {
namespace {

using namespace std::chrono_literals;

constexpr auto kLogin = 60s;  // the promise of XmppLink::connect()
constexpr auto kClose = 3s;   // and of close()
constexpr auto kStuck = 10s;  // inside libstrophe
constexpr auto kStuckAtTheEnd = 1s;
constexpr auto kWatch = 1s;

class Link;

/// What the XMPP thread's reports find on the core's side, long after a link or all of them are
/// gone: tasks on their way to the core share it (and so may outlive the XmppThread).
using Links = std::map<SessionId, Link*>;

/// A login or a close under way, and until when the core waits for its end.
struct Wait {
  Timers::Clock::time_point until;
  Down verdict;
};

}  // namespace

/// The core's side.
class XmppThread::Impl final : private SessionHost::Events {
 public:
  Impl(Poster& core, Timers& timers);
  ~Impl();

  Links& links() noexcept { return *links_; }
  SessionId start(Link& link, Login login);
  void send(SessionId id, std::string xml);
  void close(SessionId id);
  void settled(SessionId id) { waits_.erase(id); }

 private:
  void run(std::promise<SessionHost*> ready) noexcept;
  void await_end(SessionId id, std::chrono::milliseconds at_most, Down verdict);
  void watch();
  void look();

  // On the XMPP thread.
  void on_step(SessionId id, std::string step) override;
  void on_server(SessionId id, const SocketAddress& at) override;
  void on_up(SessionId id, const Jid& bound) override;
  void on_stanza(SessionId id, Element stanza) override;
  void on_down(SessionId id, Down why) override;
  template <class Report>
  void report(SessionId id, Report what);

  Poster& core_;
  Timers& timers_;
  std::shared_ptr<Links> links_ = std::make_shared<Links>();
  std::map<SessionId, Wait> waits_;
  std::unique_ptr<Timer> watchdog_;  // while anything is waited for
  SessionId last_ = 0;
  Lifeline lifeline_;
  std::promise<void> finished_;
  SessionHost* host_ = nullptr;  // lives on the XMPP thread
  std::thread thread_;
};

namespace {

/// The core's handle on one account's session. Each login has a SessionId of its own, so what an
/// earlier one still reports finds nobody.
class Link final : public XmppLink {
 public:
  Link(XmppThread::Impl& thread, Handler& handler) : thread_(thread), handler_(handler) {}
  ~Link() override {
    if (state_ == State::Down) return;
    thread_.links().erase(id_);
    thread_.close(id_);
  }

  void connect(Login login) override {
    if (state_ != State::Down) return;
    state_ = State::Connecting;
    id_ = thread_.start(*this, std::move(login));
  }
  void send(std::string xml) override {
    if (state_ == State::Up) thread_.send(id_, std::move(xml));
  }
  void close() override {
    if (state_ == State::Down || state_ == State::Closing) return;
    state_ = State::Closing;
    thread_.close(id_);
  }

  void step(std::string what) {
    if (state_ == State::Connecting) handler_.on_step(std::move(what));
  }
  void server(const SocketAddress& at) {
    if (state_ == State::Connecting) handler_.on_server(at);
  }
  void up(const Jid& bound) {
    if (state_ != State::Connecting) return;  // closed meanwhile
    state_ = State::Up;
    thread_.settled(id_);
    handler_.on_up(bound);
  }
  void stanza(Element stanza) {
    if (state_ == State::Up) handler_.on_stanza(std::move(stanza));
  }
  void down(Down why) {
    if (state_ == State::Closing) why = {AccountReason::User, "closed", ""};
    state_ = State::Down;
    thread_.links().erase(id_);
    thread_.settled(id_);
    handler_.on_down(std::move(why));
  }

 private:
  enum class State { Down, Connecting, Up, Closing };
  XmppThread::Impl& thread_;
  Handler& handler_;
  State state_ = State::Down;
  SessionId id_ = 0;
};

}  // namespace

XmppThread::Impl::Impl(Poster& core, Timers& timers) : core_(core), timers_(timers) {
  std::promise<SessionHost*> ready;
  auto made = ready.get_future();
  thread_ = std::thread([this, ready = std::move(ready)]() mutable { run(std::move(ready)); });
  host_ = made.get();
}

XmppThread::Impl::~Impl() {
  watchdog_.reset();
  host_->loop().post([host = host_] { host->shut_down(); });
  const auto finished = finished_.get_future();
  while (finished.wait_for(100ms) == std::future_status::timeout)
    lifeline_.cut_if_stuck(kStuckAtTheEnd);
  thread_.join();
}

void XmppThread::Impl::run(std::promise<SessionHost*> ready) noexcept {
  sigset_t all;  // signals are the core's, SIGPIPE is nobody's
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "xmpp");
  {
    SessionHost host(lifeline_, *this);
    ready.set_value(&host);
    host.loop().run();
  }
  finished_.set_value();
}

SessionId XmppThread::Impl::start(Link& link, Login login) {
  const SessionId id = ++last_;
  (*links_)[id] = &link;
  host_->loop().post([host = host_, id, login = std::move(login)]() mutable {
    host->start(id, std::move(login));
  });
  await_end(id, kLogin, {AccountReason::Unreachable, "no login within 60 s", ""});
  return id;
}

void XmppThread::Impl::send(SessionId id, std::string xml) {
  host_->loop().post(
      [host = host_, id, xml = std::move(xml)]() mutable { host->send(id, std::move(xml)); });
}

void XmppThread::Impl::close(SessionId id) {
  host_->loop().post([host = host_, id] { host->close(id); });
  await_end(id, kClose, {AccountReason::User, "closed", ""});
}

// ---- the watchdog ----

void XmppThread::Impl::await_end(SessionId id, std::chrono::milliseconds at_most, Down verdict) {
  waits_[id] = {timers_.now() + at_most, std::move(verdict)};
  watch();
}

/// Runs only while something is waited for: an idle daemon is not woken.
void XmppThread::Impl::watch() {
  if (waits_.empty()) return watchdog_.reset();
  auto next = timers_.now() + kWatch;
  for (const auto& [id, wait] : waits_) next = std::min(next, wait.until);
  const auto delay = std::chrono::ceil<std::chrono::milliseconds>(next - timers_.now());
  watchdog_ = timers_.after(std::max(delay, 1ms), [this] { look(); });
}

void XmppThread::Impl::look() {
  lifeline_.cut_if_stuck(kStuck);
  const auto late = std::find_if(waits_.begin(), waits_.end(), [&](const auto& wait) {
    return wait.second.until <= timers_.now();
  });
  if (late == waits_.end()) return watch();
  const SessionId id = late->first;
  Down verdict = std::move(late->second.verdict);
  waits_.erase(late);
  watch();
  host_->loop().post([host = host_, id] { host->drop(id); });
  const auto link = links_->find(id);
  if (link != links_->end()) link->second->down(std::move(verdict));
}

// ---- reports ----

template <class Report>
void XmppThread::Impl::report(SessionId id, Report what) {
  core_.post([links = links_, id, what = std::move(what)]() mutable {
    const auto link = links->find(id);
    if (link != links->end()) what(*link->second);
  });
}

void XmppThread::Impl::on_step(SessionId id, std::string step) {
  report(id, [step = std::move(step)](Link& link) mutable { link.step(std::move(step)); });
}

void XmppThread::Impl::on_server(SessionId id, const SocketAddress& at) {
  report(id, [at](Link& link) { link.server(at); });
}

void XmppThread::Impl::on_up(SessionId id, const Jid& bound) {
  report(id, [bound](Link& link) { link.up(bound); });
}

void XmppThread::Impl::on_stanza(SessionId id, Element stanza) {
  report(id, [stanza = std::move(stanza)](Link& link) mutable { link.stanza(std::move(stanza)); });
}

void XmppThread::Impl::on_down(SessionId id, Down why) {
  report(id, [why = std::move(why)](Link& link) mutable { link.down(std::move(why)); });
}

// ---- the face ----

XmppThread::XmppThread(Poster& core, Timers& core_timers)
    : impl_(std::make_unique<Impl>(core, core_timers)) {}
XmppThread::~XmppThread() = default;

std::unique_ptr<XmppLink> XmppThread::make(XmppLink::Handler& handler) {
  return std::make_unique<Link>(*impl_, handler);
}

}  // namespace xmppftd

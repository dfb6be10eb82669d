// SPDX-License-Identifier: MIT
#include "transport/s5b_connector.h"

#include <algorithm>

#include "protocol/socks5.h"

namespace xmppftd {

/// One address, or one name and then its first address.
///
///   Resolving -> Connecting -> Waiting (for its turn) -> Handshaking
///
/// and from each to Spent, where it is discreet and failed before its time was up.
class S5bConnector::Attempt final : public Socket::Handler {
 public:
  enum class State { Resolving, Connecting, Waiting, Handshaking, Spent };

  Attempt(S5bConnector& owner, Candidate candidate)
      : owner_(owner),
        candidate_(std::move(candidate)),
        client_(owner.task_.dst_addr_for ? owner.task_.dst_addr_for(candidate_.host)
                                         : owner.task_.dst_addr) {
    allow(kConnectWithin);
    if (candidate_.address) {
      connect();
      return;
    }
    const auto& host = candidate_.host;
    lookup_ = owner_.network_.resolve(
        host.host, host.port,
        [this](Result<std::vector<SocketAddress>> found) { resolved(std::move(found)); });
  }

  State state() const { return state_; }
  bool overdue() const { return overdue_; }
  bool discreet() const { return discreet_; }
  std::string name() const {
    return candidate_.address ? candidate_.address->str()
                              : candidate_.host.host + ":" + std::to_string(candidate_.host.port);
  }
  void start_handshake() {
    state_ = State::Handshaking;
    if (!discreet_) allow(kHandshakeWithin);
    socket_->write(Socks5Client::greeting());
    socket_->want(client_.wanted());
  }
  void spend() {
    state_ = State::Spent;
    lookup_.reset();
    socket_.reset();
  }
  S5bConnected take() { return {socket_->release(), candidate_.host, *candidate_.address}; }

  // Socket::Handler
  void on_connected() override {
    state_ = State::Waiting;
    if (!discreet_) {  // else its time is the same, whatever happens
      patience_.reset();
      overdue_ = false;
    }
    owner_.advance();
  }
  void on_bytes(ByteView bytes) override {
    const auto step = client_.feed(bytes);
    if (!step.reply.empty()) socket_->write(step.reply);
    socket_->want(client_.wanted());
    if (client_.state() == Socks5Client::State::Open) return owner_.succeeded(*this);
    if (client_.state() == Socks5Client::State::Failed)
      return owner_.failed(*this, client_.error().detail);
  }
  void on_closed(Error why) override {
    if (why.code == Errc::Unavailable) owner_.shortage_ = why;
    owner_.failed(*this, why.detail);
  }

 private:
  void allow(std::chrono::milliseconds time) {
    overdue_ = false;
    patience_ = owner_.timers_.after(time, [this] {
      overdue_ = true;
      owner_.advance();
    });
  }
  void connect() {
    state_ = State::Connecting;
    if (owner_.task_.discreet)
      discreet_ = owner_.task_.discreet(candidate_.host, *candidate_.address);
    socket_ = owner_.network_.connect(*candidate_.address, *this);
  }
  void resolved(Result<std::vector<SocketAddress>> found) {
    if (!found) return unusable(found.error().detail);
    std::string refused = "the name has no address";
    std::vector<SocketAddress> fine;
    for (const auto& address : *found) {
      const auto verdict =
          owner_.task_.allowed ? owner_.task_.allowed(candidate_.host, address) : Result<void>();
      if (verdict)
        fine.push_back(address);
      else
        refused = verdict.error().detail;
    }
    if (fine.empty()) return unusable(refused);
    candidate_.address = fine.front();
    fine.erase(fine.begin());
    owner_.push_further(candidate_.host, fine);
    connect();
  }
  /// What our resolver knows of a name is nobody's business either.
  void unusable(const std::string& why) {
    const bool literal = SocketAddress::parse(candidate_.host.host, 0).ok();
    discreet_ = owner_.task_.discreet && !literal;
    owner_.failed(*this, why);
  }

  S5bConnector& owner_;
  Candidate candidate_;
  Socks5Client client_;
  State state_ = State::Resolving;
  bool overdue_ = false;
  bool discreet_ = false;
  std::unique_ptr<Network::Lookup> lookup_;
  std::unique_ptr<Timer> patience_;
  std::unique_ptr<Socket> socket_;
};

S5bConnector::S5bConnector(Network& network, Timers& timers, Task task, Done done)
    : network_(network), timers_(timers), task_(std::move(task)), done_(std::move(done)) {
  std::size_t left_out = 0;
  for (auto& host : task_.hosts) {
    const bool doubled = std::any_of(queue_.begin(), queue_.end(), [&](const Candidate& one) {
      return one.host.host == host.host && one.host.port == host.port && one.host.jid == host.jid;
    });
    if (doubled) continue;
    if (queue_.size() < kMaxHosts)
      queue_.push_back({std::move(host), std::nullopt});
    else
      ++left_out;
  }
  if (left_out > 0 && task_.tell)
    task_.tell(std::to_string(left_out) + " more hosts are not tried; " +
               std::to_string(kMaxHosts) + " at most are");
  if (queue_.empty()) {
    budget_ = timers_.after({}, [this] { give_up(); });
    return;
  }
  budget_ = timers_.after(kBudget, [this] { enough(); });
  start_next();
}

S5bConnector::~S5bConnector() = default;

void S5bConnector::advance() {
  drop_overdue();
  if (!handshaking())
    if (auto* next = waiting()) next->start_handshake();
  while (attempts_.size() < kAtOnce && !queue_.empty() && (attempts_.empty() || !stagger_))
    start_next();
  if (attempts_.empty() && (late_ || !held_))
    finish(shortage_ ? *shortage_
                     : Error{Errc::StreamFailed, silence_ ? "no streamhost answered in time"
                                                          : "no streamhost could be reached"});
}

void S5bConnector::drop_overdue() {
  const bool place_wanted = attempts_.size() == kAtOnce && !queue_.empty();
  const bool turn_wanted = waiting() != nullptr;
  for (auto it = attempts_.begin(); it != attempts_.end();) {
    const auto& attempt = **it;
    const bool spent = attempt.state() == Attempt::State::Spent;
    const bool in_the_way = late_ || spent || place_wanted ||
                            (turn_wanted && attempt.state() == Attempt::State::Handshaking);
    if (!attempt.overdue() || !in_the_way) {
      ++it;
      continue;
    }
    if (!spent) {
      tell(attempt.name(), "no answer");
      silence_ = true;
    }
    it = attempts_.erase(it);
    if (!late_) return;  // one place is enough for now
  }
}

/// kBudget has passed.
void S5bConnector::enough() {
  late_ = true;
  budget_ = timers_.after(kLongBudget - kBudget, [this] { give_up(); });
  advance();
}

void S5bConnector::start_next() {
  Candidate next = std::move(queue_.front());
  queue_.pop_front();
  attempts_.push_back(std::make_unique<Attempt>(*this, std::move(next)));
  stagger_ = timers_.after(kStagger, [this] {
    stagger_.reset();
    advance();
  });
}

void S5bConnector::failed(Attempt& attempt, const std::string& why) {
  tell(attempt.name(), why);
  held_ = held_ || attempt.discreet();
  if (attempt.discreet() && !attempt.overdue()) {
    attempt.spend();
  } else {
    attempts_.remove_if([&](const auto& one) { return one.get() == &attempt; });
    stagger_.reset();  // its place is free: no reason to wait
  }
  advance();
}

/// Every host gets its first try first.
void S5bConnector::push_further(const StreamHost& host,
                                const std::vector<SocketAddress>& addresses) {
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (i + 1 < kMaxAddressesPerHost && further_ < kMaxHosts) {
      queue_.push_back({host, addresses[i]});
      ++further_;
    } else {
      ++left_out;
    }
  }
  if (left_out > 0) tell(host.host, std::to_string(left_out) + " more addresses are not tried");
}

void S5bConnector::give_up() {
  if (attempts_.empty()) return finish(Error{Errc::StreamFailed, "there is no streamhost to try"});
  for (const auto& attempt : attempts_)
    if (attempt->state() != Attempt::State::Spent) tell(attempt->name(), "no answer");
  for (const auto& [host, address] : queue_)
    tell(address ? address->str() : host.host + ":" + std::to_string(host.port),
         "not tried, time was up");
  finish(Error{Errc::StreamFailed, "no streamhost answered in time"});
}

void S5bConnector::tell(const std::string& where, const std::string& what) const {
  if (!task_.tell) return;
  task_.tell(what.starts_with(where) ? what : where + ": " + what);  // errors of sockets say where
}

void S5bConnector::succeeded(Attempt& attempt) {
  for (const auto& one : attempts_)
    if (one.get() != &attempt && one->state() != Attempt::State::Spent)
      tell(one->name(), "no answer before another one's");
  finish(attempt.take());
}

void S5bConnector::finish(Result<S5bConnected> result) {
  attempts_.clear();
  queue_.clear();
  stagger_.reset();
  budget_.reset();
  auto done = std::move(done_);
  done(std::move(result));  // may destroy us
}

S5bConnector::Attempt* S5bConnector::handshaking() const {
  for (const auto& one : attempts_)
    if (one->state() == Attempt::State::Handshaking) return one.get();
  return nullptr;
}

S5bConnector::Attempt* S5bConnector::waiting() const {
  for (const auto& one : attempts_)
    if (one->state() == Attempt::State::Waiting) return one.get();
  return nullptr;
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "transport/s5b_listener.h"

#include <algorithm>

#include "base/log.h"
#include "protocol/socks5.h"

namespace xmppftd {
namespace {

/// What counts as one address: IPv6 users own a /64.
Bytes net_of(const SocketAddress& peer) {
  Bytes net = peer.bytes();
  if (net.size() == 16) net.resize(8);
  return net;
}

}  // namespace

/// Greeting and request, then parked at a ticket.
class S5bListener::Connection final : public Socket::Handler {
 public:
  Connection(S5bListener& owner, UniqueFd descriptor, const SocketAddress& peer)
      : net(net_of(peer)),
        since(owner.timers_.now()),
        suspect(owner.suspects_.count(net) != 0),
        likely(owner.is_likely(net)),
        owner_(owner) {
    deadline_ = owner_.timers_.after(kHandshakeWithin, [this] { owner_.drop(*this); });
    socket_ = owner_.network_.adopt(std::move(descriptor), *this);
    socket_->want(server_.wanted());
  }

  const Bytes net;
  const Timers::Clock::time_point since;
  const bool suspect;
  const bool likely;
  Ticket* ticket = nullptr;

  bool greeted() const { return server_.state() != Socks5Server::State::AwaitingGreeting; }
  const std::string& hash() const { return server_.dst_addr(); }
  SocketAddress peer() const { return socket_->peer(); }
  void accept() {
    deadline_.reset();
    socket_->write(server_.accept());
    // Nothing comes this way before the end: a byte or an EOF means that the target is gone.
    socket_->want(1);
  }
  void refuse() { socket_->write(server_.refuse()); }
  UniqueFd release() { return socket_->release(); }

  // Socket::Handler
  void on_bytes(ByteView bytes) override {
    if (ticket) return owner_.drop(*this);
    const auto step = server_.feed(bytes);
    if (!step.reply.empty()) socket_->write(step.reply);
    if (server_.state() == Socks5Server::State::AwaitingVerdict) return owner_.identify(*this);
    if (server_.state() == Socks5Server::State::Failed) return owner_.drop(*this);
    socket_->want(server_.wanted());
  }
  void on_closed(Error) override { owner_.drop(*this); }

 private:
  S5bListener& owner_;
  Socks5Server server_;
  std::unique_ptr<Timer> deadline_;
  std::unique_ptr<Socket> socket_;
};

S5bListener::Ticket::Ticket(S5bListener& listener, std::vector<std::string> hashes,
                            std::vector<Bytes> likely)
    : listener_(listener), hashes_(std::move(hashes)), likely_(std::move(likely)) {
  listener_.tickets_.push_back(this);
}

S5bListener::Ticket::~Ticket() {
  listener_.tickets_.remove(this);
  if (!listener_.tickets_.empty()) return;
  listener_.listeners_.clear();
  listener_.unproven_.clear();
  listener_.shares_.clear();
}

UniqueFd S5bListener::Ticket::take() {
  auto connection = std::move(bound_);
  return connection->release();
}

SocketAddress S5bListener::Ticket::peer() const { return bound_->peer(); }

S5bListener::S5bListener(Network& network, Timers& timers, std::vector<SocketAddress> listen)
    : network_(network), timers_(timers), listen_(std::move(listen)) {}

S5bListener::~S5bListener() = default;

Result<std::unique_ptr<S5bListener::Ticket>> S5bListener::wait_for(
    std::vector<std::string> hashes, const std::vector<SocketAddress>& likely) {
  if (listeners_.empty())
    if (auto opened = open(); !opened) return opened.error();
  std::vector<Bytes> nets;
  std::transform(likely.begin(), likely.end(), std::back_inserter(nets), net_of);
  return std::unique_ptr<Ticket>(new Ticket(*this, std::move(hashes), std::move(nets)));
}

Result<void> S5bListener::open() {
  Error why{Errc::Network, "socks5.listen names no address"};
  for (const auto& where : listen_) {
    auto listener = network_.listen(where, [this](UniqueFd connection, const SocketAddress& peer) {
      accepted(std::move(connection), peer);
    });
    if (listener) {
      listeners_.push_back(*std::move(listener));
      continue;
    }
    why = listener.error();
    log::debug("s5b", "not listening on " + why.detail);  // no IPv6 on this machine, say
  }
  if (listeners_.empty()) return why;
  return {};
}

std::vector<SocketAddress> S5bListener::addresses() const {
  std::vector<SocketAddress> all;
  for (const auto& listener : listeners_) all.push_back(listener->address());
  return all;
}

void S5bListener::accepted(UniqueFd connection, const SocketAddress& peer) {
  if (unproven_.size() >= kMaxUnproven) make_room();
  unproven_.push_back(std::make_unique<Connection>(*this, std::move(connection), peer));
  ++shares_[unproven_.back()->net];
}

/// The connection with the smallest claim goes, of several the oldest.
void S5bListener::make_room() {
  const auto most =
      std::max_element(shares_.begin(), shares_.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  const Bytes crowded = most->second > kFairShare ? most->first : Bytes();
  const Connection* least = nullptr;
  int least_claim = 0;
  for (const auto& one : unproven_) {
    const int claim = claim_of(*one, crowded);
    if (least && claim >= least_claim) continue;
    least = one.get();
    least_claim = claim;
  }
  give_up(*least);
}

/// How much there is to say for keeping it.
int S5bListener::claim_of(const Connection& one, const Bytes& crowded) const {
  const bool silent = !one.greeted() && timers_.now() - one.since > kGreetWithin;
  const int talks = silent ? 0 : 1;
  if (one.net == crowded) return talks;
  if (one.likely) return 6;
  return (one.suspect ? 2 : 4) + talks;
}

bool S5bListener::is_likely(const Bytes& net) const {
  return std::any_of(tickets_.begin(), tickets_.end(), [&](const Ticket* ticket) {
    return std::find(ticket->likely_.begin(), ticket->likely_.end(), net) != ticket->likely_.end();
  });
}

/// An unproven one that will not prove itself any more.
void S5bListener::give_up(const Connection& connection) {
  if (suspects_.size() >= kMaxSuspects) suspects_.clear();
  suspects_.insert(connection.net);
  take_out(connection);
}

std::unique_ptr<S5bListener::Connection> S5bListener::take_out(const Connection& connection) {
  const auto share = shares_.find(connection.net);
  if (--share->second == 0) shares_.erase(share);
  const auto here = std::find_if(unproven_.begin(), unproven_.end(),
                                 [&](const auto& one) { return one.get() == &connection; });
  auto taken = std::move(*here);
  unproven_.erase(here);
  return taken;
}

void S5bListener::identify(Connection& connection) {
  Ticket* ticket = find(connection.hash());
  if (!ticket || ticket->bound()) {
    connection.refuse();
    return drop(connection);
  }
  suspects_.erase(connection.net);
  ticket->bound_ = take_out(connection);
  connection.ticket = ticket;
  connection.accept();
}

void S5bListener::drop(Connection& connection) {
  if (connection.ticket)
    connection.ticket->bound_.reset();
  else
    give_up(connection);
}

S5bListener::Ticket* S5bListener::find(const std::string& hash) const {
  for (auto* ticket : tickets_)
    if (std::find(ticket->hashes_.begin(), ticket->hashes_.end(), hash) != ticket->hashes_.end())
      return ticket;
  return nullptr;
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "transport/s5b_incoming.h"

#include <algorithm>
#include <utility>

#include "transport/s5b_carrier.h"

namespace xmppftd {

S5bIncoming::S5bIncoming(S5bTransport& transport, const StreamKey& key, const StreamTerms& terms,
                         Transport::Opened done)
    : transport_(transport),
      context_(transport.context_),
      key_(key),
      terms_(terms),
      dst_addr_(dst_addr(key.sid, key.peer.as_stamped(), key.self.as_stamped())),
      done_(std::move(done)) {
  transport_.expected_[{key_.peer, key_.sid}] = this;
  context_.proxies.refresh();  // so that our own server's proxy is recognised
}

S5bIncoming::~S5bIncoming() {
  if (done_) stop_expecting();
  for (auto& iq : asked_) iq.fail(StanzaError::of(Condition::NotAcceptable));
}

void S5bIncoming::offered(IncomingIq iq, BytestreamsQuery query) {
  if (!asked_.empty()) {
    if (iq.id() == asked_.front().id())
      asked_.push_back(std::move(iq));
    else
      iq.fail(StanzaError::of(Condition::NotAcceptable));
    return;
  }
  asked_.push_back(std::move(iq));
  query_ = std::move(query);
  for (const auto& host : query_.hosts)
    if (const auto literal = SocketAddress::parse(host.host, host.port);
        literal && is_peers_own(host))
      context_.peers->seen(key_.peer, *literal);
  if (terms_.direct && !terms_.own_proxy_only) return connect();
  proxies_ = context_.proxies.when_ready([this] { connect(); });
}

void S5bIncoming::connect() {
  S5bConnector::Task task;
  task.hosts = worth_trying();
  task.dst_addr = dst_addr_;
  task.dst_addr_for = [this](const StreamHost& host) { return dst_addr_for(host); };
  task.allowed = [this](const StreamHost& host, const SocketAddress& address) {
    return check_address(host, address);
  };
  // Our own machines may know what is closed in our network.
  if (key_.peer.bare() != key_.self.bare())
    task.discreet = [this](const StreamHost& host, const SocketAddress& address) {
      return !context_.proxies.knows(host) && context_.policy.is_private(address);
    };
  task.tell = [this](std::string detail) { tell(std::move(detail)); };
  if (query_.left_out > 0)
    tell("the peer names " + std::to_string(query_.left_out) + " more hosts, which are not read");
  connector_ = std::make_unique<S5bConnector>(
      context_.network, context_.timers, std::move(task),
      [this](Result<S5bConnected> result) { connected(std::move(result)); });
}

void S5bIncoming::tell(std::string detail) const {
  if (terms_.tell) terms_.tell("socks5", std::move(detail));
}

/// COMPAT QXmpp hashes addresses as somebody typed them: the requester checks its own listener's by
/// its own spelling, which it shows. A proxy has those that its server stamped.
std::string S5bIncoming::dst_addr_for(const StreamHost& host) const {
  if (!is_peers_own(host)) return dst_addr_;
  const auto& written = asked_.front().to();  // "" where our server left it out
  return dst_addr(key_.sid, host.jid, written.empty() ? key_.self.as_stamped() : written);
}

/// A proxy that the peer names sees our address, so it counts as the peer. Our
/// own server's does not.
bool S5bIncoming::is_allowed(const StreamHost& host) const {
  if (context_.proxies.knows(host)) return terms_.proxy;
  if (!terms_.direct || terms_.own_proxy_only) return false;
  return is_peers_own(host) || terms_.proxy;
}

bool S5bIncoming::is_peers_own(const StreamHost& host) const {
  const auto jid = Jid::parse(host.jid);
  return jid && *jid == key_.peer;
}

std::vector<StreamHost> S5bIncoming::worth_trying() const {
  std::vector<StreamHost> hosts;
  std::copy_if(query_.hosts.begin(), query_.hosts.end(), std::back_inserter(hosts),
               [this](const StreamHost& host) { return is_allowed(host); });
  // A proxy behind many addresses of the peer's own is the one that works through NAT.
  const auto is_proxy = [this](const StreamHost& host) { return !is_peers_own(host); };
  const auto proxy = std::find_if(hosts.begin(), hosts.end(), is_proxy);
  if (proxy != hosts.end() && proxy - hosts.begin() >= kProxyAmongFirst)
    std::rotate(hosts.begin() + kProxyAmongFirst - 1, proxy, proxy + 1);
  return hosts;
}

Result<void> S5bIncoming::check_address(const StreamHost& host,
                                        const SocketAddress& address) const {
  if (context_.proxies.knows(host)) return {};
  if (is_own_listener(address) && !context_.listener.waits_for(dst_addr_))
    return Error{Errc::Policy, address.str() + " is our own listener"};
  return context_.policy.may_connect(address);
}

bool S5bIncoming::is_own_listener(const SocketAddress& address) const {
  const auto listening = context_.listener.addresses();
  const auto ours = context_.network.interfaces();
  return std::any_of(listening.begin(), listening.end(),
                     [&](const auto& one) { return one.port() == address.port(); }) &&
         std::any_of(ours.begin(), ours.end(), [&](const auto& interface) {
           return interface.address.bytes() == address.bytes();
         });
}

/// Whoever expects the same stream since, expects it still.
void S5bIncoming::stop_expecting() {
  const auto here = transport_.expected_.find({key_.peer, key_.sid});
  if (here != transport_.expected_.end() && here->second == this) transport_.expected_.erase(here);
}

void S5bIncoming::connected(Result<S5bConnected> result) {
  stop_expecting();
  auto asked = std::exchange(asked_, {});
  auto done = std::move(done_);
  if (!result) {
    // One answer for every way to fail: no port scanner learns anything.
    for (auto& iq : asked) iq.fail(StanzaError::of(Condition::ItemNotFound));
    return done(std::move(result).error());
  }
  BytestreamsQuery answer;
  answer.sid = key_.sid;
  answer.used = result->host.jid;
  for (auto& iq : asked) iq.reply(answer.build());
  const bool direct = is_peers_own(result->host);
  const std::string route(direct ? kRouteDirect : kRouteProxy);
  if (direct) context_.peers->seen(key_.peer, result->address);
  StreamLabel label{key_.method, route, result->address.host(), result->address.port()};
  if (terms_.tell) terms_.tell(route, "connected to " + result->address.str());
  done(std::unique_ptr<Carrier>(std::make_unique<S5bCarrier>(
      context_.bulk, S5bCarrier::Role::Receiver, std::move(result->socket), std::move(label))));
}

}  // namespace xmppftd

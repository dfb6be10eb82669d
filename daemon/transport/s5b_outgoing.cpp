// SPDX-License-Identifier: MIT
#include "transport/s5b_outgoing.h"

#include <algorithm>

#include "base/text.h"
#include "transport/refusal.h"
#include "transport/s5b_places.h"

namespace xmppftd {
namespace {

/// COMPAT QXmpp hashes its JIDs through toLatin1(): what does not fit becomes '?'.
std::string to_latin1(std::string_view utf8) {
  std::string latin1;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto character = utf8_at(utf8, i);
    latin1 += character.valid && character.code <= 0xff ? static_cast<char>(character.code) : '?';
    i += character.length;
  }
  return latin1;
}

bool is_any(const SocketAddress& address) {
  const Bytes bytes = address.bytes();
  return std::all_of(bytes.begin(), bytes.end(), [](auto byte) { return byte == 0; });
}

/// For people: "192.0.2.1:4000, proxy.example.org:7777".
std::string list_of(const std::vector<StreamHost>& hosts) {
  std::string list;
  for (const auto& host : hosts) {
    const auto literal = SocketAddress::parse(host.host, host.port);
    list += (list.empty() ? "" : ", ") +
            (literal ? literal->str() : host.host + ":" + std::to_string(host.port));
  }
  return list;
}

/// The port to name beside `address`, or 0 when nothing listens there.
std::uint16_t port_for(const SocketAddress& address, const std::vector<SocketAddress>& listening) {
  for (const auto& one : listening)
    if (one.is_v6() == address.is_v6() && (is_any(one) || one.bytes() == address.bytes()))
      return one.port();
  return 0;
}

}  // namespace

std::vector<std::string> dst_addr_variants(const StreamKey& key) {
  const std::string self = key.self.as_stamped(), peer = key.peer.as_stamped();
  const std::string bare_self = key.self.bare().str(), bare_peer = key.peer.bare().str();
  std::vector<std::string> hashes{dst_addr(key.sid, self, peer), dst_addr(key.sid, bare_self, peer),
                                  dst_addr(key.sid, self, bare_peer),
                                  dst_addr(key.sid, bare_self, bare_peer)};
  // The peer may know itself by another spelling than the one its server stamped, or us.
  if (self != key.self.str() || peer != key.peer.str())
    hashes.push_back(dst_addr(key.sid, key.self.str(), key.peer.str()));
  if (to_latin1(self + peer) != self + peer)
    hashes.push_back(dst_addr(key.sid, to_latin1(self), to_latin1(peer)));
  return hashes;
}

S5bOutgoing::S5bOutgoing(const S5bContext& context, const StreamKey& key, const StreamTerms& terms,
                         Transport::Opened done)
    : context_(context), key_(key), terms_(terms), done_(std::move(done)) {
  collect_hosts();
  if (hosts_.empty()) {
    timer_ = context_.timers.after({}, [this] {
      fail(Errc::StreamFailed, "there is no address of ours and no proxy to offer");
    });
    return;
  }
  BytestreamsQuery query;
  query.sid = key_.sid;
  query.hosts = hosts_;
  request_ = context_.iq.request(IqType::Set, key_.peer, query.build(), kAnswerWithin,
                                 [this](IqReply reply) { answered(std::move(reply)); });
  tell("offered hosts", list_of(hosts_));
  timer_ = context_.timers.after(kSlowAfter, [this] {
    tell("slow", "the peer is still trying to reach " + std::to_string(hosts_.size()) + " hosts");
  });
}

void S5bOutgoing::collect_hosts() {
  std::vector<StreamHost> own;
  if (terms_.direct && context_.config.direct) {
    auto ticket = context_.listener.wait_for(dst_addr_variants(key_), likely_addresses());
    if (ticket) {
      ticket_ = *std::move(ticket);
      own = own_hosts();
    } else {
      tell("direct", ticket.error().detail);
    }
  }
  const auto proxies = terms_.proxy ? proxy_places() : std::vector<StreamHost>();
  hosts_ = worth_offering(own, proxies, kMaxHosts);
  std::vector<StreamHost> left_out = own;
  left_out.insert(left_out.end(), proxies.begin(), proxies.end());
  std::erase_if(left_out, [this](const StreamHost& host) {
    return std::find(hosts_.begin(), hosts_.end(), host) != hosts_.end();
  });
  if (!left_out.empty()) tell("hosts left out", list_of(left_out));
  if (own.empty()) ticket_.reset();
}

/// From where the peer may come to our listener: where it was of late, and this very machine.
std::vector<SocketAddress> S5bOutgoing::likely_addresses() const {
  auto likely = context_.peers->of(key_.peer);
  for (const auto& [name, address] : context_.network.interfaces()) likely.push_back(address);
  return likely;
}

/// All places of all proxies we know: theirs in our order of preference, each one's by promise.
std::vector<StreamHost> S5bOutgoing::proxy_places() const {
  const auto known = context_.proxies.hosts();
  const auto ours = context_.network.interfaces();
  std::vector<StreamHost> all;
  for (const auto& first : known) {
    if (std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.jid == first.jid; }))
      continue;
    std::vector<StreamHost> places;
    std::copy_if(known.begin(), known.end(), std::back_inserter(places),
                 [&](const StreamHost& one) { return one.jid == first.jid; });
    for (auto& place : by_promise(std::move(places), ours, context_.proxies.server()))
      all.push_back(std::move(place));
  }
  return all;
}

std::vector<StreamHost> S5bOutgoing::own_hosts() const {
  const auto listening = context_.listener.addresses();
  std::vector<StreamHost> hosts;
  const auto add = [&](std::string host, std::uint16_t port) {
    if (port != 0) hosts.push_back({key_.self.as_stamped(), std::move(host), port, false});
  };
  if (context_.config.advertise.empty()) {
    for (const auto& address : context_.policy.advertised(context_.network.interfaces()))
      add(address.host(), port_for(address, listening));
    return hosts;
  }
  for (const auto& [host, port] : context_.config.advertise) {
    // A name leads to the first port we listen on, a literal to its family's.
    const auto literal = SocketAddress::parse(host, 0);
    const auto same_family = std::find_if(
        listening.begin(), listening.end(),
        [&](const SocketAddress& one) { return !literal || one.is_v6() == literal->is_v6(); });
    const auto& listener = same_family == listening.end() ? listening.front() : *same_family;
    add(host, port != 0 ? port : listener.port());
  }
  return hosts;
}

void S5bOutgoing::answered(IqReply reply) {
  timer_.reset();
  if (const auto* failure = std::get_if<IqFailure>(&reply)) {
    Error why = explain(Step::S5bOffer, *failure);
    if (failure->kind == IqFailure::Kind::Refused) {
      why.code = Errc::StreamFailed;
      why.detail += "; offered: " + list_of(hosts_);
    }
    return fail(why.code, std::move(why.detail));
  }
  const auto query = BytestreamsQuery::parse(std::get<Element>(reply));
  if (!query) return fail(Errc::StreamFailed, query.error().detail);
  if (!query->used) return fail(Errc::StreamFailed, "the peer's answer names no streamhost");
  follow(*query->used);
}

/// Only to a host offered in this stream; a proxy among them then at every place of it that we
/// know, for what leads the peer there may lead us nowhere.
void S5bOutgoing::follow(const std::string& used) {
  const auto jid = Jid::parse(used);
  if (!jid) return fail(Errc::StreamFailed, "the streamhost used has no valid JID");
  if (*jid == key_.self) return use_direct();
  const auto is_used = [&](const StreamHost& host) {
    const auto named = Jid::parse(host.jid);  // as the proxy spells it
    return named && *named == *jid;
  };
  if (std::none_of(hosts_.begin(), hosts_.end(), is_used))
    return fail(Errc::StreamFailed, "the peer used a streamhost we did not offer");
  auto places = proxy_places();
  places.insert(places.end(), hosts_.begin(), hosts_.end());  // what is known may have changed
  std::erase_if(places, [&](const StreamHost& host) { return !is_used(host); });
  std::string proxy = places.front().jid;
  connect_to_proxy(proxy, std::move(places));
}

void S5bOutgoing::use_direct() {
  if (!ticket_ || !ticket_->bound())
    return fail(Errc::StreamFailed, "the peer says it is connected to us, and is not");
  const auto far_end = ticket_->peer();
  context_.peers->seen(key_.peer, far_end);
  UniqueFd socket = ticket_->take();
  if (!socket) return fail(Errc::StreamFailed, "the peer's connection to us just broke");
  open(S5bCarrier::Role::DirectSender, std::move(socket), far_end);
}

void S5bOutgoing::connect_to_proxy(const std::string& jid, std::vector<StreamHost> places) {
  ticket_.reset();
  S5bConnector::Task task;
  task.hosts = std::move(places);
  task.dst_addr = dst_addr(key_.sid, key_.self.as_stamped(), key_.peer.as_stamped());
  task.tell = [this](std::string detail) { tell("proxy", std::move(detail)); };
  connector_ = std::make_unique<S5bConnector>(
      context_.network, context_.timers, std::move(task), [this, jid](Result<S5bConnected> result) {
        if (!result)
          return fail(result.error().code, "proxy " + jid + ": " + result.error().detail);
        activate(*Jid::parse_stamped(jid), *std::move(result));
      });
}

void S5bOutgoing::activate(const Jid& proxy, S5bConnected connected) {
  BytestreamsQuery query;
  query.sid = key_.sid;
  query.activate = key_.peer.as_stamped();
  // An empty result is as good as one with a child: what counts is who answered which request.
  request_ = context_.iq.request(
      IqType::Set, proxy, query.build(), kActivateWithin,
      [this, proxy, connection = std::move(connected)](IqReply reply) mutable {
        if (const auto* failure = std::get_if<IqFailure>(&reply)) {
          const bool offline = failure->kind == IqFailure::Kind::Disconnected;
          const Error why = explain(Step::S5bActivation, *failure);
          return fail(offline ? Errc::NotOnline : Errc::StreamFailed,
                      (offline ? "" : proxy.str() + ": ") + why.detail);
        }
        open(S5bCarrier::Role::ProxySender, std::move(connection.socket), connection.address);
      });
}

void S5bOutgoing::tell(std::string_view what, std::string detail) const {
  if (terms_.tell) terms_.tell(what, std::move(detail));
}

void S5bOutgoing::fail(Errc code, std::string detail) {
  auto done = std::move(done_);
  ticket_.reset();
  done(Error{code, std::move(detail)});  // may destroy us
}

void S5bOutgoing::open(S5bCarrier::Role role, UniqueFd socket, const SocketAddress& far_end) {
  const std::string route(role == S5bCarrier::Role::DirectSender ? kRouteDirect : kRouteProxy);
  tell(route, "connected to " + far_end.str());
  StreamLabel label{key_.method, route, far_end.host(), far_end.port()};
  auto done = std::move(done_);
  ticket_.reset();
  done(std::unique_ptr<Carrier>(
      std::make_unique<S5bCarrier>(context_.bulk, role, std::move(socket), std::move(label))));
}

}  // namespace xmppftd

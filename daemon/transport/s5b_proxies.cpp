// SPDX-License-Identifier: MIT
#include "transport/s5b_proxies.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "xep/xep0030_disco.h"

namespace xmppftd {
namespace {

constexpr std::chrono::seconds kAnswerWithin{15};  // late ones still count, nobody waits for them

bool is_v6_literal(const std::string& host) { return host.find(':') != std::string::npos; }

/// Only the proxy's own network can use it.
bool is_link_local(const StreamHost& host) {
  const auto address = SocketAddress::parse(host.host, host.port);
  if (!address) return false;
  const Bytes bytes = address->bytes();
  return bytes.size() == 16 ? bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80
                            : bytes[0] == 169 && bytes[1] == 254;
}

/// True if the streamhost is the proxy itself.
/// COMPAT ejabberd adds a resource to its JID: the node of the cluster that is to be activated.
bool speaks_for_itself(const StreamHost& host, const Jid& proxy) {
  const auto jid = Jid::parse(host.jid);
  return jid && jid->bare() == proxy.bare();
}

/// What a proxy says of itself, as far as it is of use.
/// COMPAT Openfire: lists all its interfaces, IPv6 with a zone first.
std::vector<StreamHost> usable(const BytestreamsQuery& reply, const Jid& proxy) {
  std::vector<StreamHost> hosts;
  for (const auto& host : reply.hosts)
    if (speaks_for_itself(host, proxy) && !is_link_local(host)) hosts.push_back(host);
  // COMPAT QXmpp takes only the first host of a JID.
  std::stable_sort(hosts.begin(), hosts.end(), [](const StreamHost& a, const StreamHost& b) {
    return is_v6_literal(a.host) < is_v6_literal(b.host);
  });
  return hosts;
}

/// Names are cosmetic and decide nothing, but a server that has a proxy mostly calls it so, and
/// then nobody need wait for the other items.
bool sounds_like_proxy(const DiscoItem& item) {
  std::string words = item.jid + ' ' + item.name;
  std::transform(words.begin(), words.end(), words.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return words.find("proxy") != std::string::npos || words.find("socks") != std::string::npos ||
         words.find("bytestream") != std::string::npos;
}

}  // namespace

class S5bProxies::Waiter final : public Wait {
 public:
  Waiter(S5bProxies& proxies, Callback<void()> ready)
      : proxies_(&proxies), ready_(std::move(ready)) {
    proxies_->waiters_.push_back(this);
    if (!proxies_->searching_ || proxies_->ready_)
      soon_ = proxies_->timers_.after({}, [this] { tell(); });
  }
  ~Waiter() override {
    if (proxies_) proxies_->waiters_.remove(this);
  }
  void tell() {
    abandon();
    auto ready = std::move(ready_);
    ready();  // may destroy us
  }
  void abandon() {
    if (auto* proxies = std::exchange(proxies_, nullptr)) proxies->waiters_.remove(this);
  }

 private:
  S5bProxies* proxies_;
  Callback<void()> ready_;
  std::unique_ptr<Timer> soon_;
};

S5bProxies::S5bProxies(IqChannel& iq, Timers& timers, bool use_server_proxy,
                       std::vector<NamedProxy> named)
    : iq_(iq),
      timers_(timers),
      use_server_proxy_(use_server_proxy),
      named_(std::move(named)),
      named_hosts_(named_.size()) {}

S5bProxies::~S5bProxies() {
  while (!waiters_.empty()) waiters_.front()->abandon();
}

std::unique_ptr<S5bProxies::Wait> S5bProxies::when_ready(Callback<void()> ready) {
  refresh();
  return std::make_unique<Waiter>(*this, std::move(ready));
}

void S5bProxies::refresh() {
  const auto keep = hosts().empty() ? std::chrono::minutes(kFreshWhenNone) : kFresh;
  if (searching_ || (found_at_ && timers_.now() < *found_at_ + keep)) return;
  requests_.clear();
  server_hosts_.clear();
  searching_ = true;
  ready_ = doubtful_ = false;
  unanswered_ = 1;  // this function
  deadline_ = timers_.after(kReadyWithin, [this] {
    deadline_ = timers_.after(kSearchWithin - kReadyWithin, [this] { finish(); });
    tell_waiters();
  });
  for (std::size_t i = 0; i < named_.size(); ++i) {
    const auto& [jid, at] = named_[i];
    if (at)
      named_hosts_[i] = {{jid.str(), at->host, at->port, false}};
    else
      ask_address(jid);
  }
  if (use_server_proxy_) ask_server();
  if (--unanswered_ == 0) deadline_ = timers_.after({}, [this] { finish(); });
}

void S5bProxies::session_ended() {
  requests_.clear();
  to_ask_.clear();
  server_hosts_.clear();
  if (searching_) finish();
  found_at_.reset();
  server_.reset();
}

void S5bProxies::ask_server() {
  const Jid domain = iq_.self().domain_jid();
  to_ask_.push_back(domain);
  ask(domain, DiscoItems().build(), [this, domain](const Element& reply) {
    const auto parsed = DiscoItems::parse(reply);
    if (parsed.left_out > 0) {
      doubtful_ = true;
      log::warning("s5b", domain.str() + " lists too many items: " +
                              std::to_string(parsed.left_out) + " are not asked for a proxy");
    }
    std::set<Jid> known{domain};
    std::deque<Jid> others;
    for (const auto& item : parsed.items) {
      const auto jid = Jid::parse_stamped(item.jid);
      if (jid && known.insert(*jid).second)
        (sounds_like_proxy(item) ? to_ask_ : others).push_back(*jid);
    }
    to_ask_.insert(to_ask_.end(), others.begin(), others.end());
    ask_next();
  });
  ask_next();
}

/// Of those that wait as many as there are turns.
void S5bProxies::ask_next() {
  while (turns_.size() < kAskAtOnce && !to_ask_.empty()) {
    const Jid item = std::move(to_ask_.front());
    to_ask_.pop_front();
    ask_identity(item);
  }
}

void S5bProxies::ask_identity(const Jid& item) {
  const auto turn = ++turn_;
  turns_[turn] = timers_.after(kMakesRoomAfter, [this, turn] {
    turns_.erase(turn);
    ask_next();
  });
  ++unanswered_;
  requests_.push_back(iq_.request(IqType::Get, item, DiscoInfo().build(), kAnswerWithin,
                                  [this, item, turn](const IqReply& reply) {
                                    turns_.erase(turn);
                                    const auto* result = std::get_if<Element>(&reply);
                                    const auto info = result ? DiscoInfo::parse(*result)
                                                             : Result<DiscoInfo>(Error{});
                                    if (info && info->has_identity("proxy", "bytestreams"))
                                      ask_address(item);
                                    answered(reply);
                                  }));
}

void S5bProxies::ask_address(const Jid& proxy) {
  ask(proxy, BytestreamsQuery().build(), [this, proxy](const Element& reply) {
    const auto query = BytestreamsQuery::parse(reply);
    if (!query) return;
    auto found = usable(*query, proxy);
    log::debug("s5b", "proxy " + proxy.str() + ": " + std::to_string(found.size()) + " addresses");
    for (std::size_t i = 0; i < named_.size(); ++i)
      if (named_[i].jid == proxy && !named_[i].at) named_hosts_[i] = found;
    const auto named = [&](const NamedProxy& one) { return one.jid == proxy; };
    if (std::none_of(named_.begin(), named_.end(), named))
      server_hosts_.insert(server_hosts_.end(), found.begin(), found.end());
  });
}

void S5bProxies::ask(const Jid& whom, Element payload, Callback<void(const Element&)> on_result) {
  ++unanswered_;
  requests_.push_back(iq_.request(IqType::Get, whom, std::move(payload), kAnswerWithin,
                                  [this, use = std::move(on_result)](const IqReply& reply) mutable {
                                    if (const auto* result = std::get_if<Element>(&reply))
                                      use(*result);
                                    answered(reply);
                                  }));
}

void S5bProxies::answered(const IqReply& reply) {
  const auto* failure = std::get_if<IqFailure>(&reply);
  if (failure && failure->kind != IqFailure::Kind::Refused) doubtful_ = true;
  if (failure && failure->kind == IqFailure::Kind::Disconnected) to_ask_.clear();
  ask_next();
  if (--unanswered_ == 0 && searching_) finish();
}

void S5bProxies::tell_waiters() {
  ready_ = true;
  while (!waiters_.empty()) waiters_.front()->tell();
}

void S5bProxies::finish() {
  if (!to_ask_.empty()) {
    doubtful_ = true;
    log::warning("s5b", std::to_string(to_ask_.size()) +
                            " items of the server were not asked for a proxy: time was up. Name "
                            "the proxy in socks5.proxies");
  }
  to_ask_.clear();
  turns_.clear();
  searching_ = false;
  found_at_ = timers_.now();
  deadline_.reset();
  tell_waiters();
}

std::vector<StreamHost> S5bProxies::hosts() const {
  std::vector<StreamHost> all;
  for (const auto& hosts : named_hosts_) all.insert(all.end(), hosts.begin(), hosts.end());
  all.insert(all.end(), server_hosts_.begin(), server_hosts_.end());
  return all;
}

bool S5bProxies::knows(const StreamHost& host) const {
  const auto all = hosts();
  const auto jid = Jid::parse(host.jid);
  return jid && std::any_of(all.begin(), all.end(), [&](const StreamHost& one) {
           const auto theirs = Jid::parse(one.jid);
           return theirs && *theirs == *jid && one.host == host.host && one.port == host.port;
         });
}

}  // namespace xmppftd

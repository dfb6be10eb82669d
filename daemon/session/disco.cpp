// SPDX-License-Identifier: MIT
#include "session/disco.h"

#include <algorithm>

#include "base/log.h"

namespace xmppftd {
namespace {

/// An answer that is there already, given on the next turn of the loop.
class Soon final : public IqRequest {
 public:
  explicit Soon(std::unique_ptr<Timer> timer) : timer_(std::move(timer)) {}

 private:
  std::unique_ptr<Timer> timer_;
};

DiscoInfo describe_us(std::vector<std::string> features) {
  DiscoInfo info;
  info.identities.push_back({"client", "pc", "xmppftd", ""});
  features.emplace_back(kNsDiscoInfo);
  features.emplace_back(kNsCaps);
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  info.features = std::move(features);
  return info;
}

Error to_error(const IqFailure& failure, const Jid& of) {
  auto error = failure.to_error("disco of " + log::printable(of.str()));
  // Here it means the address (XEP-0030 section 7), not a stream as elsewhere.
  if (failure.kind == IqFailure::Kind::Refused &&
      failure.error.condition == Condition::ItemNotFound)
    error.code = Errc::NoSuchPeer;
  return error;
}

Element query(std::string_view xmlns, std::string node = "") {
  Element element("query", std::string(xmlns));
  if (!node.empty()) element.set("node", std::move(node));
  return element;
}

/// Says nothing at all.
bool is_empty(const DiscoInfo& info) { return info.identities.empty() && info.features.empty(); }

/// COMPAT jabberd2: answers for full JIDs itself, as it would for the account (XEP-0030
/// section 3.1).
bool speaks_for_account(const DiscoInfo& info) {
  return std::any_of(info.identities.begin(), info.identities.end(),
                     [](const auto& identity) { return identity.category == "account"; });
}

/// The caps of all that a daemon of our version may be configured to do, so that two of us need not
/// ask each other: not every server lets the question through.
std::map<std::string, DiscoInfo> all_of_our_kind(const DiscoInfo& ours) {
  std::map<std::string, DiscoInfo> kinds;
  const std::vector<std::string> methods{std::string(kNsBytestreams), std::string(kNsIbb)};
  for (const unsigned chosen : {1U, 2U, 3U}) {
    std::vector<std::string> features;
    for (const auto& feature : ours.features)
      if (std::find(methods.begin(), methods.end(), feature) == methods.end())
        features.push_back(feature);
    for (unsigned i = 0; i < methods.size(); ++i)
      if (chosen & (1U << i)) features.push_back(methods[i]);
    auto info = describe_us(std::move(features));
    if (auto ver = caps_ver(info)) kinds.emplace(*std::move(ver), std::move(info));
  }
  return kinds;
}

}  // namespace

/// One peer asked, at its node and then perhaps without.
class Disco::Question final : public IqRequest {
 public:
  Question(Disco& disco, Jid of, std::optional<Caps> caps, OnInfo done)
      : disco_(disco), of_(std::move(of)), caps_(std::move(caps)), done_(std::move(done)) {
    ask(caps_ ? caps_->disco_node() : "");
  }

 private:
  void ask(std::string node) {
    const bool at_node = !node.empty();
    request_ =
        disco_.iq_.request(IqType::Get, of_, query(kNsDiscoInfo, std::move(node)), kAnswerWithin,
                           [this, at_node](IqReply reply) { answered(at_node, reply); });
  }

  void answered(bool at_node, const IqReply& reply) {
    const auto* failure = std::get_if<IqFailure>(&reply);
    const bool lost = failure && failure->kind != IqFailure::Kind::Refused;
    auto info = failure ? Result<DiscoInfo>(to_error(*failure, of_))
                        : DiscoInfo::parse(std::get<Element>(reply));
    const bool useless = !info || is_empty(*info) || speaks_for_account(*info);
    if (at_node && useless && !lost) return ask("");
    if (info && speaks_for_account(*info))
      info = Error{Errc::PeerOffline,
                   "disco of " + log::printable(of_.str()) + ": its server answered in its place"};
    if (info && (of_.is_full() || caps_)) disco_.cache_.put(of_, caps_, *info);
    auto done = std::move(done_);
    done(std::move(info));  // may destroy us
  }

  Disco& disco_;
  Jid of_;
  std::optional<Caps> caps_;
  OnInfo done_;
  std::unique_ptr<IqRequest> request_;
};

Disco::Disco(IqChannel& iq, Timers& timers, std::vector<std::string> features)
    : iq_(iq),
      timers_(timers),
      ours_(describe_us(std::move(features))),
      our_kind_(all_of_our_kind(ours_)) {
  const auto ver = caps_ver(ours_);
  caps_ = {std::string(kNode), ver ? *ver : "", "sha-1"};
  iq_.handle(IqType::Get, "query", kNsDiscoInfo,
             [this](IncomingIq request) { answer_info(std::move(request)); });
  iq_.handle(IqType::Get, "query", kNsDiscoItems, [](IncomingIq request) {
    request.reply(query(kNsDiscoItems, std::string(request.payload().attribute_or_empty("node"))));
  });
}

void Disco::answer_info(IncomingIq request) {
  const auto node = request.payload().attribute_or_empty("node");
  if (!node.empty() && node != caps_.disco_node())
    return request.fail(StanzaError::of(Condition::ItemNotFound));
  auto answer = ours_;
  answer.node = node;
  request.reply(answer.build());
}

std::unique_ptr<IqRequest> Disco::info(const Jid& of, const std::optional<Caps>& caps,
                                       OnInfo done) {
  if (const auto* known = look_up(of, caps))
    return std::make_unique<Soon>(timers_.after(
        std::chrono::milliseconds(0),
        [info = *known, done = std::move(done)]() mutable { done(std::move(info)); }));
  return std::make_unique<Question>(*this, of, caps, std::move(done));
}

const DiscoInfo* Disco::look_up(const Jid& of, const std::optional<Caps>& caps) {
  if (caps && caps->is_checkable())
    if (const auto found = our_kind_.find(caps->ver); found != our_kind_.end())
      return &found->second;
  return cache_.find(of, caps);
}

std::unique_ptr<IqRequest> Disco::items(const Jid& of, OnItems done) {
  return iq_.request(IqType::Get, of, query(kNsDiscoItems), kAnswerWithin,
                     [of, done = std::move(done)](IqReply reply) mutable {
                       if (const auto* failure = std::get_if<IqFailure>(&reply))
                         return done(to_error(*failure, of));
                       done(DiscoItems::parse(std::get<Element>(reply)));
                     });
}

std::optional<PeerFeatures> Disco::known(const Jid& full, const std::optional<Caps>& caps) {
  const auto* info = look_up(full, caps);
  if (!info) return std::nullopt;
  return features_of(*info);
}

PeerFeatures features_of(const DiscoInfo& info) {
  return {{info.features.begin(), info.features.end()}};
}

}  // namespace xmppftd

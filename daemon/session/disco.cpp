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

}  // namespace

Disco::Disco(IqChannel& iq, Timers& timers, std::vector<std::string> features)
    : iq_(iq), timers_(timers), ours_(describe_us(std::move(features))) {
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
  if (of.is_full() || caps) {
    if (const auto* cached = cache_.find(of, caps))
      return std::make_unique<Soon>(timers_.after(
          std::chrono::milliseconds(0),
          [info = *cached, done = std::move(done)]() mutable { done(std::move(info)); }));
  }
  return iq_.request(IqType::Get, of, query(kNsDiscoInfo, caps ? caps->disco_node() : ""),
                     kAnswerWithin,
                     [this, of, caps, done = std::move(done)](IqReply reply) mutable {
                       if (const auto* failure = std::get_if<IqFailure>(&reply))
                         return done(to_error(*failure, of));
                       auto info = DiscoInfo::parse(std::get<Element>(reply));
                       if (info && of.is_full()) cache_.put(of, caps, *info);
                       done(std::move(info));
                     });
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
  const auto* info = cache_.find(full, caps);
  if (!info) return std::nullopt;
  return features_of(*info);
}

PeerFeatures features_of(const DiscoInfo& info) {
  return {{info.features.begin(), info.features.end()}};
}

}  // namespace xmppftd

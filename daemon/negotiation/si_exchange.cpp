// SPDX-License-Identifier: MIT
#include "negotiation/si_exchange.h"

#include <utility>

#include "base/bytes.h"
#include "base/digest.h"

namespace xmppftd {
namespace {

constexpr std::size_t kFinishedKept = 100;

std::string fingerprint(const IncomingIq& iq) {
  return iq.id() + ' ' + Digest::of(HashAlgo::Sha1, view_of(iq.payload().to_xml(""))).hex;
}

}  // namespace

void SiRegistry::remember(const Key& key, std::optional<StanzaError> refusal) {
  finished.emplace_front(key, std::move(refusal));
  if (finished.size() > kFinishedKept) finished.pop_back();
}

void tell(IqChannel& iq, const Jid& peer, const Element& what) {
  const auto forgotten =
      iq.request(IqType::Set, peer, what, std::chrono::minutes(1), [](const IqReply&) {});
}

SiExchange::SiExchange(std::shared_ptr<SiRegistry> registry, Jid self, IncomingIq iq, SiOffer offer)
    : registry_(std::move(registry)),
      iq_(fingerprint(iq)),
      offer_(std::move(offer)),
      key_{std::move(self), iq.from(), offer_.id} {
  asked_.push_back(std::move(iq));
  const SiRegistry::Key key{key_.peer, key_.sid};
  registry_->live[key] = this;
  // What an earlier one under this sid came to is no answer for this one.
  std::erase_if(registry_->finished, [&](const auto& entry) { return entry.first == key; });
}

SiExchange::~SiExchange() {
  leave();
  refuse(to_stanza_error(Error{Errc::Declined, ""}));
}

void SiExchange::leave() {
  const auto here = registry_->live.find({key_.peer, key_.sid});
  if (here != registry_->live.end() && here->second == this) registry_->live.erase(here);
}

void SiExchange::answer(const Element& si) {
  answer_ = si;
  for (auto& iq : std::exchange(asked_, {})) iq.reply(si);
}

void SiExchange::refuse(const StanzaError& why) {
  for (auto& iq : std::exchange(asked_, {})) iq.fail(why);
}

void SiExchange::repeated(IncomingIq iq) {
  if (fingerprint(iq) != iq_) return iq.fail(StanzaError::of(Condition::NotAcceptable));
  if (answer_) return iq.reply(*answer_);
  asked_.push_back(std::move(iq));
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "negotiation/si_session.h"

#include <utility>

namespace xmppftd {
namespace {

constexpr std::size_t kFinishedKept = 100;

}  // namespace

void SiRegistry::remember(const Key& key, std::optional<StanzaError> refusal) {
  finished.emplace_front(key, std::move(refusal));
  if (finished.size() > kFinishedKept) finished.pop_back();
}

SiSession::SiSession(std::shared_ptr<SiRegistry> registry, Jid self, IncomingIq iq, SiOffer offer)
    : registry_(std::move(registry)),
      iq_id_(iq.id()),
      offer_(std::move(offer)),
      key_{std::move(self), iq.from(), offer_.id} {
  asked_.push_back(std::move(iq));
  registry_->live[{key_.peer, key_.sid}] = this;
}

SiSession::~SiSession() {
  registry_->live.erase({key_.peer, key_.sid});
  refuse(to_stanza_error(Error{Errc::Declined, ""}));
}

void SiSession::answer(const Element& si) {
  answer_ = si;
  for (auto& iq : std::exchange(asked_, {})) iq.reply(si);
}

void SiSession::refuse(const StanzaError& why) {
  for (auto& iq : std::exchange(asked_, {})) iq.fail(why);
}

void SiSession::repeated(IncomingIq iq) {
  if (iq.id() != iq_id_) return iq.fail(StanzaError::of(Condition::NotAcceptable));
  if (answer_) return iq.reply(*answer_);
  asked_.push_back(std::move(iq));
}

}  // namespace xmppftd

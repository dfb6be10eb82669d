// SPDX-License-Identifier: MIT
#include "session/presence.h"

#include <algorithm>

#include "base/log.h"
#include "model/namespaces.h"

namespace xmppftd {
namespace {

bool says_the_same(const Resource& resource, const Presence& presence) {
  return resource.priority == presence.priority && resource.show == presence.show &&
         resource.caps == presence.caps;
}

}  // namespace

PresenceList::PresenceList(IqChannel& iq, ContactList& contacts) : iq_(iq), contacts_(contacts) {
  contacts_.set_on_known([this](const Jid& bare) { recall(bare); });
  contacts_.set_on_gone([this](const Jid& bare) { drop_all(bare); });
}

void PresenceList::add_observer(Observer& observer) { observers_.push_back(&observer); }
void PresenceList::remove_observer(Observer& observer) { std::erase(observers_, &observer); }

template <class Call>
void PresenceList::notify(Call call) {
  const auto told = observers_;  // one may leave while told
  for (auto* observer : told)
    if (std::find(observers_.begin(), observers_.end(), observer) != observers_.end())
      call(*observer);
}

void PresenceList::announce(int priority, Caps caps) {
  announced_ = true;
  ours_.priority = static_cast<std::int8_t>(std::clamp(priority, -128, 127));
  ours_.caps = std::move(caps);
  iq_.send(ours_.build());
  for (const auto& jid : shown_) send_to(jid, ours_);
}

void PresenceList::session_down() {
  announced_ = false;
  online_.clear();
  early_.clear();
  shown_.clear();
  rooms_.clear();
}

void PresenceList::receive(const Element& stanza) {
  const auto presence = Presence::parse(stanza);
  if (!presence) return log::debug("presence", presence.error().detail);
  const auto from = Jid::parse_stamped(presence->from);
  if (!from || *from == iq_.self()) return;
  note_room(*from, stanza);
  switch (presence->type) {
    case PresenceType::Available: return available(*from, *presence);
    case PresenceType::Unavailable: return unavailable(*from);
    case PresenceType::Error:
      left(*from);
      return notify([&](Observer& observer) { observer.on_bounced(*from, *presence->error); });
    case PresenceType::Subscribe:
    case PresenceType::Subscribed:
    case PresenceType::Unsubscribe:
    case PresenceType::Unsubscribed: return contacts_.receive(*presence);
    case PresenceType::Probe: return;  // the server's business
  }
}

/// Anybody may say of himself to be a room, but we keep only those that we went to.
void PresenceList::note_room(const Jid& from, const Element& stanza) {
  const auto is_there = [&](const Jid& jid) { return jid.bare() == from.bare(); };
  if (stanza.child("x", kNsMucUser) && std::any_of(shown_.begin(), shown_.end(), is_there))
    rooms_.insert(from.bare());
}

/// Do we listen to its presence?
bool PresenceList::concerns_us(const Jid& from) const {
  return contacts_.find(from) || from.bare() == iq_.self().bare() || shown_to(from);
}

void PresenceList::available(const Jid& from, const Presence& presence) {
  if (!concerns_us(from)) return keep_early(from, presence);
  auto& resources = online_[from.bare()];
  const auto known = resources.find(from);
  if (known == resources.end() && resources.size() >= kMaxResources) return;
  const bool news = known == resources.end() || !says_the_same(known->second, presence);
  const Resource now{from, presence.priority, presence.show, presence.caps, ++heard_};
  resources.insert_or_assign(from, now);
  if (news) notify([&](Observer& observer) { observer.on_available(now); });
}

void PresenceList::keep_early(const Jid& from, const Presence& presence) {
  std::erase_if(early_, [&](const auto& one) { return one.first == from; });
  if (early_.size() >= kMaxEarly) early_.pop_front();
  early_.emplace_back(from, presence);
}

/// A contact from now on: what it said before counts.
void PresenceList::recall(const Jid& bare) {
  auto all = std::exchange(early_, {});
  for (auto& [from, presence] : all) {
    if (from.bare() == bare)
      available(from, presence);
    else
      early_.emplace_back(std::move(from), std::move(presence));
  }
}

void PresenceList::unavailable(const Jid& jid) {
  std::erase_if(early_,
                [&](const auto& one) { return one.first == jid || one.first.bare() == jid; });
  if (jid.is_bare()) return drop_all(jid);  // the server says so when it knows no resource
  left(jid);
}

void PresenceList::left(const Jid& jid) {
  const auto contact = online_.find(jid.bare());
  if (contact == online_.end() || contact->second.erase(jid) == 0) return;
  if (contact->second.empty()) online_.erase(contact);
  notify([&](Observer& observer) { observer.on_unavailable(jid); });
}

void PresenceList::drop_all(const Jid& bare) {
  const auto contact = online_.extract(bare);
  if (contact.empty()) return;
  for (const auto& [full, resource] : contact.mapped())
    notify([&, jid = full](Observer& observer) { observer.on_unavailable(jid); });
}

void PresenceList::show_to(const Jid& jid) {
  if (!announced_) return;
  std::erase(shown_, jid);
  if (shown_.size() >= kMaxShown) hide_from(Jid(shown_.front()));
  shown_.push_back(jid);
  send_to(jid, ours_);
}

void PresenceList::hide_from(const Jid& jid) {
  if (std::erase(shown_, jid) == 0) return;
  Presence gone;
  gone.type = PresenceType::Unavailable;
  send_to(jid, gone);
  if (!concerns_us(jid)) unavailable(jid);  // and we do not watch it any more
}

void PresenceList::send_to(const Jid& jid, Presence presence) {
  presence.to = jid.as_stamped();
  iq_.send(presence.build());
}

bool PresenceList::shown_to(const Jid& full) const {
  return std::find(shown_.begin(), shown_.end(), full) != shown_.end() ||
         std::find(shown_.begin(), shown_.end(), full.bare()) != shown_.end();
}

bool PresenceList::follows(const Jid& jid) const {
  const auto* item = contacts_.find(jid);
  return jid.bare() == iq_.self().bare() || (item && (item->subscription == Subscription::To ||
                                                      item->subscription == Subscription::Both));
}

bool PresenceList::is_followed_by(const Jid& jid) const {
  return jid.bare() == iq_.self().bare() || contacts_.sees_us(jid);
}

bool PresenceList::knows_us(const Jid& full) const {
  return contacts_.sees_us(full) || shown_to(full);
}

std::vector<Resource> PresenceList::resources(const Jid& jid) const {
  std::vector<Resource> found;
  const auto contact = online_.find(jid.bare());
  if (contact == online_.end()) return found;
  for (const auto& [full, resource] : contact->second)
    if (jid.is_bare() || full == jid) found.push_back(resource);
  return found;
}

const Resource* PresenceList::find(const Jid& full) const {
  const auto contact = online_.find(full.bare());
  if (contact == online_.end()) return nullptr;
  const auto resource = contact->second.find(full);
  return resource == contact->second.end() ? nullptr : &resource->second;
}

std::vector<Contact> PresenceList::contacts() const {
  std::vector<Contact> all;
  for (const auto& [bare, item] : contacts_.all())
    all.push_back({bare, item.name, item.subscription, item.ask_subscribe, resources(bare)});
  return all;
}

}  // namespace xmppftd

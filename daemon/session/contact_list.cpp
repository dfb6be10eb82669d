// SPDX-License-Identifier: MIT
#include "session/contact_list.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"

namespace xmppftd {
namespace {

constexpr auto kRoster = "roster";

/// Of a set of `bare` (RFC 6121 section 2): here it is our own server that refuses, not a peer.
Error refusal(const IqFailure& failure, const Jid& bare, bool removing) {
  if (failure.kind != IqFailure::Kind::Refused) return failure.to_error("contact list");
  const auto& error = failure.error;
  if (removing && error.condition == Condition::ItemNotFound)
    return {Errc::BadState,
            bare.str() + " is not on the contact list, so there is nobody to remove"};
  return {Errc::BadState, std::string("the server refused to ") + (removing ? "remove " : "put ") +
                              bare.str() + (removing ? " from" : " on") +
                              " the contact list: " + std::string(to_string(error.condition)) +
                              (error.text.empty() ? "" : ", " + in_quotes(error.text))};
}

}  // namespace

ContactList::ContactList(IqChannel& iq, Timers& timers) : iq_(iq), later_(timers) {
  iq_.handle(IqType::Set, "query", kNsRoster,
             [this](IncomingIq request) { on_push(std::move(request)); });
}

void ContactList::fetch(Done done) {
  fetching_ = iq_.request(IqType::Get, std::nullopt, Roster().build(), kAnswerWithin,
                          [this, done = std::move(done)](IqReply reply) mutable {
                            const auto* failure = std::get_if<IqFailure>(&reply);
                            fetch_failed_ = failure != nullptr;
                            if (failure) return done(failure->to_error("contact list"));
                            fetched(std::get<Element>(reply));
                            done({});
                          });
}

void ContactList::fetched(const Element& payload) {
  auto roster = Roster::parse(payload);
  if (!roster.refused.empty())
    log::warning(kRoster, "skipped " + std::to_string(roster.refused.size()) +
                              " contacts whose addresses are none, such as \"" +
                              roster.refused.front() + "\"");
  const auto before = std::exchange(items_, {});
  left_out_ = roster.left_out;
  for (auto& item : roster.items) store(std::move(item));
  if (left_out_ > 0) log::warning(kRoster, trouble());
  for (const auto& [bare, item] : before)
    if (items_.count(bare) == 0) gone(bare);
  changed();
}

std::string ContactList::trouble() const {
  if (fetch_failed_)
    return "the server did not send the contact list, so nobody new counts as a contact in this "
           "session";
  if (left_out_ == 0) return "";
  return "the contact list is too long: " + std::to_string(left_out_) +
         " contacts past the first " + std::to_string(items_.size()) +
         " are left out and count as strangers; remove some on the server";
}

void ContactList::session_down() {
  pre_approval_ = false;
  if (pending_.empty()) return;
  pending_.clear();
  changed();
}

/// ST3: only our server speaks in the name of our bare JID, or in none (RFC 6121 section 2.1.6).
/// Nor can anybody else stamp a stanza to us with our own domain or this session's full JID, as
/// some servers do.
void ContactList::on_push(IncomingIq request) {
  const Jid& self = iq_.self();
  const Jid& from = request.from();
  if (from != self.bare() && from != self.domain_jid() && from != self)
    return request.fail(StanzaError::of(Condition::ServiceUnavailable));
  auto push = Roster::parse(request.payload());
  if (push.items.empty() && push.refused.size() == 1) {
    log::warning(kRoster,
                 "skipped a contact whose address is none: \"" + push.refused.front() + "\"");
    return request.reply();
  }
  if (push.items.size() != 1) return request.fail(StanzaError::of(Condition::BadRequest));
  request.reply();
  const auto bare = push.items.front().jid.bare();
  store(std::move(push.items.front()));
  if (items_.count(bare) == 0) gone(bare);
  changed();
}

void ContactList::store(RosterItem item) {
  const auto bare = item.jid.bare();
  if (item.subscription == Subscription::Remove) {
    items_.erase(bare);
    return;
  }
  if (items_.size() >= kMaxContacts && items_.count(bare) == 0) {
    ++left_out_;
    return;
  }
  const bool is_new = items_.insert_or_assign(bare, std::move(item)).second;
  if (sees_us(bare)) {
    forget_pending(bare);  // another client of ours said yes
    approved_ahead_.erase(bare);
  }
  if (is_new && on_known_) on_known_(bare);
}

const RosterItem* ContactList::find(const Jid& jid) const {
  const auto found = items_.find(jid.bare());
  return found == items_.end() ? nullptr : &found->second;
}

bool ContactList::sees_us(const Jid& jid) const {
  const auto* item = find(jid);
  return item &&
         (item->subscription == Subscription::From || item->subscription == Subscription::Both);
}

bool ContactList::subscribed_both_ways(const Jid& jid) const {
  const auto* item = find(jid);
  return item && item->subscription == Subscription::Both;
}

void ContactList::set(RosterItem item, Done done) {
  Roster roster;
  const Jid bare = item.jid;
  const bool removing = item.subscription == Subscription::Remove;
  roster.items.push_back(std::move(item));
  setting_.emplace_back();
  const auto slot = std::prev(setting_.end());
  *slot = iq_.request(IqType::Set, std::nullopt, roster.build(), kAnswerWithin,
                      [this, slot, bare, removing, done = std::move(done)](IqReply reply) mutable {
                        setting_.erase(slot);
                        if (const auto* failure = std::get_if<IqFailure>(&reply))
                          return done(refusal(*failure, bare, removing));
                        done({});
                      });
}

void ContactList::add(const Jid& bare, std::string name, Done done) {
  RosterItem item{bare, std::move(name)};
  if (const auto* known = find(bare)) {
    // A set replaces the name and the groups.
    if (item.name.empty()) item.name = known->name;
    item.groups = known->groups;
    if (!known->groups_known) {
      Result<void> result;
      if (item.name == known->name)
        answer(bare, PresenceType::Subscribe);
      else
        result = Error{Errc::BadState,
                       bare.str() +
                           " is in groups that were not read, for the contact list is long; "
                           "give it its name with another program"};
      return later_.run([done = std::move(done), result]() mutable { done(std::move(result)); });
    }
  }
  set(std::move(item), [this, bare, done = std::move(done)](Result<void> result) mutable {
    if (result) answer(bare, PresenceType::Subscribe);
    done(std::move(result));
  });
}

void ContactList::remove(const Jid& bare, Done done) {
  approved_ahead_.erase(bare);
  set({bare, "", Subscription::Remove}, std::move(done));
}

void ContactList::approve(const Jid& bare) {
  const bool asked = forget_pending(bare);
  if (!asked && !sees_us(bare) && approved_ahead_.size() < kMaxContacts)
    approved_ahead_.insert(bare);
  if (asked || pre_approval_) answer(bare, PresenceType::Subscribed);
  changed();
}

void ContactList::deny(const Jid& bare) {
  forget_pending(bare);
  approved_ahead_.erase(bare);
  answer(bare, PresenceType::Unsubscribed);
  changed();
}

void ContactList::receive(const Presence& presence) {
  const auto from = Jid::parse(presence.from);
  if (!from) return;
  const auto bare = from->bare();
  if (presence.type == PresenceType::Unsubscribe) {
    if (forget_pending(bare)) changed();
    return;
  }
  if (presence.type != PresenceType::Subscribe || bare == iq_.self().bare()) return;
  // Whom we asked for the same may have it.
  const auto* item = find(bare);
  const bool wanted = item && item->ask_subscribe;
  if (auto_approve_ || wanted || sees_us(bare) || approved_ahead_.erase(bare) != 0)
    return answer(bare, PresenceType::Subscribed);
  if (std::find(pending_.begin(), pending_.end(), bare) != pending_.end()) return;
  if (pending_.size() >= kMaxPending)
    return log::debug(kRoster, "ignored a request to see our presence: 100 wait already");
  pending_.push_back(bare);
  changed();
}

void ContactList::answer(const Jid& bare, PresenceType type) {
  Presence presence;
  presence.type = type;
  presence.to = bare.str();
  iq_.send(presence.build());
}

bool ContactList::forget_pending(const Jid& bare) { return std::erase(pending_, bare) != 0; }

void ContactList::gone(const Jid& bare) {
  if (on_gone_) on_gone_(bare);
}

void ContactList::changed() {
  if (on_changed_) on_changed_();
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "io/iq_channel.h"
#include "io/later.h"
#include "xep/presence.h"
#include "xep/roster.h"

namespace xmppftd {

/// The roster of one account and who may see our presence (RFC 6121 sections 2 and 3). The server
/// keeps the truth; this is what it last told us, kept between sessions for a look.
///
/// A request to see our presence waits for the user, at most kMaxPending of them; the server
/// repeats at the next login what was not answered.
class ContactList {
 public:
  static constexpr std::size_t kMaxContacts = 50'000;
  static constexpr std::size_t kMaxPending = 100;
  static constexpr std::chrono::seconds kAnswerWithin{30};

  using Done = Callback<void(Result<void>)>;
  ContactList(IqChannel& iq, Timers& timers);
  /// Contacts or pending requests changed.
  void set_on_changed(std::function<void()> call) { on_changed_ = std::move(call); }
  /// This bare JID is a contact from now on, or is none any more. Taken by PresenceList.
  void set_on_known(std::function<void(const Jid&)> call) { on_known_ = std::move(call); }
  void set_on_gone(std::function<void(const Jid&)> call) { on_gone_ = std::move(call); }
  /// Every request is granted at once (config contacts.auto_approve).
  void set_auto_approve(bool yes) noexcept { auto_approve_ = yes; }
  /// The server of this session knows <sub xmlns='urn:xmpp:features:pre-approval'/> (RFC 6121
  /// section 3.4). On one that does not, an approval that nobody asked for yet is lost, or does
  /// harm (COMPAT Openfire: takes it for a subscription of the one side).
  void set_pre_approval(bool yes) noexcept { pre_approval_ = yes; }

  /// Gets the list anew; `done` comes once. To be called when the session is up, before our
  /// presence goes out (RFC 6121 section 2.2). Errors: what the server answers; the old list stays
  /// then.
  void fetch(Done done);
  /// The session ended (the channel was told first, so all that was asked has been answered).
  void session_down();

  /// Null when `jid`, bare or full, is no contact.
  const RosterItem* find(const Jid& jid) const;
  const std::map<Jid, RosterItem>& all() const noexcept { return items_; }
  /// May this JID see our presence by subscription?
  bool sees_us(const Jid& jid) const;
  bool subscribed_both_ways(const Jid& jid) const;
  /// What of the server's list is not here, as a sentence for people; "" when all is.
  std::string trouble() const;

  /// Puts `bare` on the list, or gives it another name there unless `name` is empty, and asks to
  /// see its presence. Errors: NotOnline, Timeout, BadState (the server refuses, or a new name
  /// would take a contact out of groups that we do not know).
  void add(const Jid& bare, std::string name, Done done);
  /// Takes it off; the server ends both subscriptions. Errors: NotOnline, Timeout, BadState (it is
  /// not on the list, or the server refuses).
  void remove(const Jid& bare, Done done);
  /// Lets it see our presence: now if it asked, else as soon as it does, be it in a later session.
  void approve(const Jid& bare);
  /// Refuses, or takes back.
  void deny(const Jid& bare);
  /// Who waits for approve() or deny(), the first to ask first.
  const std::vector<Jid>& pending() const noexcept { return pending_; }

  /// A presence of type subscribe, unsubscribe; others of its kind only echo what roster pushes
  /// say.
  void receive(const Presence& presence);

 private:
  void fetched(const Element& payload);
  void on_push(IncomingIq request);
  void store(RosterItem item);
  void answer(const Jid& bare, PresenceType type);
  bool forget_pending(const Jid& bare);
  void gone(const Jid& bare);
  void changed();
  void set(RosterItem item, Done done);

  IqChannel& iq_;
  Later later_;
  std::function<void()> on_changed_;
  std::function<void(const Jid&)> on_known_;
  std::function<void(const Jid&)> on_gone_;
  bool auto_approve_ = false;
  bool pre_approval_ = false;
  bool fetch_failed_ = false;
  std::size_t left_out_ = 0;         // contacts of the server's list that are not in ours
  std::map<Jid, RosterItem> items_;  // by bare JID
  std::vector<Jid> pending_;
  std::set<Jid> approved_ahead_;
  std::unique_ptr<IqRequest> fetching_;
  std::list<std::unique_ptr<IqRequest>> setting_;
};

}  // namespace xmppftd

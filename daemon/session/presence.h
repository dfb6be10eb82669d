// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "io/iq_channel.h"
#include "session/contact_list.h"
#include "session/contacts.h"
#include "xep/presence.h"

namespace xmppftd {

/// Who is online, and who may know that we are: contacts that are subscribed to us, our own
/// resources, and those we showed ourselves to by directed presence (RFC 6121 section 4). Presences
/// of anybody else are ignored, but the latest kMaxEarly of them count as soon as their sender
/// becomes a contact: not every server pushes the roster item first. An entity that has no
/// resources (a component, a bot) is online by its bare JID, which is then one of the Resources
/// here.
class PresenceList {
 public:
  static constexpr std::size_t kMaxResources = 100;  ///< of one contact; later ones are ignored
  static constexpr std::size_t kMaxEarly = 100;
  static constexpr std::size_t kMaxShown =
      1000;  ///< JIDs we show ourselves to; the oldest is hidden from

  /// Told in the order of registration. An Observer may show, hide and remove itself, but not end
  /// the session.
  class Observer {
   public:
    /// Came online, or said something new.
    virtual void on_available(const Resource& resource) = 0;
    virtual void on_unavailable(const Jid& full) = 0;
    /// A presence of ours came back: `from` is whom it was for.
    virtual void on_bounced(const Jid& from, const StanzaError& error) = 0;

   protected:
    ~Observer() = default;
  };

  PresenceList(IqChannel& iq, ContactList& contacts);

  void add_observer(Observer& observer);
  void remove_observer(Observer& observer);

  /// Tells all subscribed contacts that we are here, or that what we say of ourselves changed. The
  /// session is up.
  void announce(int priority, Caps caps);
  /// The session ended: nobody is online as far as we know, nobody knows us; observers are not
  /// told.
  void session_down();

  /// A <presence/> arrived.
  void receive(const Element& stanza);

  /// Shows ourselves, with caps, to one who does not see us by subscription; again if need be.
  void show_to(const Jid& jid);
  /// Ends that.
  void hide_from(const Jid& jid);
  /// Does its presence reach us without our doing: by subscription, or because it is our own
  /// account?
  bool follows(const Jid& jid) const;
  /// Does ours reach it so?
  bool is_followed_by(const Jid& jid) const;
  /// May this full JID know that we are here? Our own resources are not asked
  /// about.
  bool knows_us(const Jid& full) const;
  /// Is this the address of a room, or of an occupant? We join none on purpose,
  /// but a presence shown to a nick that is free may join (XEP-0045, of old), and only behind the
  /// presences of its occupants does a room let their IQs through to us.
  bool is_room(const Jid& jid) const { return rooms_.count(jid.bare()) != 0; }

  /// The available resources of a bare JID, or that one of a full JID.
  std::vector<Resource> resources(const Jid& jid) const;
  /// Null when it is not available.
  const Resource* find(const Jid& full) const;
  std::vector<Contact> contacts() const;

 private:
  using Resources = std::map<Jid, Resource>;  // by the address of the presence

  void available(const Jid& from, const Presence& presence);
  void unavailable(const Jid& jid);
  void left(const Jid& jid);
  void keep_early(const Jid& from, const Presence& presence);
  void recall(const Jid& bare);
  bool concerns_us(const Jid& from) const;
  bool shown_to(const Jid& full) const;
  void note_room(const Jid& from, const Element& stanza);
  void send_to(const Jid& jid, Presence presence);
  void drop_all(const Jid& bare);
  template <class Call>
  void notify(Call call);

  IqChannel& iq_;
  ContactList& contacts_;
  std::vector<Observer*> observers_;
  bool announced_ = false;
  Presence ours_;
  std::map<Jid, Resources> online_;             // by bare JID
  std::deque<std::pair<Jid, Presence>> early_;  // of no contacts; the oldest first
  std::vector<Jid> shown_;                      // the oldest first
  std::set<Jid> rooms_;                         // by bare JID, of those in shown_
  std::uint64_t heard_ = 0;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "account/account_session.h"

#include <algorithm>
#include <list>

#include "account/negotiators.h"
#include "account/ways.h"
#include "base/log.h"
#include "io/later.h"
#include "model/namespaces.h"
#include "session/contact_list.h"
#include "session/disco.h"
#include "session/iq_router.h"
#include "session/keepalive.h"
#include "session/peer_finder.h"
#include "session/presence.h"
#include "session/second_look.h"
#include "transport/s5b_proxies.h"

namespace xmppftd {
namespace {

// Below every chat client of the same account: messages to the bare JID are not for us.
constexpr int kPriority = -1;

/// What we tell peers that we can do: the methods that the configuration names, and no others.
/// The methods are rows of the table: the configuration was read by it.
std::vector<std::string> our_features(const Config& config) {
  std::vector<std::string> features;
  for (const auto ns : {kNsPing, kNsConfirm}) features.emplace_back(ns);
  for (const auto& choice : config.methods)
    for (const auto feature : find_method(choice.id)->features)
      if (std::find(features.begin(), features.end(), feature) == features.end())
        features.emplace_back(feature);
  return features;
}

/// The bare JID that a stanza is from.
std::optional<Jid> sender_of(const Element& stanza) {
  const auto from = Jid::parse(stanza.attribute_or_empty("from"));
  return from ? std::optional(from->bare()) : std::nullopt;
}

}  // namespace

/// Members stand in the order of their life: each uses only those above it.
struct AccountSession::Parts final : PresenceList::Observer, OfferListener {
  Parts(const AccountWorld& w, AccountId its_id, const Jid& account,
        std::function<void(std::string)> send, Handler& h)
      : world(w),
        id(its_id),
        handler(h),
        router(world.timers, account,
               [this, send = std::move(send)](std::string xml) {
                 keepalive.sent();
                 send(std::move(xml));
               },
               {[this](const Jid& from) {
                  return presence.knows_us(from) || world.events.knows(id, from);
                },
                [this](const Jid& from, const Element& payload) {
                  return negotiators.knows(from, payload);
                }}),
        contacts(router, world.timers),
        presence(router, contacts),
        disco(router, world.timers, our_features(world.config)),
        keepalive(router, world.timers, [this] { handler.on_session_dead(); }),
        finder(world.timers, presence, disco),
        second_look(world.timers, [this](const Jid& bare) { world.events.peer_changed(id, bare); }),
        proxies(router, world.timers, world.s5b.use_server_proxy, world.s5b.proxies),
        negotiators(world, router, proxies, *this) {
    contacts.set_auto_approve(world.config.contacts.auto_approve);
    contacts.set_on_changed([this] { handler.on_session_changed(); });
    presence.add_observer(*this);
  }
  ~Parts() { presence.remove_observer(*this); }

  // PresenceList::Observer
  void on_available(const Resource& resource) override {
    world.events.peer_changed(id, resource.jid.bare());
  }
  void on_unavailable(const Jid& full) override {
    disco.forget(full);
    negotiators.peer_gone(full);
    if (presence.resources(full.bare()).empty()) second_look.settled(full.bare());
    world.events.peer_gone(id, full);
    world.events.peer_changed(id, full.bare());
  }
  void on_bounced(const Jid&, const StanzaError&) override {}  // PeerFinder's business

  void note_answer(const Jid& bare, const Result<PeerFinder::Found>& found) {
    const bool silent =
        !found && found.error().code == Errc::PeerOffline && !presence.resources(bare).empty();
    silent ? second_look.unanswered(bare) : second_look.settled(bare);
  }

  // OfferListener
  void on_offer(std::unique_ptr<IncomingOffer> offer) override {
    world.events.on_offer(id, std::move(offer));
  }
  bool on_withdrawn(const Withdrawal& what) override { return world.events.on_withdrawn(id, what); }
  void on_ready(const Jid& peer) override { world.events.on_ready(id, peer); }

  AccountWorld world;
  const AccountId id;
  Handler& handler;
  IqRouter router;
  ContactList contacts;
  PresenceList presence;
  Disco disco;
  Keepalive keepalive;
  PeerFinder finder;
  SecondLook second_look;
  S5bProxies proxies;
  Negotiators negotiators;
  struct Search {
    std::unique_ptr<PeerFinder::Search> running;
  };
  std::list<Search> searches;
  Later later{world.timers};
  std::unique_ptr<S5bProxies::Wait> proxies_wait;  // at login: to tell what was found
};

AccountSession::AccountSession(const AccountWorld& world, AccountId id, const Jid& account,
                               std::function<void(std::string)> send, Handler& handler)
    : parts_(std::make_unique<Parts>(world, id, account, std::move(send), handler)) {}

AccountSession::~AccountSession() = default;

void AccountSession::set_server(const SocketAddress& at) { parts_->proxies.set_server(at); }

void AccountSession::up(const Jid& bound) {
  auto& p = *parts_;
  p.router.session_up(bound);
  p.keepalive.start();
  // The contact list comes first (RFC 6121 s2.2): presences mean nothing before we know whose they
  // are.
  p.contacts.fetch([this](Result<void> fetched) {
    if (!fetched && fetched.error().code == Errc::NotOnline) return;  // the next session fetches it
    if (!fetched)
      log::warning(
          "account",
          "the contact list did not come, so nobody new counts as a contact in this session: " +
              fetched.error().detail);
    parts_->presence.announce(kPriority, parts_->disco.caps());
    parts_->handler.on_session_changed();
  });
  p.proxies_wait = p.proxies.when_ready([this] {
    parts_->proxies_wait.reset();
    parts_->handler.on_session_changed();
  });
}

void AccountSession::down(bool cut) {
  auto& p = *parts_;
  p.keepalive.stop(cut);
  p.router.session_down();
  p.contacts.session_down();
  p.presence.session_down();
  p.finder.session_down();
  p.second_look.session_down();
  p.proxies.session_ended();
  p.negotiators.session_ended();
}

void AccountSession::probe() { parts_->keepalive.probe(); }

void AccountSession::receive(Element stanza) {
  auto& p = *parts_;
  if (stanza.is("features", kNsStreams))
    return p.contacts.set_pre_approval(stanza.child("sub", kNsPreApproval) != nullptr);
  p.keepalive.heard();
  if (!p.second_look.idle()) {
    // Before it is handled: an answer that is no help to us must not lead to the next question.
    if (const auto from = sender_of(stanza)) p.second_look.heard(*from);
  }
  if (stanza.name == "presence")
    p.presence.receive(stanza);
  else
    p.router.receive(stanza);
}

void AccountSession::plan(const Jid& peer, const std::vector<MethodChoice>& methods,
                          const PeerTrust& trust, Callback<void(Result<SendPlan>)> done) {
  auto& p = *parts_;
  Ways ways(p.negotiators.all(), methods, trust);
  if (!ways.need_resource())
    return p.later.run([ways = std::move(ways), peer, done = std::move(done)]() mutable {
      done(ways.to(peer, std::nullopt));
    });
  p.searches.emplace_back();
  const auto here = std::prev(p.searches.end());
  here->running = p.finder.find(
      peer, [ways](const PeerFeatures& features) { return ways.can_reach(features); },
      [this, here, ways, peer, done = std::move(done)](Result<PeerFinder::Found> found) mutable {
        auto tell = std::move(done);
        auto plan = ways.to(peer, found);
        parts_->note_answer(peer.bare(), found);
        parts_->searches.erase(here);
        tell(std::move(plan));
      });
}

bool AccountSession::subscribed_both_ways(const Jid& peer) const {
  return parts_->contacts.subscribed_both_ways(peer);
}
bool AccountSession::is_room(const Jid& peer) const { return parts_->presence.is_room(peer); }

std::string AccountSession::warning() const { return parts_->contacts.trouble(); }

std::vector<std::string> AccountSession::proxies() const {
  std::vector<std::string> rows;
  for (const auto& host : parts_->proxies.hosts())
    rows.push_back(host.jid + " " + host.host + ":" + std::to_string(host.port));
  return rows;
}

std::vector<ContactView> AccountSession::contacts() const {
  auto& p = *parts_;
  std::vector<ContactView> views;
  for (auto& contact : p.presence.contacts()) {
    ContactView view{contact.jid.str(),
                     contact.name,
                     std::string(to_string(contact.subscription)),
                     contact.requested,
                     contact.online(),
                     {},
                     {}};
    std::stable_sort(contact.resources.begin(), contact.resources.end(),
                     [](const Resource& a, const Resource& b) {
                       return a.priority != b.priority ? a.priority > b.priority
                                                       : a.heard > b.heard;
                     });
    for (const auto& resource : contact.resources) {
      view.resources.push_back(resource.jid.str());
      const auto features = p.disco.known(resource.jid, resource.caps);
      if (!features || !view.methods.empty()) continue;
      for (const auto& choice : all_choices())
        if (Ways(p.negotiators.all(), {choice}, {}).can_reach(*features))
          view.methods.push_back(choice.id);
    }
    views.push_back(std::move(view));
  }
  return views;
}

std::vector<std::string> AccountSession::pending_contacts() const {
  std::vector<std::string> jids;
  for (const auto& jid : parts_->contacts.pending()) jids.push_back(jid.str());
  return jids;
}

void AccountSession::add_contact(const Jid& bare, std::string name,
                                 Callback<void(Result<void>)> done) {
  // Who asks to see somebody lets itself be seen: without both, nothing can be sent.
  parts_->contacts.approve(bare);
  parts_->contacts.add(bare, std::move(name), std::move(done));
}

void AccountSession::remove_contact(const Jid& bare, Callback<void(Result<void>)> done) {
  parts_->contacts.remove(bare, std::move(done));
}

namespace {

Result<void> need_request(const ContactList& contacts, const Jid& bare) {
  const auto& pending = contacts.pending();
  if (std::find(pending.begin(), pending.end(), bare) != pending.end()) return {};
  return Error{Errc::BadState, bare.str() + " has not asked; see xmppftctl contacts list"};
}

}  // namespace

Result<void> AccountSession::approve_contact(const Jid& bare) {
  auto& contacts = parts_->contacts;
  if (auto asked = need_request(contacts, bare); !asked) return asked;
  contacts.approve(bare);
  if (contacts.find(bare) == nullptr || !contacts.subscribed_both_ways(bare))
    contacts.add(bare, "", [](Result<void>) {});
  return {};
}

Result<void> AccountSession::deny_contact(const Jid& bare) {
  if (auto asked = need_request(parts_->contacts, bare); !asked) return asked;
  parts_->contacts.deny(bare);
  return {};
}

}  // namespace xmppftd

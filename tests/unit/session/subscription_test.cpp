// SPDX-License-Identifier: MIT
// How two contact lists come to see each other, through servers with rules of their own.
#include <catch2/catch.hpp>
#include <deque>
#include <random>

#include "session/contact_list.h"
#include "session/iq_router.h"
#include "session/presence.h"
#include "support/fake_timers.h"
#include "support/jid.h"
#include "support/xml.h"

namespace subscription_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

/// Both users' rosters, by the state tables of Openfire: an approval that nobody asked for makes a
/// subscription of the one side, or is lost where there is no item; a request of one who is
/// subscribed already goes nowhere; a probe answers each approval, before or after the roster push.
class OpenfireRules {
 public:
  struct Item {
    bool to = false, from = false, ask = false, received = false;
  };
  using Deliver = std::function<void(const std::string& user, std::string xml)>;
  OpenfireRules(std::mt19937& random, Deliver deliver)
      : random_(random), deliver_(std::move(deliver)) {}

  void arrived(const std::string& user, const Element& stanza) {
    if (stanza.name == "iq") return iq(user, stanza);
    const std::string to(stanza.attribute_or_empty("to"));
    if (to.empty()) return;
    subscription(user, to, std::string(stanza.attribute_or_empty("type")));
  }

 private:
  Item* item(const std::string& owner, const std::string& other) {
    const auto found = rosters_[owner].find(other);
    return found == rosters_[owner].end() ? nullptr : &found->second;
  }

  void push(const std::string& owner, const std::string& other, bool removed = false) {
    const auto* it = item(owner, other);
    const std::string word = removed              ? "remove"
                             : it->to && it->from ? "both"
                             : it->to             ? "to"
                             : it->from           ? "from"
                                                  : "none";
    deliver_(owner, "<iq type='set' id='push' to='" + owner +
                        "/r'><query xmlns='jabber:iq:roster'><item jid='" + other +
                        "' subscription='" + word + "'" +
                        (it && it->ask ? " ask='subscribe'" : "") + "/></query></iq>");
  }

  void presence(const std::string& from, const std::string& to, const std::string& type) {
    deliver_(to, "<presence from='" + from + (type.empty() || type == "unavailable" ? "/r" : "") +
                     "'" + (type.empty() ? "" : " type='" + type + "'") + "/>");
  }

  void iq(const std::string& user, const Element& stanza) {
    if (stanza.children.empty()) return;
    const auto answer =
        "<iq type='result' id='" + std::string(stanza.attribute_or_empty("id")) + "'/>";
    const auto* wanted = stanza.children.front().child("item", kNsRoster);
    if (stanza.attribute_or_empty("type") != "set" || !wanted) return;
    const std::string other(wanted->attribute_or_empty("jid"));
    if (wanted->attribute_or_empty("subscription") == "remove") {
      if (item(user, other)) {
        subscription(user, other, "unsubscribe");
        subscription(user, other, "unsubscribed");
        rosters_[user].erase(other);
        push(user, other, true);
      }
    } else {
      rosters_[user].try_emplace(other);
      push(user, other);
    }
    deliver_(user, answer);
  }

  /// True when `owner`'s subscription to or from `other` changed.
  bool manage(const std::string& owner, const std::string& other, const std::string& type,
              bool sending) {
    if (!item(owner, other)) {
      if (type != "subscribe") return false;
      rosters_[owner].try_emplace(other);
    }
    auto& it = *item(owner, other);
    const Item before = it;
    if (sending) {
      if (type == "subscribe") it.ask = !it.to;
      if (type == "subscribed") it.received = false, it.from = true;
      if (type == "unsubscribe") it.to = false;
      if (type == "unsubscribed") it.received = false, it.from = false;
    } else {
      if (type == "subscribe") it.received = !it.from;
      if (type == "subscribed") it.ask = false, it.to = true;
      if (type == "unsubscribe") it.received = false, it.from = false;
      if (type == "unsubscribed") it.ask = false, it.to = false;
    }
    if (it.to != before.to || it.from != before.from || it.ask != before.ask) push(owner, other);
    return it.to != before.to || it.from != before.from;
  }

  void subscription(const std::string& sender, const std::string& recipient,
                    const std::string& type) {
    if (type == "subscribe" && item(sender, recipient) && item(sender, recipient)->to) return;
    manage(sender, recipient, type, true);
    const bool probe_first = type == "subscribed" && random_() % 2 == 0;
    if (probe_first && item(recipient, sender) && item(recipient, sender)->ask)
      presence(sender, recipient, "");
    const bool changed = manage(recipient, sender, type, false);
    if (type == "subscribed" && !changed) return;
    if (type == "subscribe" && item(recipient, sender)->from)
      return presence(recipient, sender, "subscribed");
    presence(sender, recipient, type);
    if (type == "subscribed" && !probe_first) presence(sender, recipient, "");
    if (type == "unsubscribed") presence(sender, recipient, "unavailable");
  }

  std::mt19937& random_;
  Deliver deliver_;
  std::map<std::string, std::map<std::string, Item>> rosters_;
};

/// A client as far as contacts go.
struct Client {
  Client(Timers& timers, const std::string& bare, std::function<void(std::string)> send)
      : router(timers, jid(bare), std::move(send),
               {[this](const Jid& from) { return book.knows_us(from); }, {}}),
        contacts(router, timers),
        book(router, contacts) {
    router.session_up(jid(bare + "/r"));
    book.announce(-1, Caps{"n", "v=", "sha-1"});
  }
  void receive(const Element& stanza) {
    stanza.name == "presence" ? book.receive(stanza) : router.receive(stanza);
  }
  /// As AccountSession does it.
  void add(const std::string& bare) {
    contacts.approve(jid(bare));
    contacts.add(jid(bare), "", [](Result<void>) {});
  }
  void approve_all() {
    for (const auto& bare : std::vector<Jid>(contacts.pending())) {
      contacts.approve(bare);
      if (!contacts.subscribed_both_ways(bare)) contacts.add(bare, "", [](Result<void>) {});
    }
  }
  IqRouter router;
  ContactList contacts;
  PresenceList book;
};

const std::string kAnn = "ann@example.org", kBob = "bob@example.org";

/// Ann and Bob, and the server between them. Each direction keeps its order, the directions are
/// mixed by chance.
struct World {
  explicit World(unsigned seed) : random(seed) {}
  std::mt19937 random;
  FakeTimers timers;
  std::map<std::string, std::deque<std::string>> to_server, to_client;
  OpenfireRules server{random, [this](const std::string& user, std::string xml) {
                         to_client[user].push_back(std::move(xml));
                       }};
  Client ann{timers, kAnn, [this](std::string xml) { to_server[kAnn].push_back(std::move(xml)); }};
  Client bob{timers, kBob, [this](std::string xml) { to_server[kBob].push_back(std::move(xml)); }};

  void run() {
    for (int steps = 0; steps < 10'000; ++steps) {
      std::vector<std::pair<bool, std::string>> ready;
      for (const auto& user : {kAnn, kBob}) {
        if (!to_server[user].empty()) ready.emplace_back(true, user);
        if (!to_client[user].empty()) ready.emplace_back(false, user);
      }
      timers.turn();
      if (ready.empty()) return;
      const auto& [up, user] = ready[random() % ready.size()];
      auto& line = up ? to_server[user] : to_client[user];
      const auto stanza = parse_xml(line.front());
      line.pop_front();
      if (up)
        server.arrived(user, stanza);
      else
        (user == kAnn ? ann : bob).receive(stanza);
    }
    FAIL("the two never come to rest");
  }
  void check_both_online() {
    CHECK(ann.contacts.subscribed_both_ways(jid(kBob)));
    CHECK(bob.contacts.subscribed_both_ways(jid(kAnn)));
    CHECK(ann.book.resources(jid(kBob)).size() == 1);
    CHECK(bob.book.resources(jid(kAnn)).size() == 1);
  }
};

}  // namespace

TEST_CASE("subscription: both add each other at once, on a server without pre-approval",
          "[contacts]") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    World world(seed);
    world.ann.add(kBob);
    world.bob.add(kAnn);
    world.run();
    world.check_both_online();
  }
}

TEST_CASE("subscription: one adds, the other approves, on a server without pre-approval",
          "[contacts]") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    World world(seed);
    world.ann.add(kBob);
    world.run();
    CHECK(world.bob.contacts.pending().size() == 1);
    world.bob.approve_all();
    world.run();
    world.check_both_online();
  }
}

TEST_CASE("subscription: removed and added again, on a server without pre-approval", "[contacts]") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    World world(seed);
    world.ann.add(kBob);
    world.bob.add(kAnn);
    world.run();
    for (int times = 0; times < 4; ++times) {
      world.ann.contacts.remove(jid(kBob), [](Result<void>) {});
      world.run();
      CHECK(world.ann.book.resources(jid(kBob)).empty());
      CHECK_FALSE(world.bob.contacts.sees_us(jid(kAnn)));
      world.ann.add(kBob);
      if (times % 2 == 0) world.bob.add(kAnn);
      world.run();
      world.bob.approve_all();
      world.run();
      world.check_both_online();
    }
  }
}

}  // namespace subscription_test

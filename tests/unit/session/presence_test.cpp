// SPDX-License-Identifier: MIT
#include "session/presence.h"

#include <catch2/catch.hpp>

#include "support/fake_iq_channel.h"
#include "support/jid.h"
#include "support/xml.h"

namespace presence_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

using Names = std::vector<std::string>;
const Caps kOurs{"https://xmppft.org", "abc=", "sha-1"};

struct World final : PresenceList::Observer {
  FakeTimers timers;
  FakeIqChannel iq{timers};
  ContactList contacts{iq, timers};
  PresenceList book{iq, contacts};
  Names heard;

  World() {
    book.add_observer(*this);
    contacts.fetch([](Result<void>) {});
    iq.take();
    iq.reply(
        "<query xmlns='jabber:iq:roster'><item jid='juliet@capulet.lit' name='J' "
        "subscription='both'/>"
        "<item jid='nurse@capulet.lit' subscription='to'/></query>");
    book.announce(-1, kOurs);
    iq.take();
  }
  void on_available(const Resource& resource) override {
    heard.push_back("+" + resource.jid.str());
  }
  void on_unavailable(const Jid& full) override { heard.push_back("-" + full.str()); }
  void on_bounced(const Jid& from, const StanzaError& error) override {
    heard.push_back(from.str() + " " + std::string(to_string(error.condition)));
  }

  void receive(const std::string& xml) { book.receive(parse_xml(xml)); }
  void available(const std::string& from, const std::string& content = "") {
    receive("<presence from='" + from + "'>" + content + "</presence>");
  }
  void unavailable(const std::string& from) {
    receive("<presence type='unavailable' from='" + from + "'/>");
  }
  Names take_heard() { return std::exchange(heard, {}); }
};

}  // namespace

TEST_CASE("presence: ours says priority and caps, and nothing of the version", "[presence]") {
  World world;
  world.book.announce(-1, kOurs);
  world.iq.expect(
      "<presence><priority>-1</priority><c xmlns='http://jabber.org/protocol/caps'"
      " hash='sha-1' node='https://xmppft.org' ver='abc='/></presence>");
}

TEST_CASE("presence: a contact's resource comes, changes and goes", "[presence]") {
  World world;
  const std::string caps =
      "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/>";
  world.available("juliet@capulet.lit/balcony", "<priority>5</priority><show>away</show>" + caps);
  const auto* resource = world.book.find(jid("juliet@capulet.lit/balcony"));
  REQUIRE(resource);
  CHECK(resource->priority == 5);
  CHECK(resource->show == "away");
  CHECK(resource->caps == Caps{"n", "v", "sha-1"});
  world.available("juliet@capulet.lit/balcony",
                  "<priority>5</priority><show>away</show><status>x</status>" + caps);
  CHECK(world.take_heard() == Names{"+juliet@capulet.lit/balcony"});  // a new status is no news
  world.available("juliet@capulet.lit/balcony", "<priority>6</priority>");
  CHECK(world.take_heard() == Names{"+juliet@capulet.lit/balcony"});
  world.unavailable("juliet@capulet.lit/balcony");
  world.unavailable("juliet@capulet.lit/balcony");
  CHECK(world.take_heard() == Names{"-juliet@capulet.lit/balcony"});
  CHECK_FALSE(world.book.find(jid("juliet@capulet.lit/balcony")));
}

TEST_CASE("presence: unavailable from a bare JID, or losing the contact, ends all resources",
          "[presence]") {
  World world;
  world.available("juliet@capulet.lit/balcony");
  world.available("juliet@capulet.lit/chamber");
  CHECK(world.book.resources(jid("juliet@capulet.lit")).size() == 2);
  CHECK(world.book.resources(jid("juliet@capulet.lit/chamber")).size() == 1);
  world.take_heard();
  SECTION("bare") { world.unavailable("juliet@capulet.lit"); }
  SECTION("contact removed") {
    world.iq.inject(
        "<iq type='set' id='p' from='romeo@montague.lit'><query xmlns='jabber:iq:roster'>"
        "<item jid='juliet@capulet.lit' subscription='remove'/></query></iq>");
  }
  CHECK(world.take_heard() == Names{"-juliet@capulet.lit/balcony", "-juliet@capulet.lit/chamber"});
  CHECK(world.book.resources(jid("juliet@capulet.lit")).empty());
}

TEST_CASE("presence: an entity without resources is online by its bare JID", "[presence]") {
  World world;
  world.available("juliet@capulet.lit");
  world.available("juliet@capulet.lit/balcony");
  CHECK(world.take_heard() == Names{"+juliet@capulet.lit", "+juliet@capulet.lit/balcony"});
  CHECK(world.book.resources(jid("juliet@capulet.lit")).size() == 2);
  SECTION("an error of its own ends it, and nothing else") {
    world.receive(
        "<presence type='error' from='juliet@capulet.lit'><error type='cancel'/></presence>");
    CHECK(world.take_heard() ==
          Names{"-juliet@capulet.lit", "juliet@capulet.lit undefined-condition"});
    CHECK(world.book.resources(jid("juliet@capulet.lit")).size() == 1);
  }
  SECTION("unavailable without a resource ends all") {
    world.unavailable("juliet@capulet.lit");
    CHECK(world.take_heard() == Names{"-juliet@capulet.lit", "-juliet@capulet.lit/balcony"});
  }
}

TEST_CASE("presence: a contact's resource counts as it was stamped (RFC 7622 s3.4)", "[presence]") {
  World world;
  Names wanted;
  std::size_t count = 0;
  for (const std::string resource : {"iPhone™", "ﬁsh", "cafe\u0301", "caf\u00e9", "Work", "work",
                                     "👩‍👩‍👧", "name חיבה"}) {
    world.available("Juliet@Capulet.LIT/" + resource);
    CHECK(world.take_heard() == Names{"+juliet@capulet.lit/" + resource});
    const auto* found = world.book.find(jid("juliet@capulet.lit/" + resource));
    REQUIRE(found);
    CHECK(found->jid.as_stamped() == "Juliet@Capulet.LIT/" + resource);
    CHECK(world.book.resources(jid("juliet@capulet.lit")).size() == ++count);
  }
  world.unavailable("juliet@capulet.lit/iPhoneTM");
  CHECK(world.take_heard().empty());
  world.unavailable("juliet@capulet.lit/iPhone™");
  CHECK(world.take_heard() == Names{"-juliet@capulet.lit/iPhone™"});
}

TEST_CASE("presence: of one who becomes a contact right after counts", "[presence]") {
  World world;
  const auto becomes_contact = [&] {
    world.iq.inject(
        "<iq type='set' id='p' from='romeo@montague.lit'><query xmlns='jabber:iq:roster'>"
        "<item jid='tybalt@capulet.lit' subscription='both'/></query></iq>");
    world.iq.expect_result("p");
  };
  world.available("tybalt@capulet.lit/street", "<show>away</show>");
  world.available("tybalt@capulet.lit/home");
  SECTION("and what it said last") {
    world.available("tybalt@capulet.lit/street", "<show>dnd</show>");
    world.unavailable("tybalt@capulet.lit/home");
    CHECK(world.heard.empty());
    becomes_contact();
    CHECK(world.take_heard() == Names{"+tybalt@capulet.lit/street"});
    CHECK(world.book.find(jid("tybalt@capulet.lit/street"))->show == "dnd");
  }
  SECTION("not if it went offline") {
    world.unavailable("tybalt@capulet.lit");
    becomes_contact();
    CHECK(world.heard.empty());
  }
  SECTION("not of an earlier session") {
    world.book.session_down();
    becomes_contact();
    CHECK(world.heard.empty());
  }
  SECTION("of the latest hundred") {
    for (std::size_t i = 0; i < PresenceList::kMaxEarly - 1; ++i)
      world.available("m" + std::to_string(i) + "@evil.lit/x");
    becomes_contact();
    CHECK(world.take_heard() == Names{"+tybalt@capulet.lit/home"});
  }
}

TEST_CASE("presence: of strangers and ourselves is ignored", "[presence]") {
  World world;
  for (const char* from :
       {"mallory@evil.lit/x", "JUL1ET@capulet.lit/balcony", "capulet.lit",
        "romeo@montague.lit/orchard", "room@conference.montague.lit/juliet", "@evil.lit/x"}) {
    INFO(from);
    world.available(from);
    CHECK(world.heard.empty());
  }
  world.receive("<presence/>");
  world.receive("<presence type='invented' from='juliet@capulet.lit/balcony'/>");
  CHECK(world.heard.empty());
  world.available("romeo@montague.lit/garden");  // another device of ours
  CHECK(world.take_heard() == Names{"+romeo@montague.lit/garden"});
}

TEST_CASE("presence: a room is known by its occupants, once we went there (ST8)", "[presence]") {
  World world;
  const auto occupant = jid("hall@conference.capulet.lit/tybalt");
  const std::string muc = "<x xmlns='http://jabber.org/protocol/muc#user'/>";
  world.available(occupant.str(), muc);
  CHECK_FALSE(world.book.is_room(occupant));  // nobody that we have to do with
  world.book.show_to(jid("hall@conference.capulet.lit/romeo"));
  world.available("mercutio@capulet.lit/x", muc);
  world.available(occupant.str());
  CHECK_FALSE(world.book.is_room(occupant));
  world.available(occupant.str(), muc);
  CHECK(world.book.is_room(occupant));
  CHECK(world.book.is_room(jid("hall@conference.capulet.lit")));
  CHECK_FALSE(world.book.is_room(jid("mercutio@capulet.lit/x")));
  world.book.session_down();
  CHECK_FALSE(world.book.is_room(occupant));
}

TEST_CASE("presence: a contact with a thousand resources has a hundred", "[presence]") {
  World world;
  for (int i = 0; i < 1000; ++i) world.available("juliet@capulet.lit/" + std::to_string(i));
  CHECK(world.book.resources(jid("juliet@capulet.lit")).size() == PresenceList::kMaxResources);
  CHECK(world.take_heard().size() == PresenceList::kMaxResources);
  world.available("juliet@capulet.lit/0", "<priority>3</priority>");  // known ones may still change
  CHECK(world.take_heard().size() == 1);
}

TEST_CASE("presence: known are subscribers and those we showed ourselves to (ST5)", "[presence]") {
  World world;
  const auto mallory = jid("mallory@evil.lit/x");
  CHECK(world.book.knows_us(jid("juliet@capulet.lit/balcony")));
  CHECK_FALSE(
      world.book.knows_us(jid("nurse@capulet.lit/kitchen")));  // we see her, she does not see us
  CHECK_FALSE(world.book.knows_us(mallory));

  world.book.show_to(mallory);
  world.iq.expect(
      "<presence to='mallory@evil.lit/x'><priority>-1</priority><c "
      "xmlns='http://jabber.org/protocol/caps'"
      " hash='sha-1' node='https://xmppft.org' ver='abc='/></presence>");
  CHECK(world.book.knows_us(mallory));
  CHECK_FALSE(world.book.knows_us(jid("mallory@evil.lit/y")));
  world.available("mallory@evil.lit/x");
  CHECK(world.take_heard() == Names{"+mallory@evil.lit/x"});

  world.book.hide_from(mallory);
  world.iq.expect("<presence type='unavailable' to='mallory@evil.lit/x'/>");
  CHECK_FALSE(world.book.knows_us(mallory));
  CHECK(world.take_heard() == Names{"-mallory@evil.lit/x"});
  world.book.hide_from(mallory);
  world.iq.expect_nothing();
}

TEST_CASE("presence: shown to a bare JID, all its resources know us", "[presence]") {
  World world;
  world.book.show_to(jid("benvolio@montague.lit"));
  CHECK(world.book.knows_us(jid("benvolio@montague.lit/street")));
  world.available("benvolio@montague.lit/street");
  CHECK(world.book.find(jid("benvolio@montague.lit/street")));
}

TEST_CASE("presence: what we newly say of ourselves reaches those we showed ourselves to",
          "[presence]") {
  World world;
  world.book.show_to(jid("mallory@evil.lit/x"));
  world.iq.take();
  world.book.announce(0, kOurs);
  CHECK(world.iq.take().stanza.attribute_or_empty("to") == "");
  CHECK(world.iq.take().stanza.attribute_or_empty("to") == "mallory@evil.lit/x");
}

TEST_CASE("presence: past a thousand strangers the oldest is hidden from", "[presence]") {
  World world;
  for (int i = 0; i < 1000; ++i) {
    world.book.show_to(jid("m" + std::to_string(i) + "@evil.lit/x"));
    world.iq.take();
  }
  world.book.show_to(jid("m0@evil.lit/x"));  // so it is the newest
  world.iq.take();
  world.book.show_to(jid("one@more.lit/x"));
  world.iq.expect("<presence type='unavailable' to='m1@evil.lit/x'/>");
  CHECK(world.book.knows_us(jid("m0@evil.lit/x")));
  CHECK_FALSE(world.book.knows_us(jid("m1@evil.lit/x")));
}

TEST_CASE("presence: a bounce is told, and a resource that bounces is offline", "[presence]") {
  World world;
  world.available("juliet@capulet.lit/balcony");
  world.take_heard();
  world.receive(
      "<presence type='error' from='juliet@capulet.lit/balcony'><error type='cancel'>"
      "<remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
  CHECK(world.take_heard() ==
        Names{"-juliet@capulet.lit/balcony", "juliet@capulet.lit/balcony remote-server-not-found"});
}

TEST_CASE("presence: with the session all resources and showings end, silently", "[presence]") {
  World world;
  world.available("juliet@capulet.lit/balcony");
  world.book.show_to(jid("mallory@evil.lit/x"));
  world.iq.take();
  world.take_heard();
  world.book.session_down();
  CHECK(world.book.resources(jid("juliet@capulet.lit")).empty());
  CHECK_FALSE(world.book.knows_us(jid("mallory@evil.lit/x")));
  CHECK(world.heard.empty());
  world.book.show_to(jid("mallory@evil.lit/x"));
  world.iq.expect_nothing();
  CHECK_FALSE(world.book.knows_us(jid("mallory@evil.lit/x")));
}

TEST_CASE("presence: the view of contacts", "[presence]") {
  World world;
  world.available("juliet@capulet.lit/balcony");
  const auto contacts = world.book.contacts();
  REQUIRE(contacts.size() == 2);
  CHECK(contacts[0].jid.str() == "juliet@capulet.lit");
  CHECK(contacts[0].name == "J");
  CHECK(contacts[0].subscription == Subscription::Both);
  CHECK(contacts[0].online());
  CHECK_FALSE(contacts[1].online());
}

TEST_CASE("presence: a subscription request goes to the contact list", "[presence]") {
  World world;
  world.receive("<presence type='subscribe' from='mallory@evil.lit'/>");
  CHECK(world.contacts.pending() == std::vector<Jid>{jid("mallory@evil.lit")});
}

TEST_CASE("presence: an observer may leave while it is told", "[presence]") {
  World world;
  struct Leaver final : PresenceList::Observer {
    explicit Leaver(PresenceList& owner) : book(owner) { book.add_observer(*this); }
    void on_available(const Resource&) override {
      ++calls;
      book.remove_observer(*this);
    }
    void on_unavailable(const Jid&) override {}
    void on_bounced(const Jid&, const StanzaError&) override {}
    PresenceList& book;
    int calls = 0;
  } leaver(world.book);
  world.available("juliet@capulet.lit/balcony");
  world.available("juliet@capulet.lit/chamber");
  CHECK(leaver.calls == 1);
}

}  // namespace presence_test

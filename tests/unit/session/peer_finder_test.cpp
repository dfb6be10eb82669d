// SPDX-License-Identifier: MIT
#include "session/peer_finder.h"

#include <catch2/catch.hpp>

#include "support/fake_iq_channel.h"
#include "support/jid.h"
#include "support/xml.h"

namespace peer_finder_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

std::string info(const std::vector<std::string_view>& features) {
  std::string xml = "<query xmlns='http://jabber.org/protocol/disco#info'>";
  for (const auto feature : features) xml += "<feature var='" + std::string(feature) + "'/>";
  return xml + "</query>";
}
const std::string kFiles = info({kNsSi, kNsSiFile, kNsBytestreams});
const std::string kOurKind = info({kNsSi, kNsSiFile, kNsBytestreams, kNsConfirm});
const std::string kOrphan = info({kNsBytestreams});  // Gajim

std::string asks(const std::string& full) {
  return "<iq type='get' to='" + full +
         "'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>";
}

/// Juliet is a contact both ways; Benvolio is none.
struct World {
  FakeTimers timers;
  FakeIqChannel iq{timers};
  ContactList contacts{iq, timers};
  PresenceList presence{iq, contacts};
  Disco disco{iq, timers, {}};
  PeerFinder finder{timers, presence, disco};
  std::vector<Result<PeerFinder::Found>> results;

  World() {
    contacts.fetch([](Result<void>) {});
    iq.take();
    iq.reply(
        "<query xmlns='jabber:iq:roster'><item jid='juliet@capulet.lit' "
        "subscription='both'/></query>");
    presence.announce(-1, disco.caps());
    iq.take();
  }
  void available(const std::string& from, int priority = 0) {
    presence.receive(parse_xml("<presence from='" + from + "'><priority>" +
                               std::to_string(priority) + "</priority></presence>"));
  }
  void unavailable(const std::string& from) {
    presence.receive(parse_xml("<presence type='unavailable' from='" + from + "'/>"));
  }
  std::unique_ptr<PeerFinder::Search> find(std::string_view peer) {
    auto search = finder.find(
        jid(peer),
        [](const PeerFeatures& f) {
          return f.has(kNsSi) && f.has(kNsSiFile) && (f.has(kNsBytestreams) || f.has(kNsIbb));
        },
        [this](Result<PeerFinder::Found> found) { results.push_back(std::move(found)); });
    CHECK(results.empty());  // never before find() returned
    timers.turn();
    return search;
  }
  std::string found() const {
    REQUIRE(results.size() == 1);
    return results[0] ? results[0]->peer.str() : std::string(to_string(results[0].error().code));
  }
};

}  // namespace

TEST_CASE("finder: a contact's one resource that takes files", "[finder]") {
  World world;
  world.available("juliet@capulet.lit/balcony");
  auto search = world.find(GENERATE("juliet@capulet.lit", "juliet@capulet.lit/balcony"));
  world.iq.expect(asks("juliet@capulet.lit/balcony"));
  world.iq.reply(kFiles);
  CHECK(world.found() == "juliet@capulet.lit/balcony");
  CHECK(world.results[0]->features.has(kNsBytestreams));
  CHECK(world.timers.running() == 0);
  world.iq.expect_nothing();  // she sees us already
}

TEST_CASE("finder: a contact without that resource is offline at once", "[finder]") {
  World world;
  world.available("juliet@capulet.lit/balcony");
  auto search = world.find("juliet@capulet.lit/chamber");
  CHECK(world.found() == "PeerOffline");
  world.iq.expect_nothing();
}

TEST_CASE("finder: the bytestreams of a client that dropped SI mislead nobody", "[finder]") {
  World world;
  world.available("juliet@capulet.lit/balcony");
  auto search = world.find("juliet@capulet.lit");
  world.iq.take();
  world.iq.reply(kOrphan);
  CHECK(world.found() == "PeerUnsupported");
}

TEST_CASE("finder: priority first, then who confirms, then the latest heard", "[finder]") {
  World world;
  const auto ask_all = [&](const std::map<std::string, std::string>& answers) {
    auto search = world.find("juliet@capulet.lit");
    for (std::size_t i = 0; i < answers.size() && world.results.empty(); ++i) {
      const auto asked = std::string(world.iq.take().stanza.attribute_or_empty("to"));
      world.iq.reply(answers.at(asked));
    }
    return world.found();
  };
  SECTION("priority") {
    world.available("juliet@capulet.lit/phone", 5);
    world.available("juliet@capulet.lit/desk", 1);
    CHECK(ask_all({{"juliet@capulet.lit/phone", kFiles}, {"juliet@capulet.lit/desk", kOurKind}}) ==
          "juliet@capulet.lit/phone");
  }
  SECTION("but only of those that take files") {
    world.available("juliet@capulet.lit/phone", 5);
    world.available("juliet@capulet.lit/desk", -1);
    CHECK(ask_all({{"juliet@capulet.lit/phone", kOrphan}, {"juliet@capulet.lit/desk", kFiles}}) ==
          "juliet@capulet.lit/desk");
  }
  SECTION("confirm") {
    world.available("juliet@capulet.lit/desk", 1);
    world.available("juliet@capulet.lit/phone", 1);
    CHECK(ask_all({{"juliet@capulet.lit/phone", kFiles}, {"juliet@capulet.lit/desk", kOurKind}}) ==
          "juliet@capulet.lit/desk");
  }
  SECTION("latest") {
    world.available("juliet@capulet.lit/desk", 1);
    world.available("juliet@capulet.lit/phone", 1);
    CHECK(ask_all({{"juliet@capulet.lit/phone", kFiles}, {"juliet@capulet.lit/desk", kFiles}}) ==
          "juliet@capulet.lit/phone");
  }
}

TEST_CASE("finder: does not wait for resources that could not win", "[finder]") {
  World world;
  world.available("juliet@capulet.lit/phone", 5);
  world.available("juliet@capulet.lit/desk", 1);
  auto search = world.find("juliet@capulet.lit");
  const auto phone = world.iq.expect(asks("juliet@capulet.lit/phone"));
  const auto desk = world.iq.expect(asks("juliet@capulet.lit/desk"));
  SECTION("the better one answered") {
    world.iq.reply(phone, kFiles);
    CHECK(world.found() == "juliet@capulet.lit/phone");
    CHECK_FALSE(world.iq.waiting(desk));
  }
  SECTION("the worse one answered, the better never does") {
    world.iq.reply(desk, kFiles);
    CHECK(world.results.empty());
    world.timers.advance(15s);
    CHECK(world.found() == "juliet@capulet.lit/desk");
  }
  SECTION("the better one goes offline") {
    world.iq.reply(desk, kFiles);
    world.unavailable("juliet@capulet.lit/phone");
    CHECK(world.found() == "juliet@capulet.lit/desk");
  }
}

TEST_CASE("finder: asks ten resources at most, the best", "[finder]") {
  World world;
  for (int i = 0; i < 50; ++i) world.available("juliet@capulet.lit/" + std::to_string(i), i);
  auto search = world.find("juliet@capulet.lit");
  world.iq.expect(asks("juliet@capulet.lit/49"));
  for (int i = 0; i < 9; ++i) world.iq.take();
  world.iq.expect_nothing();
}

TEST_CASE("finder: a stranger sees us before it is asked (gabble, Pidgin)", "[finder]") {
  World world;
  auto search = world.find("benvolio@montague.lit/street");
  CHECK(world.iq.take().stanza.name == "presence");
  CHECK(world.presence.knows_us(jid("benvolio@montague.lit/street")));
  world.iq.expect(asks("benvolio@montague.lit/street"));
  SECTION("answers") {
    world.iq.reply(kFiles);
    CHECK(world.found() == "benvolio@montague.lit/street");
  }
  SECTION("is not there") {
    world.iq.refuse(Condition::ServiceUnavailable);
    CHECK(world.found() == "PeerOffline");
  }
  SECTION("is silent") {
    world.timers.advance(20s);
    CHECK(world.found() == "PeerOffline");
  }
  SECTION("does not exist") {
    world.iq.refuse(Condition::ItemNotFound);
    CHECK(world.found() == "NoSuchPeer");
  }
  SECTION("has no server") {
    world.iq.refuse(Condition::RemoteServerNotFound);
    CHECK(world.found() == "NoSuchPeer");
  }
  SECTION("has a server that is down") {
    world.iq.refuse(Condition::RemoteServerTimeout);
    CHECK(world.found() == "PeerOffline");
  }
  SECTION("knows no disco") {
    world.iq.refuse(Condition::FeatureNotImplemented);
    CHECK(world.found() == "PeerUnsupported");
  }
  SECTION("the session ends") {
    world.iq.disconnect();
    CHECK(world.found() == "NotOnline");
  }
}

TEST_CASE("finder: a stranger's bare JID has 5 s to show a resource", "[finder]") {
  World world;
  auto search = world.find("benvolio@montague.lit");
  CHECK(world.iq.take().stanza.attribute_or_empty("to") == "benvolio@montague.lit");
  SECTION("shows one") {
    world.timers.advance(3s);
    world.available("benvolio@montague.lit/street");
    world.timers.advance(3s);
    world.iq.expect(asks("benvolio@montague.lit/street"));
    world.iq.reply(kFiles);
    CHECK(world.found() == "benvolio@montague.lit/street");
  }
  SECTION("shows none") {
    world.timers.advance(5s);
    CHECK(world.found() == "PeerOffline");
  }
  SECTION("bounces") {
    world.presence.receive(
        parse_xml("<presence type='error' from='benvolio@montague.lit'><error type='cancel'>"
                  "<remote-server-not-found "
                  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>"));
    CHECK(world.found() == "NoSuchPeer");
  }
  SECTION("somebody else bounces") {
    world.presence.receive(parse_xml(
        "<presence type='error' from='mallory@evil.lit'><error type='cancel'>"
        "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>"));
    CHECK(world.results.empty());
  }
}

TEST_CASE("finder: who is online without a resource is asked and found so", "[finder]") {
  World world;
  world.contacts.fetch([](Result<void>) {});
  world.iq.take();
  world.iq.reply(
      "<query xmlns='jabber:iq:roster'><item jid='public@disk.example' subscription='both'/>"
      "<item jid='bot.example' subscription='both'/></query>");
  const std::string peer = GENERATE("public@disk.example", "bot.example");
  world.available(peer);
  auto search = world.find(peer);
  world.iq.expect(asks(peer));
  world.iq.reply(kFiles);
  CHECK(world.found() == peer);
}

TEST_CASE("finder: a component answers at its domain, presence or not", "[finder]") {
  World world;
  auto search = world.find("Upload.Montague.LIT");
  CHECK(world.iq.take().stanza.name == "presence");
  world.iq.expect(asks("upload.montague.lit"));
  world.iq.reply(kFiles);
  CHECK(world.found() == "upload.montague.lit");
}

TEST_CASE("finder: the request goes to the address that the server stamps", "[finder]") {
  World world;
  world.available("Juliet@Capulet.LIT/iPhone™");
  auto search = world.find(GENERATE("juliet@capulet.lit", "juliet@capulet.lit/iPhone™"));
  world.iq.expect(asks("Juliet@Capulet.LIT/iPhone™"));
  world.iq.reply(kFiles);
  CHECK(world.found() == "juliet@capulet.lit/iPhone™");
  CHECK(world.results[0]->peer.as_stamped() == "Juliet@Capulet.LIT/iPhone™");
}

TEST_CASE("finder: who is there but does not say what it can do is told so", "[finder]") {
  World world;
  world.available("juliet@capulet.lit/phone");
  const std::string bare = "juliet@capulet.lit";
  auto search = world.find(GENERATE("juliet@capulet.lit", "juliet@capulet.lit/phone"));
  world.iq.take();
  SECTION("silent") { world.timers.advance(20s); }
  SECTION("no such address, it says") { world.iq.refuse(Condition::ItemNotFound); }
  SECTION("no such server, says ours") { world.iq.refuse(Condition::RemoteServerNotFound); }
  SECTION("its server says that it is not there") {
    world.iq.refuse(Condition::ServiceUnavailable);
  }
  SECTION("its server answers in its place") {
    world.iq.reply(
        "<query xmlns='http://jabber.org/protocol/disco#info'>"
        "<identity category='account' type='registered'/></query>");
  }
  SECTION("our presence bounces, its own does not") {
    world.presence.receive(parse_xml(
        "<presence type='error' from='juliet@capulet.lit'><error type='cancel'>"
        "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>"));
    CHECK(world.results.empty());
    world.timers.advance(20s);
  }
  CHECK(world.found() == "PeerOffline");
  CHECK_THAT(world.results[0].error().detail,
             Catch::Contains("is online, but does not say what it can do"));
}

TEST_CASE("finder: who comes online during the search is asked as well", "[finder]") {
  World world;
  world.available("juliet@capulet.lit/desk", 1);
  auto search = world.find("juliet@capulet.lit");
  const auto desk = world.iq.expect(asks("juliet@capulet.lit/desk"));
  world.available("juliet@capulet.lit/phone", 5);
  world.available("nurse@capulet.lit/kitchen", 9);
  const auto phone = world.iq.expect(asks("juliet@capulet.lit/phone"));
  world.iq.reply(phone, kFiles);
  CHECK(world.found() == "juliet@capulet.lit/phone");
  world.iq.expect_nothing();
}

TEST_CASE("finder: one that comes online before the search begins hides no other", "[finder]") {
  World world;
  world.available("juliet@capulet.lit/desk", 1);
  auto search = world.finder.find(
      jid("juliet@capulet.lit"), [](const PeerFeatures&) { return true; },
      [&](Result<PeerFinder::Found> found) { world.results.push_back(std::move(found)); });
  world.available("juliet@capulet.lit/phone", 5);
  world.timers.turn();
  world.iq.expect(asks("juliet@capulet.lit/phone"));
  world.iq.expect(asks("juliet@capulet.lit/desk"));
}

TEST_CASE("finder: what caps already told is not asked", "[finder]") {
  World world;
  world.available("juliet@capulet.lit/balcony");
  auto first = world.find("juliet@capulet.lit");
  world.iq.take();
  world.iq.reply(kFiles);
  world.results.clear();
  auto second = world.find("juliet@capulet.lit");
  world.timers.turn();
  CHECK(world.found() == "juliet@capulet.lit/balcony");
  world.iq.expect_nothing();
}

TEST_CASE("finder: an ended search is silent, and searches end with the session", "[finder]") {
  World world;
  world.available("juliet@capulet.lit/balcony");
  auto dropped = world.find("juliet@capulet.lit");
  dropped.reset();
  CHECK(world.timers.running() == 0);
  auto waiting = world.find("benvolio@montague.lit");
  world.finder.session_down();
  CHECK(world.found() == "NotOnline");
  world.timers.advance(1h);
  CHECK(world.results.size() == 1);
}

TEST_CASE("finder: its callback may end the search", "[finder]") {
  World world;
  world.available("juliet@capulet.lit/balcony");
  std::unique_ptr<PeerFinder::Search> search;
  search = world.finder.find(
      jid("juliet@capulet.lit"), [](const PeerFeatures&) { return true; },
      [&](Result<PeerFinder::Found>) { search.reset(); });
  world.timers.turn();
  SECTION("found") {
    world.iq.take();
    world.iq.reply(kFiles);
  }
  SECTION("gone") { world.unavailable("juliet@capulet.lit/balcony"); }
  SECTION("late") { world.timers.advance(20s); }
  SECTION("session") { world.finder.session_down(); }
  CHECK(search == nullptr);
}

}  // namespace peer_finder_test

// SPDX-License-Identifier: MIT
#include "session/contact_list.h"

#include <catch2/catch.hpp>

#include "session/iq_router.h"
#include "support/fake_iq_channel.h"
#include "support/jid.h"
#include "support/xml.h"

namespace contact_list_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

constexpr auto kFetch = "<iq type='get'><query xmlns='jabber:iq:roster'/></iq>";

std::string push(const std::string& from, const std::string& item) {
  return "<iq type='set' id='p' from='" + from + "'><query xmlns='jabber:iq:roster'>" + item +
         "</query></iq>";
}

struct World {
  FakeTimers timers;
  FakeIqChannel iq{timers};
  ContactList contacts{iq, timers};
  int changes = 0;
  std::vector<std::string> gone;
  std::vector<bool> done;

  World() {
    contacts.set_on_changed([this] { ++changes; });
    contacts.set_on_gone([this](const Jid& bare) { gone.push_back(bare.str()); });
  }
  ContactList::Done note() {
    return [this](Result<void> result) { done.push_back(result.ok()); };
  }
  void fetch(const std::string& items) {
    contacts.fetch(note());
    iq.expect(kFetch);
    iq.reply("<query xmlns='jabber:iq:roster'>" + items + "</query>");
  }
  void presence(const char* type, const char* from) {
    contacts.receive(*Presence::parse(
        parse_xml("<presence type='" + std::string(type) + "' from='" + from + "'/>")));
  }
  std::vector<std::string> pending() const {
    std::vector<std::string> names;
    for (const auto& jid : contacts.pending()) names.push_back(jid.str());
    return names;
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("contacts: the list is fetched whole; who left meanwhile is gone", "[contacts]") {
  World world;
  world.fetch(
      "<item jid='juliet@capulet.lit' name='Juliet' subscription='both'/>"
      "<item jid='nurse@capulet.lit' subscription='to'/>");
  CHECK(world.done == std::vector<bool>{true});
  CHECK(world.contacts.find(jid("juliet@capulet.lit/balcony"))->name == "Juliet");
  world.fetch("<item jid='juliet@capulet.lit' subscription='from'/>");
  CHECK(world.contacts.all().size() == 1);
  CHECK(world.gone == Names{"nurse@capulet.lit"});
}

TEST_CASE("contacts: a list that cannot be had leaves the old one", "[contacts]") {
  World world;
  world.fetch("<item jid='juliet@capulet.lit' subscription='both'/>");
  world.contacts.fetch(world.note());
  world.iq.take();
  world.iq.refuse(Condition::InternalServerError);
  CHECK(world.done == std::vector<bool>{true, false});
  CHECK(world.contacts.find(jid("juliet@capulet.lit")));
}

TEST_CASE("contacts: who sees us, and both ways, follows the subscription", "[contacts]") {
  World world;
  world.fetch(
      "<item jid='none@c.lit' subscription='none'/><item jid='to@c.lit' subscription='to'/>"
      "<item jid='from@c.lit' subscription='from'/><item jid='both@c.lit' subscription='both'/>");
  CHECK_FALSE(world.contacts.sees_us(jid("none@c.lit/r")));
  CHECK_FALSE(world.contacts.sees_us(jid("to@c.lit/r")));
  CHECK(world.contacts.sees_us(jid("from@c.lit/r")));
  CHECK(world.contacts.sees_us(jid("both@c.lit/r")));
  CHECK_FALSE(world.contacts.subscribed_both_ways(jid("from@c.lit")));
  CHECK(world.contacts.subscribed_both_ways(jid("both@c.lit")));
  CHECK_FALSE(world.contacts.sees_us(jid("nobody@c.lit")));
}

TEST_CASE("contacts: a roster push counts only from our own account (ST3)", "[contacts]") {
  // Through the real router, as the wire has it.
  FakeTimers timers;
  std::vector<std::string> wire;
  IqRouter router(timers, jid("romeo@montague.lit"),
                  [&](std::string xml) { wire.push_back(std::move(xml)); },
                  {[](const Jid& from) { return from.domain() == "capulet.lit"; }, {}});
  ContactList contacts(router, timers);
  router.session_up(jid("romeo@montague.lit/orchard"));
  const auto pushed = [&](const std::string& from) {
    wire.clear();
    router.receive(parse_xml("<iq type='set' id='p'" +
                             (from.empty() ? "" : " from='" + from + "'") +
                             "><query xmlns='jabber:iq:roster'>"
                             "<item jid='mallory@evil.lit' subscription='both'/></query></iq>"));
    REQUIRE(wire.size() == 1);
    const auto answer = Iq::parse(parse_xml(wire[0]));
    if (answer->type == IqType::Result) return true;
    CHECK(answer->error->condition == Condition::ServiceUnavailable);
    return false;
  };
  for (const char* from : {"mallory@evil.lit/x",          // stranger
                           "juliet@capulet.lit/balcony",  // contact
                           "juliet@capulet.lit", "capulet.lit", "romeo@montague.lit/garden",
                           "romeo@montague.lit/Orchard", "montague.lit/orchard"}) {
    INFO(from);
    CHECK_FALSE(pushed(from));
    CHECK(contacts.all().empty());
  }
  // Only our server can stamp these on what comes to us.
  for (const char* from : {"", "romeo@montague.lit", "ROMEO@Montague.lit", "montague.lit",
                           "romeo@montague.lit/orchard"}) {
    INFO(from);
    CHECK(pushed(from));
    CHECK(contacts.all().size() == 1);
  }
}

TEST_CASE("contacts: a push changes one contact or removes it", "[contacts]") {
  World world;
  world.fetch("<item jid='juliet@capulet.lit' subscription='to'/>");
  const auto changes = world.changes;
  world.iq.inject(
      push("romeo@montague.lit", "<item jid='juliet@capulet.lit' subscription='both'/>"));
  world.iq.expect_result("p");
  CHECK(world.contacts.subscribed_both_ways(jid("juliet@capulet.lit")));
  CHECK(world.changes == changes + 1);
  world.iq.inject(
      push("romeo@montague.lit", "<item jid='juliet@capulet.lit' subscription='remove'/>"));
  world.iq.expect_result("p");
  CHECK_FALSE(world.contacts.find(jid("juliet@capulet.lit")));
  CHECK(world.gone == Names{"juliet@capulet.lit"});
  world.iq.inject(push("romeo@montague.lit", ""));
  world.iq.expect_error("p", Condition::BadRequest);
}

TEST_CASE("contacts: what is past the bound is left out, and told", "[contacts]") {
  World world;
  world.fetch("<item jid='juliet@capulet.lit' subscription='both'/>");
  CHECK(world.contacts.trouble().empty());
  world.contacts.fetch(world.note());
  world.iq.take();
  Element list("query", std::string(kNsRoster));
  for (std::size_t i = 0; i < ContactList::kMaxContacts + 7; ++i)
    list.add(Element("item", std::string(kNsRoster))
                 .set("jid", "c" + std::to_string(i) + "@capulet.lit"));
  list.add(Element("left-out", std::string(kNsLeftOut)).set("items", "100").set("groups", "0"));
  world.iq.reply(list.to_xml());
  CHECK(world.contacts.all().size() == ContactList::kMaxContacts);
  CHECK_THAT(world.contacts.trouble(),
             Catch::Contains("107 contacts past the first 50000 are left out"));
  world.fetch("<item jid='juliet@capulet.lit' subscription='both'/>");
  CHECK(world.contacts.trouble().empty());
}

TEST_CASE("contacts: a list that did not come is told", "[contacts]") {
  World world;
  world.contacts.fetch(world.note());
  world.iq.take();
  world.iq.refuse(Condition::InternalServerError);
  CHECK_THAT(world.contacts.trouble(), Catch::Contains("did not send the contact list"));
}

TEST_CASE("contacts: one with a bad address spoils no other", "[contacts]") {
  World world;
  world.fetch(
      "<item jid='foo@bar.org:5222' subscription='both'/><item jid='juliet@capulet.lit' "
      "subscription='both'/>"
      "<item jid='x@y.co,' subscription='both'/><item subscription='both'/>");
  CHECK(world.contacts.all().size() == 1);
  world.iq.inject(push("romeo@montague.lit", "<item jid='x@y.co,' subscription='both'/>"));
  world.iq.expect_result("p");
  CHECK(world.contacts.all().size() == 1);
}

TEST_CASE("contacts: a request waits for the user, who says yes or no", "[contacts]") {
  World world;
  world.presence("subscribe", "juliet@capulet.lit");
  world.presence("subscribe", "juliet@capulet.lit/balcony");  // the same again
  world.presence("subscribe", "nurse@capulet.lit");
  CHECK(world.pending() == Names{"juliet@capulet.lit", "nurse@capulet.lit"});
  world.iq.expect_nothing();
  world.contacts.approve(jid("juliet@capulet.lit"));
  world.iq.expect("<presence type='subscribed' to='juliet@capulet.lit'/>");
  world.contacts.deny(jid("nurse@capulet.lit"));
  world.iq.expect("<presence type='unsubscribed' to='nurse@capulet.lit'/>");
  CHECK(world.pending().empty());
  CHECK(world.changes == 4);
}

TEST_CASE("contacts: a request is answered at once when the answer is known", "[contacts]") {
  World world;
  SECTION("config says yes to all") { world.contacts.set_auto_approve(true); }
  SECTION("it sees us already") {
    world.fetch("<item jid='juliet@capulet.lit' subscription='from'/>");
  }
  SECTION("approved before it asked, on a server that knows pre-approval (RFC 6121 s3.4)") {
    world.contacts.set_pre_approval(true);
    world.contacts.approve(jid("juliet@capulet.lit"));
    world.iq.expect("<presence type='subscribed' to='juliet@capulet.lit'/>");
  }
  SECTION("approved before it asked, on one that does not") {
    world.contacts.approve(jid("juliet@capulet.lit"));
    world.iq.expect_nothing();
  }
  SECTION("approved in an earlier session") {
    world.contacts.approve(jid("juliet@capulet.lit"));
    world.contacts.session_down();
  }
  SECTION("we asked for the same") {
    world.fetch("<item jid='juliet@capulet.lit' subscription='none' ask='subscribe'/>");
  }
  world.presence("subscribe", "juliet@capulet.lit");
  world.iq.expect("<presence type='subscribed' to='juliet@capulet.lit'/>");
  CHECK(world.pending().empty());
}

TEST_CASE("contacts: a request goes when withdrawn, answered elsewhere, or with the session",
          "[contacts]") {
  World world;
  world.presence("subscribe", "juliet@capulet.lit");
  SECTION("withdrawn") { world.presence("unsubscribe", "juliet@capulet.lit"); }
  SECTION("another client of ours approved it") {
    world.iq.inject(
        push("romeo@montague.lit", "<item jid='juliet@capulet.lit' subscription='from'/>"));
    world.iq.expect_result("p");
  }
  SECTION("session") { world.contacts.session_down(); }
  CHECK(world.pending().empty());
  CHECK(world.changes == 2);
  world.iq.expect_nothing();
}

TEST_CASE("contacts: requests past 100 and ourselves are ignored", "[contacts]") {
  World world;
  world.presence("subscribe", "romeo@montague.lit");
  world.presence("subscribed", "juliet@capulet.lit");
  CHECK(world.pending().empty());
  for (int i = 0; i < 150; ++i)
    world.presence("subscribe", ("m" + std::to_string(i) + "@evil.lit").c_str());
  CHECK(world.pending().size() == ContactList::kMaxPending);
  world.iq.expect_nothing();
}

TEST_CASE("contacts: adding puts on the list, then asks; groups are kept", "[contacts]") {
  World world;
  world.fetch("<item jid='juliet@capulet.lit'><group>Family</group></item>");
  world.contacts.add(jid("juliet@capulet.lit"), "Juliet", world.note());
  world.iq.expect(
      "<iq type='set'><query xmlns='jabber:iq:roster'>"
      "<item jid='juliet@capulet.lit' name='Juliet'><group>Family</group></item></query></iq>");
  SECTION("granted") {
    world.iq.reply();
    world.iq.expect("<presence type='subscribe' to='juliet@capulet.lit'/>");
    CHECK(world.done.back());
  }
  SECTION("refused") {
    world.iq.refuse(Condition::NotAllowed);
    CHECK_FALSE(world.done.back());
  }
  SECTION("session lost") {
    world.iq.disconnect();
    CHECK_FALSE(world.done.back());
  }
  CHECK(world.done.size() == 2);
  world.iq.expect_nothing();
}

TEST_CASE("contacts: adding one that is there keeps its name and groups", "[contacts]") {
  World world;
  SECTION("all of them known") {
    world.fetch("<item jid='juliet@capulet.lit' name='J'><group>Family</group></item>");
    world.contacts.add(jid("juliet@capulet.lit"), "", world.note());
    world.iq.expect(
        "<iq type='set'><query xmlns='jabber:iq:roster'>"
        "<item jid='juliet@capulet.lit' name='J'><group>Family</group></item></query></iq>");
    world.iq.reply();
    world.iq.expect("<presence type='subscribe' to='juliet@capulet.lit'/>");
    CHECK(world.done == std::vector<bool>{true, true});
  }
  SECTION("of a long list: a set would take it out of the groups that were left out") {
    world.fetch(
        "<item jid='juliet@capulet.lit' name='J'/>"
        "<left-out xmlns='urn:xmppft:left-out:0' items='0' groups='1'/>");
    world.contacts.add(jid("juliet@capulet.lit"), "", world.note());
    world.iq.expect("<presence type='subscribe' to='juliet@capulet.lit'/>");
    CHECK(world.done.size() == 1);  // never before add() returned
    world.timers.turn();
    CHECK(world.done == std::vector<bool>{true, true});
    world.contacts.add(jid("juliet@capulet.lit"), "Juliet", world.note());
    world.timers.turn();
    CHECK(world.done == std::vector<bool>{true, true, false});
  }
  world.iq.expect_nothing();
}

TEST_CASE("contacts: removing is one set", "[contacts]") {
  World world;
  world.contacts.remove(jid("juliet@capulet.lit"), world.note());
  world.iq.expect(
      "<iq type='set'><query xmlns='jabber:iq:roster'>"
      "<item jid='juliet@capulet.lit' subscription='remove'/></query></iq>");
  world.iq.reply();
  CHECK(world.done == std::vector<bool>{true});
}

TEST_CASE("contacts: a refusal of the server names the contact, and is no peer's", "[contacts]") {
  World world;
  std::vector<Error> told;
  const auto keep = [&](Result<void> result) { told.push_back(std::move(result).error()); };
  struct Row {
    Condition condition;
    bool removing;
    const char* words;
  };
  const auto row = GENERATE(Row{Condition::ItemNotFound, true, "is not on the contact list"},
                            Row{Condition::ItemNotFound, false, "put juliet@capulet.lit on"},
                            Row{Condition::NotAllowed, false, "not-allowed, \"it is you\""},
                            Row{Condition::NotAcceptable, false, "not-acceptable"},
                            Row{Condition::Forbidden, true, "remove juliet@capulet.lit from"});
  if (row.removing)
    world.contacts.remove(jid("juliet@capulet.lit"), keep);
  else
    world.contacts.add(jid("juliet@capulet.lit"), "", keep);
  world.iq.expect("<iq type='set'><query xmlns='jabber:iq:roster'><item jid='juliet@capulet.lit'" +
                  std::string(row.removing ? " subscription='remove'" : "") + "/></query></iq>");
  world.iq.refuse(StanzaError::of(row.condition, "it is you"));
  REQUIRE(told.size() == 1);
  CHECK(told[0].code == Errc::BadState);
  CHECK_THAT(told[0].detail, Catch::Contains(row.words) && Catch::Contains("juliet@capulet.lit"));
}

}  // namespace contact_list_test

// SPDX-License-Identifier: MIT
#include "xep/roster.h"

#include <catch2/catch.hpp>

#include "support/xml.h"
#include "xep/xep0199_ping.h"

namespace roster_test {

using namespace xmppftd;
using test::parse_xml;

TEST_CASE("roster: items with subscription, ask, name and groups (RFC 6121 s2)", "[roster]") {
  const auto roster = Roster::parse(parse_xml(R"(<query xmlns='jabber:iq:roster' ver='ver7'>
    <item jid='Nurse@Example.com' name='Nurse' subscription='both'><group>Servants</group><group>Old</group></item>
    <item jid='romeo@example.net' subscription='from' ask='subscribe'/>
    <item jid='a@example.net' subscription='to'/>
    <item jid='b@example.net' subscription='remove'/>
    <item jid='c@example.net' subscription='sideways'/>
    <item jid='d@example.net'/>
    <item jid='not a jid@@'/><item name='nobody'/>
  </query>)"));
  CHECK(roster.ver == "ver7");
  REQUIRE(roster.items.size() == 6);
  CHECK(roster.items[0].jid.str() == "nurse@example.com");
  CHECK(roster.items[0].name == "Nurse");
  CHECK(roster.items[0].subscription == Subscription::Both);
  CHECK(roster.items[0].groups == std::vector<std::string>{"Servants", "Old"});
  CHECK_FALSE(roster.items[0].ask_subscribe);
  CHECK(roster.items[1].subscription == Subscription::From);
  CHECK(roster.items[1].ask_subscribe);
  CHECK(roster.items[2].subscription == Subscription::To);
  CHECK(roster.items[3].subscription == Subscription::Remove);
  CHECK(roster.items[4].subscription == Subscription::None);
  CHECK(roster.items[5].subscription == Subscription::None);
}

TEST_CASE("roster: request, set and removal as RFC 6121 writes them", "[roster]") {
  CHECK(Roster().build().to_xml() == "<query xmlns='jabber:iq:roster'/>");
  Roster request;
  request.ver = "";
  CHECK(request.build().to_xml() == "<query xmlns='jabber:iq:roster' ver=''/>");

  RosterItem item{
      *Jid::parse("nurse@example.com"), "Nurse", Subscription::None, true, {"Servants"}};
  CHECK(item.build().to_xml() ==
        "<item xmlns='jabber:iq:roster' jid='nurse@example.com' "
        "name='Nurse'><group>Servants</group></item>");
  RosterItem gone{*Jid::parse("nurse@example.com"), "", Subscription::Remove, false, {}};
  CHECK(gone.build().to_xml("jabber:iq:roster") ==
        "<item jid='nurse@example.com' subscription='remove'/>");
}

TEST_CASE("roster: names and groups are clean and bounded", "[roster]") {
  auto item = Element("item", "jabber:iq:roster")
                  .set("jid", "a@b")
                  .set("name", "x\x1b" + std::string(999, 'y'));
  for (int i = 0; i < 100; ++i)
    item.add(Element("group", "jabber:iq:roster").with_text("g" + std::to_string(i)));
  const auto roster = Roster::parse(Element("query", "jabber:iq:roster").add(item));
  REQUIRE(roster.items.size() == 1);
  CHECK(roster.items[0].name.size() <= 256);
  CHECK(roster.items[0].name.substr(0, 2) == "xy");
  CHECK(roster.items[0].groups.size() == 64);
}

TEST_CASE("ping: the payload of XEP-0199 example 1", "[ping]") {
  CHECK(build_ping().to_xml() == "<ping xmlns='urn:xmpp:ping'/>");
}

}  // namespace roster_test

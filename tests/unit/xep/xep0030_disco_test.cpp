// SPDX-License-Identifier: MIT
#include "xep/xep0030_disco.h"

#include <catch2/catch.hpp>

#include "support/xml.h"
#include "xep/stanza.h"

namespace xep0030_disco_test {

using namespace xmppftd;
using test::parse_xml;

TEST_CASE("disco info: Openfire's proxy, recorded", "[disco]") {
  const auto iq = Iq::parse(parse_xml(
      R"(<iq type="result" id="pi" from="proxy.xft.test" to="alice@xft.test/r1"><query xmlns="http://jabber.org/protocol/disco#info"><identity category="proxy" name="SOCKS5 Bytestreams Service" type="bytestreams"/><feature var="http://jabber.org/protocol/bytestreams"/><feature var="http://jabber.org/protocol/disco#info"/></query></iq>)"));
  REQUIRE(iq);
  const auto info = DiscoInfo::parse(*iq->payload);
  REQUIRE(info);
  CHECK(info->has_identity("proxy", "bytestreams"));
  CHECK_FALSE(info->has_identity("proxy", ""));
  CHECK(info->has_feature("http://jabber.org/protocol/bytestreams"));
  CHECK_FALSE(info->has_feature("http://jabber.org/protocol/bytestreams#udp"));
}

TEST_CASE("disco info: build and parse are inverse, forms and languages included", "[disco]") {
  DiscoInfo info;
  info.node = "n#v";
  info.identities = {{"client", "bot", "xmppftd", ""}, {"client", "bot", "\xce\xa8", "el"}};
  info.features = {"a", "b"};
  info.forms = {{"result", {{"FORM_TYPE", "hidden", {"t"}, {}}, {"os", "", {"x", "y"}, {}}}}};
  const auto read = DiscoInfo::parse(parse_xml(info.build().to_xml()));
  REQUIRE(read);
  CHECK(read->node == info.node);
  CHECK(read->identities == info.identities);
  CHECK(read->features == info.features);
  REQUIRE(read->forms.size() == 1);
  CHECK(read->forms[0].type == "result");
  REQUIRE(read->forms[0].field("os"));
  CHECK(read->forms[0].field("os")->values == std::vector<std::string>{"x", "y"});
  CHECK(read->forms[0].field("FORM_TYPE")->type == "hidden");
  CHECK_FALSE(read->forms[0].field("none"));
}

TEST_CASE("disco info: a request is an empty query with its node", "[disco]") {
  DiscoInfo request;
  CHECK(request.build().to_xml() == "<query xmlns='http://jabber.org/protocol/disco#info'/>");
  request.node = "n";
  CHECK(request.build().to_xml() ==
        "<query xmlns='http://jabber.org/protocol/disco#info' node='n'/>");
}

TEST_CASE("disco info: floods are refused", "[disco]") {
  const auto [name, allowed] =
      GENERATE(table<std::string, std::size_t>({{"identity", 128}, {"feature", 1024}}));
  Element query("query", "http://jabber.org/protocol/disco#info");
  for (std::size_t i = 0; i < allowed; ++i) query.add(Element(name, query.xmlns).set("var", "v"));
  CHECK(DiscoInfo::parse(query).ok());
  query.add(Element(name, query.xmlns).set("var", "v"));
  CHECK(DiscoInfo::parse(query).error().code == Errc::Protocol);
}

TEST_CASE("data form: floods of fields and values are refused", "[disco]") {
  Element many("x", "jabber:x:data");
  Element field("field", "jabber:x:data");
  for (int i = 0; i < 129; ++i) {
    many.add(Element("field", "jabber:x:data"));
    field.add(Element("value", "jabber:x:data"));
  }
  CHECK_FALSE(DataForm::parse(many));
  CHECK_FALSE(DataForm::parse(Element("x", "jabber:x:data").add(field)));
}

TEST_CASE("disco items: a server's, recorded", "[disco]") {
  const auto iq = Iq::parse(parse_xml(R"(<iq type="result" id="qxmpp74" to="b@rabbitim.com/QXmpp">
    <query xmlns="http://jabber.org/protocol/disco#items">
        <item jid="proxy.rabbitim.com" name="Socks 5 Bytestreams Proxy"/>
        <item jid="pubsub.rabbitim.com" name="Publish-Subscribe service"/>
        <item jid="conference.rabbitim.com" name="公共房间"/>
        <item jid="search.rabbitim.com" name="User Search"/>
    </query></iq>)"));
  REQUIRE(iq);
  const auto items = DiscoItems::parse(*iq->payload);
  REQUIRE(items.items.size() == 4);
  CHECK(items.items[0] == DiscoItem{"proxy.rabbitim.com", "", "Socks 5 Bytestreams Proxy"});
  CHECK(items.items[2].name == "公共房间");
  CHECK(DiscoItems::parse(items.build()).items == items.items);
}

TEST_CASE("disco items: nodes (XEP-0030 example 15), items without JID, too many", "[disco]") {
  auto query = parse_xml(
      R"(<query xmlns='http://jabber.org/protocol/disco#items' node='music'>
         <item jid='catalog.shakespeare.lit' node='music/A'/><item node='x'/></query>)");
  const auto items = DiscoItems::parse(query);
  CHECK(items.node == "music");
  REQUIRE(items.items.size() == 1);
  CHECK(items.items[0].node == "music/A");
  for (int i = 0; i < 2000; ++i) query.add(Element("item", query.xmlns).set("jid", "j"));
  CHECK(DiscoItems::parse(query).items.size() == 1024);
}

}  // namespace xep0030_disco_test

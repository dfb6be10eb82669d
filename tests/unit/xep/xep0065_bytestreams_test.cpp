// SPDX-License-Identifier: MIT
#include "xep/xep0065_bytestreams.h"

#include <catch2/catch.hpp>

#include "support/xml.h"
#include "xep/stanza.h"

namespace xep0065_bytestreams_test {

using namespace xmppftd;
using test::parse_xml;

namespace {

BytestreamsQuery query_of(std::string_view stanza) {
  const auto iq = Iq::parse(parse_xml(stanza));
  REQUIRE(iq);
  REQUIRE(iq->payload);
  const auto query = BytestreamsQuery::parse(*iq->payload);
  REQUIRE(query);
  return *query;
}

std::optional<StreamHost> host_of(std::string_view attributes) {
  const auto query = BytestreamsQuery::parse(
      parse_xml("<query xmlns='http://jabber.org/protocol/bytestreams' sid='s'><streamhost " +
                std::string(attributes) + "/></query>"));
  REQUIRE(query);
  if (query->hosts.empty()) return std::nullopt;
  return query->hosts.front();
}

}  // namespace

TEST_CASE("bytestreams: the requester's hosts (XEP-0065 examples 11 and 17)", "[s5b]") {
  const auto query = query_of(R"(<iq from='requester@example.com/foo' id='hu3vax16'
      to='target@example.org/bar' type='set'>
    <query xmlns='http://jabber.org/protocol/bytestreams' sid='vxf9n471bn46'>
      <streamhost jid='requester@example.com/foo' host='192.168.4.1' port='5086'/>
      <streamhost host='24.24.24.1' jid='streamer.example.com' port='7625'/>
    </query></iq>)");
  CHECK(query.sid == "vxf9n471bn46");
  REQUIRE(query.hosts.size() == 2);
  CHECK(query.hosts[0] == StreamHost{"requester@example.com/foo", "192.168.4.1", 5086, false});
  CHECK(query.hosts[1] == StreamHost{"streamer.example.com", "24.24.24.1", 7625, false});
  CHECK(query.build().to_xml() ==
        "<query xmlns='http://jabber.org/protocol/bytestreams' sid='vxf9n471bn46' mode='tcp'>"
        "<streamhost jid='requester@example.com/foo' host='192.168.4.1' port='5086'/>"
        "<streamhost jid='streamer.example.com' host='24.24.24.1' port='7625'/></query>");
}

TEST_CASE("bytestreams: a proxy's address, an answer and an activation, recorded", "[s5b]") {
  const auto address = query_of(
      R"(<iq type="result" id="qxmpp75" from="proxy.rabbitim.com" to="b@rabbitim.com/QXmpp">
    <query xmlns="http://jabber.org/protocol/bytestreams">
        <streamhost jid="proxy.rabbitim.com" host="182.254.185.29" port="7777"/>
    </query></iq>)");
  CHECK(address.sid.empty());
  REQUIRE(address.hosts.size() == 1);
  CHECK(address.hosts[0] == StreamHost{"proxy.rabbitim.com", "182.254.185.29", 7777, false});

  const auto answer = query_of(
      R"(<iq id="qxmpp77" to="b@rabbitim.com/QXmpp" type="result" from="c@rabbitim.com/QXmpp">
    <query xmlns="http://jabber.org/protocol/bytestreams" sid="MsVtTkTuwqKQhMBxUsuM66qLgEG9r4Cr" mode="tcp">
        <streamhost-used jid="proxy.rabbitim.com"/>
    </query></iq>)");
  CHECK(answer.sid == "MsVtTkTuwqKQhMBxUsuM66qLgEG9r4Cr");
  CHECK(answer.used == "proxy.rabbitim.com");
  CHECK(answer.hosts.empty());
}

TEST_CASE("bytestreams: answer and activation are built as in XEP-0065 examples 15 and 24",
          "[s5b]") {
  BytestreamsQuery answer;
  answer.sid = "vxf9n471bn46";
  answer.used = "requester@example.com/foo";
  CHECK(answer.build().to_xml() ==
        "<query xmlns='http://jabber.org/protocol/bytestreams' sid='vxf9n471bn46'>"
        "<streamhost-used jid='requester@example.com/foo'/></query>");

  const auto activation = query_of(
      R"(<iq from='requester@example.com/foo' id='oqx6t1c9' to='streamer.example.com' type='set'>
    <query xmlns='http://jabber.org/protocol/bytestreams' sid='vxf9n471bn46'>
      <activate>target@example.org/bar</activate></query></iq>)");
  CHECK(activation.activate == "target@example.org/bar");
  CHECK(activation.build().to_xml() ==
        "<query xmlns='http://jabber.org/protocol/bytestreams' sid='vxf9n471bn46'>"
        "<activate>target@example.org/bar</activate></query>");

  CHECK(BytestreamsQuery().build().to_xml() ==
        "<query xmlns='http://jabber.org/protocol/bytestreams'/>");
}

TEST_CASE("bytestreams: mode is never a reason to refuse (QXmpp 1.4)", "[s5b]") {
  const auto* mode = GENERATE("", "mode='udp'", "mode='tcp'", "mode='\xc3\xbf'", "mode=''");
  const auto query = BytestreamsQuery::parse(
      parse_xml("<query xmlns='http://jabber.org/protocol/bytestreams' sid='s' " +
                std::string(mode) + "><streamhost jid='a' host='192.0.2.1' port='1'/></query>"));
  REQUIRE(query);
  CHECK(query->hosts.size() == 1);
}

TEST_CASE("bytestreams: which streamhosts can be tried", "[s5b]") {
  using Host = std::optional<StreamHost>;
  const auto [attributes, host] = GENERATE(table<std::string, Host>({
      {"jid='j' host='h.example' port='1'", StreamHost{"j", "h.example", 1, false}},
      {"jid='j' host='2001:db8::1' port='65535'", StreamHost{"j", "2001:db8::1", 65535, false}},
      {"jid='j' host='192.0.2.1'", StreamHost{"j", "192.0.2.1", 1080, false}},  // section 9.2
      // Openfire names zones of its own machine
      {"jid='j' host='fd00:0:0:0:0:0:0:2%eth0' port='7777'",
       StreamHost{"j", "fd00:0:0:0:0:0:0:2", 7777, true}},
      {"jid='j' host='%eth0' port='7777'", std::nullopt},
      {"jid='j' host='h' port='0'", std::nullopt},
      {"jid='j' host='h' port=''", std::nullopt},
      {"jid='j' host='h' port='65536'", std::nullopt},
      {"jid='j' host='h' port='-1'", std::nullopt},
      {"jid='j' host='h' port=' 80'", std::nullopt},
      {"jid='j' host='h' port='0x50'", std::nullopt},
      {"jid='j' host='' port='80'", std::nullopt},
      {"jid='' host='h' port='80'", std::nullopt},
      {"host='h' port='80'", std::nullopt},
      {"jid='j' port='80'", std::nullopt},
      {"jid='j' host='a b' port='80'", std::nullopt},
      {"jid='j' host='a/../b' port='80'", std::nullopt},
      {"jid='j' host='&#10;h' port='80'", std::nullopt},
  }));
  INFO(attributes);
  CHECK(host_of(attributes) == host);
}

TEST_CASE("bytestreams: an over-long host or JID is skipped", "[s5b]") {
  CHECK(host_of("jid='j' host='" + std::string(255, 'a') + "'"));
  CHECK_FALSE(host_of("jid='j' host='" + std::string(256, 'a') + "'"));
  CHECK_FALSE(host_of("jid='" + std::string(4000, 'j') + "' host='h'"));
}

TEST_CASE("bytestreams: Openfire's hosts of one JID are all kept, in order", "[s5b]") {
  const auto query = BytestreamsQuery::parse(parse_xml(
      R"(<query xmlns="http://jabber.org/protocol/bytestreams"><streamhost jid="proxy.xft.test" host="fd00:0:0:0:0:0:0:2%eth0" port="17777"/><streamhost jid="proxy.xft.test" host="192.0.2.2" port="17777"/><streamhost jid="proxy.xft.test" host="fe80:0:0:0:fc:ff:fe00:1%eth0" port="17777"/></query>)"));
  REQUIRE(query);
  REQUIRE(query->hosts.size() == 3);
  CHECK(query->hosts[1].host == "192.0.2.2");
  CHECK(query->hosts[2] == StreamHost{"proxy.xft.test", "fe80:0:0:0:fc:ff:fe00:1", 17777, true});
}

TEST_CASE("bytestreams: hosts past the 64th are not read, but counted", "[s5b]") {
  BytestreamsQuery sent;
  sent.sid = "s";
  for (std::uint16_t i = 1; i <= 100; ++i) sent.hosts.push_back({"j", "192.0.2.1", i, false});
  const auto query = BytestreamsQuery::parse(sent.build());
  REQUIRE(query);
  CHECK(query->hosts.size() == 64);
  CHECK(query->hosts.back().port == 64);
  CHECK(query->left_out == 36);
}

TEST_CASE("bytestreams: Psi's additions are ignored", "[s5b]") {
  const auto query = BytestreamsQuery::parse(
      parse_xml("<query xmlns='http://jabber.org/protocol/bytestreams' sid='ft_1a2b' mode='tcp'>"
                "<streamhost jid='j' host='192.0.2.1' port='8010'><proxy "
                "xmlns='http://affinix.com/jabber/stream'/></streamhost>"
                "<fast xmlns='http://affinix.com/jabber/stream'/></query>"));
  REQUIRE(query);
  CHECK(query->hosts.size() == 1);
}

TEST_CASE("bytestreams: answers that name nobody are refused", "[s5b]") {
  const auto* xml = GENERATE(
      "<query xmlns='http://jabber.org/protocol/bytestreams' sid='s'><streamhost-used/></query>",
      "<query xmlns='http://jabber.org/protocol/bytestreams' sid='s'><streamhost-used "
      "jid=''/></query>",
      "<query xmlns='http://jabber.org/protocol/bytestreams' sid='s'><activate> "
      "</activate></query>");
  const auto query = BytestreamsQuery::parse(parse_xml(xml));
  REQUIRE_FALSE(query);
  CHECK(query.error().code == Errc::Protocol);
}

TEST_CASE("bytestreams: dstaddr is 40 hex digits or nothing (XEP-0065 example 27)", "[s5b]") {
  const auto [text, value] = GENERATE(table<std::string, std::string>({
      {"416781edf1ae50bad01cb8509ba35b43952bc345", "416781edf1ae50bad01cb8509ba35b43952bc345"},
      {"416781EDF1AE50BAD01CB8509BA35B43952BC345", "416781edf1ae50bad01cb8509ba35b43952bc345"},
      {"416781edf1ae50bad01cb8509ba35b43952bc34", ""},
      {"416781edf1ae50bad01cb8509ba35b43952bc3456", ""},
      {"416781edf1ae50bad01cb8509ba35b43952bc34g", ""},
      {"", ""},
  }));
  const auto query =
      BytestreamsQuery::parse(Element("query", "http://jabber.org/protocol/bytestreams")
                                  .set("sid", "s")
                                  .set("dstaddr", text));
  REQUIRE(query);
  CHECK(query->dst_addr == value);
}

TEST_CASE("dst_addr: Openfire's recorded digest", "[s5b]") {
  CHECK(dst_addr("sid0001", "alice@xft.test/r1", "bob@xft.test/r2") ==
        "f1fbefc946c2ef54e47bc137d841258f7a9ffbc0");
}

}  // namespace xep0065_bytestreams_test

// SPDX-License-Identifier: MIT
#include "strophe/expat_seam.h"

#include <expat.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "fake_policy.h"
#include "strophe/context.h"
#include "strophe/element.h"
#include "support/xml.h"

namespace expat_seam_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

using Stanza = std::unique_ptr<xmpp_stanza_t, decltype(&xmpp_stanza_release)>;

Stanza strophe_parse(const std::string& xml) {
  return {xmpp_stanza_new_from_string(first_context(), xml.c_str()), &xmpp_stanza_release};
}

}  // namespace

TEST_CASE("seam: libstrophe's parser goes through it", "[strophe]") {
  REQUIRE(expat_seam_self_test());
}

TEST_CASE("seam: a stanza parsed by libstrophe is the same Element", "[strophe]") {
  const std::string xml =
      "<iq xmlns='jabber:client' from='a@b/c' id='1' type='set' xml:lang='en'>"
      "<open xmlns='http://jabber.org/protocol/ibb' sid='s' block-size='4096'/>"
      "two &lt;\n<q xmlns='urn:q'><r xmlns=''>\xc3\xa9</r></q> three</iq>";
  const Stanza stanza = strophe_parse(xml);
  REQUIRE(stanza);
  const Element copy = to_element(stanza.get());
  const Element expected = parse_xml(xml);
  CHECK(copy.name == "iq");
  CHECK(copy.xmlns == "jabber:client");
  CHECK(copy.attributes.size() == 4);
  CHECK(copy.attribute("xml:lang") == "en");
  CHECK(copy.attribute("from") == "a@b/c");
  CHECK(copy.text == "two <\n three");
  REQUIRE(copy.children.size() == 2);
  CHECK(copy.children[0].is("open", "http://jabber.org/protocol/ibb"));
  CHECK(copy.children[0].attribute("block-size") == "4096");
  CHECK(copy.children[1].children.at(0).is("r", ""));
  CHECK(copy.children[1].children[0].text == expected.children[1].children[0].text);
}

TEST_CASE("seam: no prefixed attribute reaches the tree, in no element (ST1)", "[strophe]") {
  const Stanza stanza = strophe_parse(
      "<iq id='1' from='a@b' xmlns:e='urn:e' e:id='2' e:from='evil@b' e:type='set' e:xmlns='urn:x'>"
      "<q e:sid='2' sid='1'/></iq>");
  REQUIRE(stanza);
  const Element iq = to_element(stanza.get());
  CHECK(iq.attributes.size() == 2);
  CHECK(iq.attribute("id") == "1");
  CHECK(iq.attribute("from") == "a@b");
  CHECK(iq.xmlns.empty());
  CHECK(iq.children.at(0).attributes.size() == 1);
  CHECK(iq.children[0].attribute("sid") == "1");
}

TEST_CASE("seam: what XMPP forbids stops the parser (ST6)", "[strophe]") {
  const std::string xml =
      GENERATE("<m><!-- a --></m>", "<m><?a b?></m>", "<m>", "<m></n>", "<m a='1' a='2'/>",
               "<m>\x01</m>", "<m>&undefined;</m>", "<m><![CDATA[", "<x:m/>");
  CHECK_FALSE(strophe_parse(xml));
}

TEST_CASE("seam: a DOCTYPE stops the parser and is told", "[strophe]") {
  FakePolicy policy;
  const PolicyScope scope(policy);
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreateNS(nullptr, '\x1f'), &XML_ParserFree);
  XML_SetUserData(parser.get(), nullptr);
  const std::string xml = "<!DOCTYPE s [<!ENTITY a 'b'>]><s>&a;</s>";
  CHECK(XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), 0) == XML_STATUS_ERROR);
  CHECK(policy.notes == std::vector<std::string>{"refused: a DOCTYPE"});
  CHECK(XML_Parse(parser.get(), "x", 1, 0) == XML_STATUS_ERROR);
  CHECK(policy.notes.size() == 1);
}

TEST_CASE("seam: a token without an end is not kept beyond a megabyte", "[strophe]") {
  FakePolicy policy;
  const PolicyScope scope(policy);
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreateNS(nullptr, '\x1f'), &XML_ParserFree);
  XML_SetUserData(parser.get(), nullptr);
  XML_SetElementHandler(
      parser.get(), [](void*, const char*, const char**) {}, [](void*, const char*) {});
  const std::string piece(64 * 1024, 'x');
  REQUIRE(XML_Parse(parser.get(), "<s><m a='", 9, 0) == XML_STATUS_OK);
  int pieces = 0;
  while (XML_Parse(parser.get(), piece.data(), static_cast<int>(piece.size()), 0) ==
             XML_STATUS_OK &&
         pieces < 100)
    ++pieces;
  CHECK(pieces == 16);
  CHECK(policy.notes == std::vector<std::string>{"refused: a token without an end"});
}

TEST_CASE("seam: a stanza is told with its last byte, in however many pieces", "[strophe]") {
  const std::string xml = "<s><iq id='12345678' type='result'/>";
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreateNS(nullptr, '\x1f'), &XML_ParserFree);
  int ends = 0;
  XML_SetUserData(parser.get(), &ends);
  XML_SetElementHandler(parser.get(), nullptr,
                        [](void* count, const char*) { ++*static_cast<int*>(count); });
  for (const char& byte : xml) {
    CHECK(ends == 0);
    REQUIRE(XML_Parse(parser.get(), &byte, 1, 0) == XML_STATUS_OK);
  }
  CHECK(ends == 1);
}

TEST_CASE("seam: a parser that is reset starts anew", "[strophe]") {
  FakePolicy policy;
  const PolicyScope scope(policy);
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreateNS(nullptr, '\x1f'), &XML_ParserFree);
  XML_SetUserData(parser.get(), nullptr);
  CHECK(XML_Parse(parser.get(), "<s><!-- -->", 11, 0) == XML_STATUS_ERROR);
  REQUIRE(XML_ParserReset(parser.get(), nullptr) == XML_TRUE);

  int starts = 0;
  XML_SetElementHandler(
      parser.get(), [](void* count, const char*, const char**) { ++*static_cast<int*>(count); },
      nullptr);
  XML_SetUserData(parser.get(), &starts);
  CHECK(XML_Parse(parser.get(), "<s><m/></s>", 11, 1) == XML_STATUS_OK);
  CHECK(starts == 2);
}

TEST_CASE("heap: what libstrophe leaves behind goes with it", "[strophe]") {
  StropheHeap heap;
  const xmpp_mem_t& memory = *heap.functions();
  auto* const first = static_cast<char*>(memory.alloc(8, memory.userdata));
  std::copy_n("secret!", 8, first);
  void* const second = memory.alloc(8, memory.userdata);
  auto* const grown = static_cast<char*>(memory.realloc(first, 4000, memory.userdata));
  CHECK(std::string(grown) == "secret!");
  memory.free(second, memory.userdata);
  memory.free(nullptr, memory.userdata);
  CHECK(heap.blocks() == 1);  // and a sanitizer tells whether the last one goes
}

}  // namespace expat_seam_test

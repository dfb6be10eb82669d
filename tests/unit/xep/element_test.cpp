// SPDX-License-Identifier: MIT
#include "xep/element.h"

#include <catch2/catch.hpp>

#include "support/xml.h"

namespace element_test {

using namespace xmppftd;
using test::parse_xml;

TEST_CASE("element: markup and white space in text and attributes is escaped", "[element]") {
  const auto element = Element("a", "").set("k", "<>&'\"\t\n\r").with_text("<>&'\"\t\n\r");
  CHECK(element.to_xml() ==
        "<a k='&lt;&gt;&amp;&apos;&quot;&#9;&#10;&#13;'>&lt;&gt;&amp;&apos;&quot;\t\n&#13;</a>");
  const auto read = parse_xml(element.to_xml());
  CHECK(read.attribute("k") == "<>&'\"\t\n\r");
  CHECK(read.text == "<>&'\"\t\n\r");
}

TEST_CASE("element: what XML 1.0 cannot carry is dropped", "[element]") {
  const auto [in, out] = GENERATE(table<std::string, std::string>({
      {std::string("a\0b", 3), "ab"},
      {"\x01\x08\x0b\x0c\x0e\x1f", ""},
      {"\x7f\xc2\x80", "\x7f\xc2\x80"},        // discouraged, but legal
      {"a\xef\xbf\xbe\xef\xbf\xbf z", "a z"},  // U+FFFE, U+FFFF
      {"\xef\xbf\xbd", "\xef\xbf\xbd"},        // U+FFFD
      {"\xed\xa0\x80x", "x"},                  // a surrogate
      {"\xc0\xaf\xff\xfe x", " x"},            // overlong, never legal
      {"\xe2\x82", ""},                        // cut
      {"\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x82\xac\xf0\x9f\x98\x80"},
  }));
  CHECK(Element("a", "").with_text(in).to_xml() ==
        (out.empty() ? "<a></a>" : "<a>" + out + "</a>"));
  CHECK(Element("a", "").set("k", in).to_xml() == "<a k='" + out + "'/>");
}

TEST_CASE("element: xmlns is written only where it changes", "[element]") {
  const auto element =
      Element("iq", "jabber:client")
          .add(Element("query", "n1").add(Element("item", "n1")).add(Element("x", "n2")))
          .add(Element("plain", ""));
  CHECK(element.to_xml("jabber:client") ==
        "<iq><query xmlns='n1'><item/><x xmlns='n2'/></query><plain xmlns=''/></iq>");
  CHECK(element.to_xml().substr(0, 26) == "<iq xmlns='jabber:client'>");
  const auto read = parse_xml(element.to_xml("jabber:client"));
  CHECK(read.children[0].children[1].xmlns == "n2");
  CHECK(read.children[1].xmlns.empty());
}

TEST_CASE("element: children and attributes are found by exact name", "[element]") {
  const auto element =
      parse_xml("<a k='' xml:lang='de'><b xmlns='n'/><b xmlns='m' v='1'/>te<c/>xt</a>");
  CHECK(element.attribute("k") == "");
  CHECK(element.attribute("xml:lang") == "de");
  CHECK_FALSE(element.attribute("K"));
  CHECK(element.attribute_or_empty("none").empty());
  REQUIRE(element.child("b", "m"));
  CHECK(element.child("b", "m")->attribute("v") == "1");
  CHECK_FALSE(element.child("b", "jabber:client"));
  CHECK(element.child_in_any_namespace("b")->xmlns == "n");
  CHECK_FALSE(element.child_in_any_namespace("d"));
  CHECK(element.text == "text");
}

TEST_CASE("element: a second set() of one attribute replaces the first", "[element]") {
  auto element = Element("a", "").set("k", "1").set("l", "2").set("k", "3");
  CHECK(element.to_xml() == "<a k='3' l='2'/>");
}

}  // namespace element_test

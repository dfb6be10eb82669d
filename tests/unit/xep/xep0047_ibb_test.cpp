// SPDX-License-Identifier: MIT
#include "xep/xep0047_ibb.h"

#include <catch2/catch.hpp>

#include "support/xml.h"
#include "xep/stanza.h"

namespace xep0047_ibb_test {

using namespace xmppftd;
using test::parse_xml;

TEST_CASE("ibb open: the XEP's own request (XEP-0047 example 1)", "[ibb]") {
  const auto iq = Iq::parse(parse_xml(R"(<iq from='romeo@montague.net/orchard' id='jn3h8g65'
      to='juliet@capulet.com/balcony' type='set'>
    <open xmlns='http://jabber.org/protocol/ibb' block-size='4096' sid='i781hf64' stanza='iq'/>
  </iq>)"));
  REQUIRE(iq);
  const auto open = IbbOpen::parse(*iq->payload);
  REQUIRE(open);
  CHECK(open->sid == "i781hf64");
  CHECK(open->block_size == 4096);
  CHECK(open->stanza == IbbStanza::Iq);
  CHECK(open->build().to_xml() ==
        "<open xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' block-size='4096'/>");
}

TEST_CASE("ibb open: Miranda's message mode survives build and parse", "[ibb]") {
  const auto open = IbbOpen::parse(parse_xml(
      "<open xmlns='http://jabber.org/protocol/ibb' sid='a' block-size='2048' stanza='message'/>"));
  REQUIRE(open);
  CHECK(open->stanza == IbbStanza::Message);
  CHECK(IbbOpen::parse(open->build())->stanza == IbbStanza::Message);
}

TEST_CASE("ibb open: block-size is 1 to 65535", "[ibb]") {
  const auto [text, ok] = GENERATE(table<std::string, bool>({
      {"1", true},
      {"4096", true},
      {"65535", true},
      {"04096", true},
      {"", false},
      {"0", false},
      {"65536", false},
      {"-1", false},
      {"+1", false},
      {" 4096", false},
      {"4096 ", false},
      {"0x10", false},
      {"1e3", false},
      {"99999999999999999999", false},
      {"18446744073709551617", false},
      {"4k", false},
  }));
  auto element =
      Element("open", "http://jabber.org/protocol/ibb").set("sid", "a").set("block-size", text);
  INFO(text);
  const auto open = IbbOpen::parse(element);
  REQUIRE(open.ok() == ok);
  if (!ok) CHECK(open.error().code == Errc::Protocol);
}

TEST_CASE("ibb open: a missing block-size is the usual one", "[ibb]") {
  const auto open =
      IbbOpen::parse(parse_xml("<open xmlns='http://jabber.org/protocol/ibb' sid='a'/>"));
  REQUIRE(open);
  CHECK(open->block_size == 4096);
}

TEST_CASE("ibb open: an unknown stanza kind and a bad sid are refused", "[ibb]") {
  const auto* attributes = GENERATE("block-size='4096'", "sid='' block-size='4096'",
                                    "sid='a' block-size='4096' stanza='presence'",
                                    "sid='a' block-size='4096' stanza=''");
  const auto open = IbbOpen::parse(
      parse_xml("<open xmlns='http://jabber.org/protocol/ibb' " + std::string(attributes) + "/>"));
  REQUIRE_FALSE(open);
  CHECK(open.error().code == Errc::Protocol);
}

TEST_CASE("ibb data: the XEP's own block with its white space (XEP-0047 example 6)", "[ibb]") {
  const auto data =
      IbbData::parse(parse_xml(
                         R"(<data xmlns='http://jabber.org/protocol/ibb' seq='0' sid='i781hf64'>
    qANQR1DBwU4DX7jmYZnncmUQB/9KuKBddzQH+tZ1ZywKK0yHKnq57kWq+RFtQdCJ
    WpdWpR0uQsuJe7+vh3NWn59/gTc5MDlX8dS9p0ovStmNcyLhxVgmqS8ZKhsblVeu
    IpQ0JgavABqibJolc3BKrVtVV1igKiX/N7Pi8RtY1K18toaMDhdEfhBRzO/XB0+P
    AQhYlRjNacGcslkhXqNjK5Va4tuOAPy2n1Q8UUrHbUd0g+xJ9Bm0G0LZXyvCWyKH
    kuNEHFQiLuCY6Iv0myq6iX6tjuHehZlFSh80b5BVV9tNLwNR5Eqz1klxMhoghJOA
  </data>)"),
                     4096);
  REQUIRE(data);
  CHECK(data->sid == "i781hf64");
  CHECK(data->seq == 0);
  CHECK(data->bytes.size() == 240);
  const auto again = IbbData::parse(parse_xml(data->build().to_xml()), 4096);
  REQUIRE(again);
  CHECK(again->bytes == data->bytes);
}

TEST_CASE("ibb data: seq is decimal and wraps at 65536", "[ibb]") {
  const auto [text, seq] = GENERATE(table<std::string, int>({
      {"0", 0},
      {"1", 1},
      {"65535", 65535},
      {"65536", 0},
      {"65537", 1},
      {"131072", 0},
      {"9223372036854775807", 65535},  // COMPAT Conversations
      {"", -1},
      {"-1", -1},
      {" 1", -1},
      {"0x1", -1},
      {"1.0", -1},
      {"9223372036854775808", -1},
  }));
  INFO(text);
  const auto data = IbbData::parse(Element("data", "http://jabber.org/protocol/ibb")
                                       .set("sid", "a")
                                       .set("seq", text)
                                       .with_text("AA=="),
                                   4096);
  REQUIRE(data.ok() == (seq >= 0));
  if (data) CHECK(data->seq == seq);
}

TEST_CASE("ibb data: broken base64 is refused (IB3)", "[ibb]") {
  const auto [text, ok] = GENERATE(table<std::string, bool>({
      {"", true},       {"AA==", true},          {"AAA=", true},
      {"AAAA", true},   {" A\tA\r\n= = ", true}, {"A", false},
      {"AA", false},    {"AAA", false},          {"AA=", false},
      {"AA===", false}, {"=AAA", false},         {"AA==AAAA", false},
      {"A=A=", false},  {"AB==", false},         {"AAB=", false},  // unused bits set
      {"AA-_", false},  {"AA.A", false},         {"AAAA\xc2\xa0", false},
      {"====", false},
  }));
  INFO(text);
  const auto data = IbbData::parse(Element("data", "http://jabber.org/protocol/ibb")
                                       .set("sid", "a")
                                       .set("seq", "0")
                                       .with_text(text),
                                   4096);
  REQUIRE(data.ok() == ok);
  if (!ok) CHECK(data.error().code == Errc::Protocol);
}

TEST_CASE("ibb data: a block over the block-size is refused (IB4)", "[ibb]") {
  const std::size_t block = GENERATE(1u, 3u, 4096u, 65535u);
  for (const int surplus : {0, 1}) {
    IbbData sent{"a", 7, Bytes(block + static_cast<std::size_t>(surplus), 0xff)};
    CHECK(IbbData::parse(sent.build(), block).ok() == (surplus == 0));
  }
  const auto huge = Element("data", "http://jabber.org/protocol/ibb")
                        .set("sid", "a")
                        .set("seq", "0")
                        .with_text(std::string(300000, ' '));
  CHECK_FALSE(IbbData::parse(huge, 4096));
}

TEST_CASE("ibb data: elements and missing attributes are refused", "[ibb]") {
  const auto* xml =
      GENERATE("<data xmlns='http://jabber.org/protocol/ibb' sid='a' seq='0'>AA==<x/></data>",
               "<data xmlns='http://jabber.org/protocol/ibb' sid='a'>AA==</data>",
               "<data xmlns='http://jabber.org/protocol/ibb' seq='0'>AA==</data>");
  CHECK_FALSE(IbbData::parse(parse_xml(xml), 4096));
}

TEST_CASE("ibb close: the XEP's own (XEP-0047 example 8), and one without sid", "[ibb]") {
  const auto close =
      IbbClose::parse(parse_xml("<close xmlns='http://jabber.org/protocol/ibb' sid='i781hf64'/>"));
  REQUIRE(close);
  CHECK(close->build().to_xml() ==
        "<close xmlns='http://jabber.org/protocol/ibb' sid='i781hf64'/>");
  CHECK_FALSE(IbbClose::parse(parse_xml("<close xmlns='http://jabber.org/protocol/ibb'/>")));
}

}  // namespace xep0047_ibb_test

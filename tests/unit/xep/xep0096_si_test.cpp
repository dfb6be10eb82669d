// SPDX-License-Identifier: MIT
#include "xep/xep0096_si.h"

#include <catch2/catch.hpp>

#include "support/xml.h"
#include "xep/stanza.h"

namespace xep0096_si_test {

using namespace xmppftd;
using test::parse_xml;

namespace {

constexpr const char* kForm =
    "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' type='form'>"
    "<field var='stream-method' type='list-single'>"
    "<option><value>http://jabber.org/protocol/bytestreams</value></option>"
    "<option><value>http://jabber.org/protocol/ibb</value></option></field></x></feature>";

/// An offer whose <si/> and <file/> have these attributes, and <file/> these children.
Result<SiOffer> offer_with(std::string_view si, std::string_view file,
                           std::string_view children = "", std::string_view form = kForm) {
  return SiOffer::parse(parse_xml(
      "<si xmlns='http://jabber.org/protocol/si' "
      "profile='http://jabber.org/protocol/si/profile/file-transfer' " +
      std::string(si) + "><file xmlns='http://jabber.org/protocol/si/profile/file-transfer' " +
      std::string(file) + ">" + std::string(children) + "</file>" + std::string(form) + "</si>"));
}

Result<SiAnswer> answer_with(std::string_view file, std::string_view form) {
  return SiAnswer::parse(parse_xml("<si xmlns='http://jabber.org/protocol/si'>" +
                                   std::string(file) +
                                   "<feature xmlns='http://jabber.org/protocol/feature-neg'><x "
                                   "xmlns='jabber:x:data' type='submit'>" +
                                   std::string(form) + "</x></feature></si>"));
}

constexpr const char* kIbbField =
    "<field var='stream-method'><value>http://jabber.org/protocol/ibb</value></field>";

SiOffer thousand_bytes(bool range) {
  SiOffer offer;
  offer.id = "a";
  offer.file.size = 1000;
  offer.range = range;
  offer.methods = {"http://jabber.org/protocol/ibb"};
  return offer;
}

}  // namespace

TEST_CASE("si offer: recorded, as QXmpp sends it", "[si]") {
  const auto iq = Iq::parse(parse_xml(R"(<iq id="qxmpp73" to="c@rabbitim.com/QXmpp" type="set">
    <si xmlns="http://jabber.org/protocol/si" id="MsVtTkTuwqKQhMBxUsuM66qLgEG9r4Cr"
        profile="http://jabber.org/protocol/si/profile/file-transfer">
      <file xmlns="http://jabber.org/protocol/si/profile/file-transfer" date="2009-07-14T04:52:25.650Z"
            hash="076e3caed758a1c18c91a0e9cae3368f" name="Chrysanthemum.jpg" size="879394"/>
      <feature xmlns="http://jabber.org/protocol/feature-neg">
        <x xmlns="jabber:x:data" type="form">
          <field type="list-single" var="stream-method">
            <option><value>http://jabber.org/protocol/ibb</value></option>
            <option><value>http://jabber.org/protocol/bytestreams</value></option>
          </field>
        </x>
      </feature>
    </si></iq>)"));
  REQUIRE(iq);
  const auto offer = SiOffer::parse(*iq->payload);
  REQUIRE(offer);
  CHECK(offer->id == "MsVtTkTuwqKQhMBxUsuM66qLgEG9r4Cr");
  CHECK(offer->file.name == "Chrysanthemum.jpg");
  CHECK(offer->file.size == 879394);
  CHECK(offer->file.modified == std::chrono::sys_seconds(std::chrono::seconds(1247547145)));
  CHECK(offer->file.hash == Hash{HashAlgo::Md5, "076e3caed758a1c18c91a0e9cae3368f"});
  CHECK_FALSE(offer->range);
  CHECK_FALSE(offer->can_confirm);
  CHECK(offer->methods == std::vector<std::string>{"http://jabber.org/protocol/ibb",
                                                   "http://jabber.org/protocol/bytestreams"});
}

TEST_CASE("si answer: recorded of QXmpp, with attributes and a type that should not be there",
          "[si]") {
  const auto iq = Iq::parse(parse_xml(
      R"(<iq id="qxmpp73" to="b@rabbitim.com/QXmpp" type="result" from="c@rabbitim.com/QXmpp">
    <si xmlns="http://jabber.org/protocol/si" profile="http://jabber.org/protocol/si/profile/file-transfer">
        <feature xmlns="http://jabber.org/protocol/feature-neg">
            <x xmlns="jabber:x:data" type="submit">
                <field type="list-single" var="stream-method">
                    <value>http://jabber.org/protocol/bytestreams</value>
                </field>
            </x>
        </feature>
    </si></iq>)"));
  REQUIRE(iq);
  const auto answer = SiAnswer::parse(*iq->payload);
  REQUIRE(answer);
  CHECK(answer->method == "http://jabber.org/protocol/bytestreams");
  CHECK_FALSE(answer->offset);
  CHECK_FALSE(answer->length);
}

TEST_CASE("si offer: the complete one (XEP-0096 example 3) is read and built", "[si]") {
  const auto offer =
      offer_with("id='a0' mime-type='text/plain'",
                 "name='test.txt' size='1022' hash='552da749930852c69ae5d2141d3766b1' "
                 "date='1969-07-21T02:56:15Z'",
                 "<desc>This is a test. If this were a real file...</desc><range/>");
  REQUIRE(offer);
  CHECK(offer->id == "a0");
  CHECK(offer->file.mime_type == "text/plain");
  CHECK(offer->file.description == "This is a test. If this were a real file...");
  CHECK(offer->range);
  CHECK(offer->build().to_xml() ==
        "<si xmlns='http://jabber.org/protocol/si' id='a0' mime-type='text/plain' "
        "profile='http://jabber.org/protocol/si/profile/file-transfer'>"
        "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' name='test.txt' "
        "size='1022' "
        "date='1969-07-21T02:56:15Z' hash='552da749930852c69ae5d2141d3766b1'>"
        "<desc>This is a test. If this were a real file...</desc><range/></file>" +
            std::string(kForm) + "</si>");
}

TEST_CASE("si offer: an empty file still says size='0' (Openfire bounces it otherwise)", "[si]") {
  SiOffer offer = thousand_bytes(false);
  offer.file.size = 0;
  offer.file.name = "empty";
  CHECK(offer.build()
            .child("file", "http://jabber.org/protocol/si/profile/file-transfer")
            ->attribute("size") == "0");
}

TEST_CASE("si offer: a SHA-256 is not put where an MD5 belongs", "[si]") {
  SiOffer offer = thousand_bytes(false);
  offer.file.hash = Hash{HashAlgo::Sha256, std::string(64, 'a')};
  CHECK(offer.build().to_xml().find("hash=") == std::string::npos);
}

TEST_CASE("si offer: lying sizes (SI2)", "[si]") {
  using Size = std::optional<std::uint64_t>;
  const auto [text, size] = GENERATE(table<std::string, Size>({
      {"0", 0},
      {"1", 1},
      {"0000000000000000007", 7},
      {"9223372036854775807", 9223372036854775807ull},
      {"9223372036854775808", std::nullopt},
      {"18446744073709551615", std::nullopt},
      {"18446744073709551617", std::nullopt},
      {"00000000000000000007", std::nullopt},
      {"-1", std::nullopt},
      {"+5", std::nullopt},
      {" 5", std::nullopt},
      {"5 ", std::nullopt},
      {"0x10", std::nullopt},
      {"1e3", std::nullopt},
      {"1.0", std::nullopt},
      {"", std::nullopt},
      {"1,000", std::nullopt},
      {"\xd9\xa1", std::nullopt},
  }));
  INFO(text);
  const auto offer = offer_with("id='a'", "name='f' size='" + text + "'");
  REQUIRE(offer.ok() == size.has_value());
  if (offer)
    CHECK(offer->file.size == *size);
  else
    CHECK(offer.error().code == Errc::Protocol);
}

TEST_CASE("si offer: an absent size is 0 (QXmpp, Smack)", "[si]") {
  const auto offer = offer_with("id='a'", "name='f'");
  REQUIRE(offer);
  CHECK(offer->file.size == 0);
}

TEST_CASE("si offer: a range has no attributes there", "[si]") {
  for (const char* range : {"<range/>", "<range offset='1'/>", "<range offset='-1' length='x'/>",
                            "<range offset='9' length='9'>text</range>"}) {
    CAPTURE(range);
    const auto offer = offer_with("id='a'", "name='f' size='5'", range);
    REQUIRE(offer);
    CHECK(offer->range);
    CHECK(offer->file.size == 5);
  }
}

TEST_CASE("si offer: malformed hash and date are absent, upper case is not malformed", "[si]") {
  const auto [text, hex] = GENERATE(table<std::string, std::string>({
      {"076E3CAED758A1C18C91A0E9CAE3368F", "076e3caed758a1c18c91a0e9cae3368f"},
      {"", ""},
      {"076e", ""},
      {"076e3caed758a1c18c91a0e9cae3368g", ""},
      {"076e3caed758a1c18c91a0e9cae3368f00", ""},
      {"da39a3ee5e6b4b0d3255bfef95601890afd80709", ""},
  }));
  const auto offer = offer_with("id='a'", "name='f' size='1' date='yesterday' hash='" + text + "'");
  REQUIRE(offer);
  CHECK(offer->file.hash.has_value() == !hex.empty());
  if (offer->file.hash) CHECK(offer->file.hash->hex == hex);
  CHECK_FALSE(offer->file.modified);
}

TEST_CASE("si offer: children of <file/> count in any namespace", "[si]") {
  const auto* ns = GENERATE("", " xmlns=''", " xmlns='http://jabber.org/protocol/si'");
  const auto offer = offer_with("id='a'", "name='f' size='1'",
                                "<desc" + std::string(ns) + ">hi</desc><range" + ns + "/>");
  REQUIRE(offer);
  CHECK(offer->file.description == "hi");
  CHECK(offer->range);
}

TEST_CASE("si offer: gabble's mime-type on <file/> and its si-multiple", "[si]") {
  const auto offer =
      offer_with("id='a'", "name='f' size='1' mime-type='image/png'", "<range/>",
                 std::string(kForm) +
                     "<si-multiple xmlns='http://telepathy.freedesktop.org/xmpp/si-multiple'/>");
  REQUIRE(offer);
  CHECK(offer->file.mime_type == "image/png");
}

TEST_CASE("si offer: name and free text of a peer are made harmless", "[si]") {
  const auto offer = offer_with("id='a' mime-type='text/&#9;plain" + std::string(500, 'x') + "'",
                                "name='../../.ssh/authorized_keys' size='1'",
                                "<desc>&#x202e;hi" + std::string(5000, 'y') + "</desc>");
  REQUIRE(offer);
  CHECK(offer->file.name == "authorized_keys");
  CHECK(offer->file.description.size() <= 1024);
  CHECK(offer->file.description.substr(0, 2) == "hi");
  CHECK(offer->file.mime_type.size() <= 128);
  CHECK(offer->file.mime_type.find('\t') == std::string::npos);
}

TEST_CASE("si offer: without id, name or <file/> it is a bad request", "[si]") {
  CHECK(offer_with("", "name='f' size='1'").error().code == Errc::Protocol);
  CHECK(offer_with("id='" + std::string(1025, 'a') + "'", "name='f'").error().code ==
        Errc::Protocol);
  CHECK(offer_with("id='a'", "size='1'").error().code == Errc::Protocol);
  CHECK(offer_with("id='" + std::string(128, 'a') + "'", "name=''").ok());
  const auto bare =
      SiOffer::parse(parse_xml("<si xmlns='http://jabber.org/protocol/si' id='a' "
                               "profile='http://jabber.org/protocol/si/profile/file-transfer'/>"));
  CHECK(bare.error().code == Errc::Protocol);
}

TEST_CASE("si offer: unknown profile and no method have answers of their own (XEP-0095 s3.2)",
          "[si]") {
  const auto foreign = SiOffer::parse(parse_xml(
      "<si xmlns='http://jabber.org/protocol/si' id='a' profile='http://jabber.org/chess'/>"));
  REQUIRE_FALSE(foreign);
  CHECK(to_stanza_error(foreign.error()).build().to_xml("jabber:client") ==
        "<error type='cancel' code='400'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        "<bad-profile xmlns='http://jabber.org/protocol/si'/></error>");

  const auto* form =
      GENERATE("", "<feature xmlns='http://jabber.org/protocol/feature-neg'/>",
               "<feature xmlns='http://jabber.org/protocol/feature-neg'>"
               "<x xmlns='jabber:x:data' type='form'><field var='stream-method'/></x></feature>");
  const auto none = offer_with("id='a'", "name='f' size='1'", "", form);
  REQUIRE_FALSE(none);
  CHECK(to_stanza_error(none.error()).build().to_xml("jabber:client") ==
        "<error type='cancel' code='400'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        "<no-valid-streams xmlns='http://jabber.org/protocol/si'/></error>");
}

TEST_CASE("si offer: gloox' labels, other fields before, repeated and too many methods", "[si]") {
  std::string options =
      "<option label='IBB'><value> http://jabber.org/protocol/ibb </value></option>"
      "<option label='OOB'><value>jabber:iq:oob</value></option>"
      "<option><value>http://jabber.org/protocol/ibb</value></option><option/>";
  for (int i = 0; i < 40; ++i)
    options += "<option><value>m" + std::to_string(i) + "</value></option>";
  options += "<option><value>http://jabber.org/protocol/bytestreams</value></option>";
  const auto offer = offer_with("id='a'", "name='f' size='1'", "",
                                "<feature xmlns='http://jabber.org/protocol/feature-neg'><x "
                                "xmlns='jabber:x:data' type='form'>"
                                "<field var='FORM_TYPE' type='hidden'><value>x</value></field>"
                                "<field var='stream-method' label='l'>" +
                                    options + "</field></x></feature>");
  REQUIRE(offer);
  CHECK(offer->methods.size() == 16);
  CHECK(offer->methods[0] == "http://jabber.org/protocol/ibb");
  CHECK(offer->methods[1] == "jabber:iq:oob");
  CHECK(offer->methods[2] == "m0");
  CHECK(offer->methods[15] == "http://jabber.org/protocol/bytestreams");  // one that we know
}

TEST_CASE("si: the confirm marker goes both ways", "[si]") {
  SiOffer offer = thousand_bytes(true);
  offer.file.name = "f";
  CHECK_FALSE(SiOffer::parse(offer.build())->can_confirm);
  offer.can_confirm = true;
  CHECK(SiOffer::parse(parse_xml(offer.build().to_xml()))->can_confirm);
  SiAnswer answer;
  answer.method = "http://jabber.org/protocol/ibb";
  CHECK_FALSE(SiAnswer::parse(answer.build())->can_confirm);
  answer.can_confirm = true;
  CHECK(SiAnswer::parse(parse_xml(answer.build().to_xml()))->can_confirm);
}

TEST_CASE("si answer: built as in XEP-0096 example 2, a range only when there is one", "[si]") {
  SiAnswer answer;
  answer.method = "http://jabber.org/protocol/bytestreams";
  const std::string feature =
      "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
      "type='submit'>"
      "<field "
      "var='stream-method'><value>http://jabber.org/protocol/bytestreams</value></field></x></"
      "feature>";
  CHECK(answer.build().to_xml() ==
        "<si xmlns='http://jabber.org/protocol/si'>" + feature + "</si>");
  answer.offset = 128;
  answer.length = 256;
  CHECK(answer.build().to_xml() ==
        "<si xmlns='http://jabber.org/protocol/si'>"
        "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'><range offset='128' "
        "length='256'/></file>" +
            feature + "</si>");
}

TEST_CASE("si answer: exactly one method is selected", "[si]") {
  const auto* field =
      GENERATE("", "<field var='stream-method'/>",
               "<field var='stream-method'><value>a</value><value>b</value></field>",
               "<field var='other'><value>a</value></field>");
  CHECK(answer_with("", field).error().code == Errc::Protocol);
}

TEST_CASE("si answer: the ranges of XEP-0096 section 4", "[si]") {
  const auto [range, offset, length] = GENERATE(table<std::string, std::uint64_t, std::uint64_t>({
      {"<range length='256'/>", 0, 256},
      {"<range offset='128' length='256'/>", 128, 256},
      {"<range offset='128'/>", 128, 872},
      {"<range/>", 0, 1000},
      {"", 0, 1000},
      {"<range xmlns='' offset='1000'/>", 1000, 0},
  }));
  const auto answer = answer_with(
      "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'>" + range + "</file>",
      kIbbField);
  REQUIRE(answer);
  const auto agreed = answer->range_of(thousand_bytes(true));
  REQUIRE(agreed);
  CHECK(*agreed == ByteRange{offset, length});
}

TEST_CASE("si answer: ranges that lie (SI2)", "[si]") {
  const auto* range = GENERATE(
      "offset='1001'", "offset='1' length='1000'", "length='1001'", "offset='1000' length='1'",
      "offset='9223372036854775807' length='9223372036854775807'", "offset='-1'", "offset='+1'",
      "offset=''", "length='0x10'", "length=' 5'", "offset='1e2'", "offset='9223372036854775808'");
  const auto answer =
      answer_with("<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'><range " +
                      std::string(range) + "/></file>",
                  kIbbField);
  const bool refused = !answer || !answer->range_of(thousand_bytes(true));
  CHECK(refused);
}

TEST_CASE("si answer: a range or method that was not offered is refused (SI2, SI4)", "[si]") {
  SiAnswer answer;
  answer.method = "http://jabber.org/protocol/ibb";
  CHECK(answer.range_of(thousand_bytes(false)).ok());
  answer.offset = 0;
  CHECK(answer.range_of(thousand_bytes(false)).ok());
  answer.offset = 1;
  CHECK(answer.range_of(thousand_bytes(false)).error().code == Errc::Protocol);
  answer.offset.reset();
  answer.length = 999;
  CHECK(answer.range_of(thousand_bytes(false)).error().code == Errc::Protocol);
  answer.length.reset();
  answer.method = "http://jabber.org/protocol/bytestreams";
  CHECK(answer.range_of(thousand_bytes(true)).error().code == Errc::Protocol);
}

}  // namespace xep0096_si_test

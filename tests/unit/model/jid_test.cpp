// SPDX-License-Identifier: MIT
#include "model/jid.h"

#include <catch2/catch.hpp>

#include "base/text.h"
#include "support/any_text.h"

namespace jid_test {

using namespace xmppftd;

namespace {

/// Texts that some preparation maps, reorders or folds: compatibility forms, decomposed letters,
/// upper case, joined emoji, bidirectional text, a soft hyphen, a variation selector, characters
/// younger than any table.
const std::vector<std::string> kUnprepared{
    "iPhone™",
    "ﬁsh",
    "cafe\u0301",
    "ÅNGSTRÖM",
    "Ⅷ",
    "K",
    "ſ",
    "½",
    "Work",
    "WORK",
    " leading",
    "trailing ",
    "a  b",
    "👩‍👩‍👧‍👦",
    "🇪🇺",
    "❤️",
    "name חיבה",
    "مرحبا",
    "soft\u00adhyphen",
    "zero\u200bwidth",
    "ideographic\u3000space",
    "nbsp\u00a0",
    "a/b@c",
    "&<>'\"",
    "\U0001faE0",
    "\ufdd0",
    "x\U0001fffe",
    "ß",
    "ＦＵＬＬ",
    "한",
    "\u1112\u1161\u11ab",
};

std::string detail(std::string_view text) {
  const auto jid = Jid::parse(text);
  return jid ? "taken" : jid.error().detail;
}

}  // namespace

TEST_CASE("jid: the bare part is normalised", "[jid]") {
  const auto jid = Jid::parse(
      "BOB@XFT.Test/R \xc3\xa9"
      "2");
  REQUIRE(jid);
  CHECK(jid->str() ==
        "bob@xft.test/R \xc3\xa9"
        "2");
  CHECK(jid->local() == "bob");
  CHECK(jid->domain() == "xft.test");
  CHECK(jid->resource() ==
        "R \xc3\xa9"
        "2");
  CHECK(jid->bare().str() == "bob@xft.test");
  CHECK(jid->domain_jid().str() == "xft.test");
}

TEST_CASE("jid: a resource is kept byte for byte (RFC 7622 s3.4)", "[jid]") {
  for (const auto& resource : kUnprepared) {
    const auto jid = Jid::parse("Bob@Example.org/" + resource);
    INFO(resource);
    REQUIRE(jid);
    CHECK(jid->str() == "bob@example.org/" + resource);
    CHECK(jid->resource() == resource);
    CHECK(jid->bare().with_resource(resource).value() == *jid);
    for (const auto& other : kUnprepared)
      CHECK((Jid::parse("bob@example.org/" + other).value() == *jid) == (other == resource));
  }
}

TEST_CASE("jid: every length of a resource up to 1023 bytes", "[jid]") {
  const auto bare = Jid::parse("bob@example.org").value();
  for (const std::string character : {"a", "é", "™", "👍"}) {
    std::string resource;
    while (resource.size() + character.size() <= 1023) {
      resource += character;
      REQUIRE(bare.with_resource(resource));
    }
    CHECK_FALSE(bare.with_resource(resource + character));
  }
}

TEST_CASE("jid: what is no text is no resource", "[jid]") {
  const auto bare = Jid::parse("bob@example.org").value();
  for (const std::string bad : {"", "a\tb", "\n", "\x7f", "\xc2\x85", "\xff", "\xc3",
                                "\xed\xa0\x80", "\xf0\x9f\x91", "\xc0\xaf"}) {
    INFO(bad.size());
    CHECK_FALSE(bare.with_resource(bad));
    CHECK_FALSE(Jid::parse("bob@example.org/" + bad));
  }
  CHECK_FALSE(bare.with_resource(std::string("a\0b", 3)));
}

TEST_CASE("jid: as_stamped() keeps the spelling of a stanza, which is no part of the identity",
          "[jid]") {
  const auto stamped = Jid::parse_stamped("Bob@Example.ORG/Work").value();
  CHECK(stamped.as_stamped() == "Bob@Example.ORG/Work");
  CHECK(stamped.str() == "bob@example.org/Work");
  CHECK(stamped == Jid::parse("bob@example.org/Work").value());
  CHECK(stamped != Jid::parse("bob@example.org/work").value());
  CHECK(stamped.bare().as_stamped() == "bob@example.org");
  CHECK(Jid::parse("Bob@Example.ORG/Work").value().as_stamped() == "bob@example.org/Work");
}

TEST_CASE("jid: a domain is compared as U-labels (RFC 7622 s3.2)", "[jid]") {
  for (const auto* domain : {"bücher.test", "BÜCHER.Test", "bu\u0308cher.test", "BU\u0308CHER.TEST",
                             "xn--bcher-kva.test", "XN--Bcher-KVA.test", "bücher.test.",
                             "xn--bcher-kva.test.", "bücher。test", "ｂücher.test"}) {
    const auto jid = Jid::parse("ann@" + std::string(domain));
    INFO(domain);
    REQUIRE(jid);
    CHECK(jid->str() == "ann@bücher.test");
    CHECK(jid->ascii_domain() == "xn--bcher-kva.test");
  }
  const std::vector<std::pair<std::string, std::string>> names{
      {"faß.example", "xn--fa-hia.example"},
      {"пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"},
      {"例え.テスト", "xn--r8jz45g.xn--zckzah"},
      {"مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv"},
      {"example.org", "example.org"},
      {"my_host", "my_host"},
      {"r3---sn-a.example", "r3---sn-a.example"},
      {"192.0.2.1", "192.0.2.1"},
      {"[::1]", "::1"},
      {"[2001:db8::1]", "2001:db8::1"}};
  for (const auto& [unicode, ascii] : names) {
    const auto jid = Jid::parse("ann@" + unicode);
    INFO(unicode << (jid ? "" : jid.error().detail));
    REQUIRE(jid);
    CHECK(jid->domain() == unicode);
    CHECK(jid->ascii_domain() == ascii);
    if (unicode.front() != '[') CHECK(Jid::parse("ann@" + ascii).value() == *jid);
  }
  CHECK(Jid::parse("ann@[2001:DB8:0:0::0:1]/x").value().str() == "ann@[2001:db8::1]/x");
}

TEST_CASE("jid: an A-label that stands for no name is refused", "[jid]") {
  // Punycode of U+037A, U+00AA, U+FF41, U+2126, U+00AD and U+00C4, none of which is in a U-label.
  for (const auto* label :
       {"xn--1va", "xn--hba", "xn--mi7c", "xn--22g", "xn--kba", "xn--7ba", "XN--1VA"}) {
    INFO(label);
    CHECK_FALSE(Jid::parse("ann@" + std::string(label) + ".test"));
    CHECK_FALSE(Jid::parse("ann@sub." + std::string(label)));
  }
  CHECK_THAT(detail("ann@xn--1va.test"), Catch::Contains("stands for no name"));
}

TEST_CASE("jid: a resource may hold @ and /", "[jid]") {
  const auto jid = Jid::parse("example.org/a@b/c");
  REQUIRE(jid);
  CHECK(jid->local().empty());
  CHECK(jid->domain() == "example.org");
  CHECK(jid->resource() == "a@b/c");
  CHECK(jid->with_resource("x").value().str() == "example.org/x");
}

TEST_CASE("jid: what is no address is refused by name", "[jid]") {
  for (const auto* bad : {"",
                          "@example.org",
                          "ann@",
                          "ann@example.org/",
                          "bob@@x",
                          "a b@example.org",
                          "ann@exa mple.org",
                          "ann@.org",
                          "\"x\"@example.org",
                          "ann@a..b",
                          "ann@.",
                          "ann@a..",
                          "ann@-a.org",
                          "ann@a-.org",
                          "ann@::1",
                          "ann@[::1",
                          "ann@[::1]:5222",
                          "ann@[::1%eth0]",
                          "ann@[192.0.2.1]",
                          "ann@1.2.3",
                          "ann@192.0.2.256",
                          "ann@xn--.test",
                          "ann@xn--bücher.test",
                          "ann@💩.test",
                          "ann@a／b",
                          "ann@a\u200db.test",
                          "ann@127.\u00ad0",
                          "ann@１２７。０"}) {
    const auto jid = Jid::parse(bad);
    INFO(bad);
    CHECK_FALSE(jid);
    if (!jid) {
      CHECK(jid.error().code == Errc::BadJid);
      CHECK_THAT(jid.error().detail, Catch::StartsWith(in_quotes(bad, 200) + ": "));
    }
  }
  CHECK_FALSE(Jid::parse("\xff@example.org"));
  CHECK_FALSE(Jid::parse("ann@\xff.org"));
  CHECK_FALSE(Jid::parse(std::string(1024, 'a') + "@example.org"));
  CHECK(Jid::parse(std::string(1023, 'a') + "@example.org"));
  CHECK_FALSE(Jid::parse("ann@" + std::string(64, 'a') + ".org"));
  CHECK(Jid::parse("ann@" + std::string(63, 'a') + ".org"));
}

TEST_CASE("jid: a domain holds what a host name holds, and the error says the rest", "[jid]") {
  for (int c = 0x21; c < 0x7f; ++c) {
    const char odd = static_cast<char>(c);
    if (std::isalnum(c) || std::string_view("-_./@").find(odd) != std::string_view::npos) continue;
    const auto text = std::string("x@y.co") + odd;
    CHECK_THAT(detail(text), Catch::Contains(std::string("no host name holds '") + odd + "'"));
    CHECK_THAT(detail(std::string("x@y") + odd + "z.co"),
               Catch::Contains(std::string("'") + odd + "'"));
  }
  CHECK(detail("foo@bar.org:5222") ==
        "\"foo@bar.org:5222\": \"bar.org:5222\" is not a valid domain: no host name holds ':'; "
        "leave the port away "
        "(the account's --server HOST:PORT names one)");
  CHECK(detail("x@y.co,") ==
        "\"x@y.co,\": \"y.co,\" is not a valid domain: no host name holds ','; write an address "
        "such as ann@example.org");
}

TEST_CASE("jid: whatever is no address, the error that quotes it is text", "[jid]") {
  for (const auto& text : any_text::all(65538, true)) {
    for (const auto& typed : {text, text + "@xft.test", "bob@" + text, "bob@xft.test/" + text}) {
      const auto jid = Jid::parse(typed);
      if (jid) continue;
      INFO(any_text::shown(typed));
      REQUIRE(any_text::is_bus_text(jid.error().detail));
      REQUIRE(jid.error().detail.size() < 1024);
    }
  }
}

}  // namespace jid_test

// SPDX-License-Identifier: MIT
#include "model/jid.h"

#include <catch2/catch.hpp>

using namespace xmppftd;

TEST_CASE("jid: parts are prepared", "[jid]") {
  const auto jid = Jid::parse("BOB@XFT.Test/R \xc3\xa9" "2");
  REQUIRE(jid);
  CHECK(jid->str() == "bob@xft.test/R \xc3\xa9" "2");
  CHECK(jid->local() == "bob");
  CHECK(jid->domain() == "xft.test");
  CHECK(jid->resource() == "R \xc3\xa9" "2");
  CHECK(jid->bare().str() == "bob@xft.test");
  CHECK(jid->domain_jid().str() == "xft.test");
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
  for (const auto* bad : {"", "@example.org", "ann@", "ann@example.org/", "bob@@x", "a b@example.org", "ann@exa mple.org",
                          "ann@.org", "\"x\"@example.org", "ann@a..b", "\xff@example.org"}) {
    const auto jid = Jid::parse(bad);
    CHECK_FALSE(jid);
    if (!jid) {
      CHECK(jid.error().code == Errc::BadJid);
      CHECK_THAT(jid.error().detail, Catch::StartsWith("\"" + std::string(bad) + "\": "));
    }
  }
  CHECK_FALSE(Jid::parse(std::string(1024, 'a') + "@example.org"));
  CHECK(Jid::parse(std::string(1023, 'a') + "@example.org"));
}

// SPDX-License-Identifier: MIT
#include "transfer/accept_policy.h"

#include <catch2/catch.hpp>

#include "support/jid.h"

namespace accept_policy_test {

using namespace xmppftd;
using test::jid;

namespace {

const PeerTrust kContact{true, false, true, false, true};
const PeerTrust kStranger{false, false, true, false, true};

AcceptRule rule(std::string from, std::uint64_t max_size = 0) {
  AcceptRule one;
  one.from = std::move(from);
  one.max_size = max_size;
  return one;
}

FileInfo file(std::uint64_t size, std::string mime = "") {
  FileInfo info;
  info.name = "x";
  info.size = size;
  info.mime_type = std::move(mime);
  return info;
}

AcceptPolicy policy(std::vector<AcceptRule> rules) {
  auto made = AcceptPolicy::make(std::move(rules));
  if (!made) FAIL(made.error().detail);
  return std::move(*made);
}

}  // namespace

TEST_CASE("policy: no rule means ask", "[policy]") {
  CHECK(AcceptPolicy().match(jid("ann@example.org/a"), file(1), kContact) == nullptr);
}

TEST_CASE("policy: the first rule that matches wins", "[policy]") {
  auto small = rule("*@example.org", 100), named = rule("ann@example.org");
  named.folder = "/ann";
  const auto rules = policy({small, named});
  CHECK(rules.match(jid("ann@example.org/a"), file(100), kContact)->from == "*@example.org");
  CHECK(rules.match(jid("ann@example.org/a"), file(101), kContact)->folder == "/ann");
  CHECK(rules.match(jid("bob@example.org/a"), file(101), kContact) == nullptr);
}

TEST_CASE("policy: a wildcard needs a subscription both ways, a literal JID does not (SI5)",
          "[policy]") {
  const auto from = GENERATE(as<std::string>(), "*", "roster", "*@example.org");
  const auto rules = policy({rule(from, 1000)});
  CHECK(rules.match(jid("ann@example.org/a"), file(1), kContact) != nullptr);
  CHECK(rules.match(jid("ann@example.org/a"), file(1), kStranger) == nullptr);
  CHECK(policy({rule("ann@example.org")}).match(jid("ann@example.org/a"), file(1), kStranger) !=
        nullptr);
}

TEST_CASE("policy: a wildcard needs a max_size", "[policy]") {
  const auto from = GENERATE(as<std::string>(), "*", "roster", "*@example.org");
  auto made = AcceptPolicy::make({rule("ann@example.org"), rule(from)});
  REQUIRE_FALSE(made);
  CHECK(made.error().code == Errc::BadArgument);
  CHECK(made.error().detail.find("rule 2: from: \"" + from + "\"") == 0);
}

TEST_CASE("policy: room occupants match nothing, for a nick can change hands (ST8)", "[policy]") {
  PeerTrust occupant = kContact;
  occupant.room_occupant = true;
  const auto rules = policy({rule("room@muc.example.org"), rule("*", 1000)});
  CHECK(rules.match(jid("room@muc.example.org/ann"), file(1), occupant) == nullptr);
}

TEST_CASE("policy: a domain means its users, not its subdomains, not look-alikes", "[policy]") {
  const auto rules = policy({rule("*@Example.ORG", 10)});
  CHECK(rules.match(jid("ann@example.org/a"), file(1), kContact) != nullptr);
  CHECK(rules.match(jid("ann@evil.example.org/a"), file(1), kContact) == nullptr);
  CHECK(rules.match(jid("ann@notexample.org/a"), file(1), kContact) == nullptr);
  CHECK(rules.match(jid("example.org/a"), file(1), kContact) == nullptr);
}

TEST_CASE("policy: a full JID means that resource only", "[policy]") {
  const auto rules = policy({rule("ann@example.org/bot")});
  CHECK(rules.match(jid("ann@example.org/bot"), file(1), kStranger) != nullptr);
  CHECK(rules.match(jid("ann@example.org/phone"), file(1), kStranger) == nullptr);
}

TEST_CASE("policy: MIME types narrow a rule", "[policy]") {
  auto images = rule("ann@example.org");
  images.mime = {"image/*", "text/plain"};
  const auto rules = policy({images});
  const auto takes = [&](const std::string& mime) {
    return rules.match(jid("ann@example.org/a"), file(1, mime), kContact) != nullptr;
  };
  CHECK(takes("image/png"));
  CHECK(takes("text/plain"));
  CHECK_FALSE(takes("text/html"));
  CHECK_FALSE(takes("imagex/png"));
  CHECK_FALSE(takes(""));
}

TEST_CASE("policy: a rule never overwrites, and says which one is wrong", "[policy]") {
  auto bad = rule("ann@example.org");
  auto code = Errc::BadArgument;
  SECTION("overwrite") { bad.on_exists = "overwrite"; }
  SECTION("unknown word") { bad.on_exists = "maybe"; }
  SECTION("relative folder") { bad.folder = "Inbox"; }
  SECTION("not a JID") {
    bad.from = "ann@@example.org";
    code = Errc::BadJid;
  }
  SECTION("half a wildcard") {
    bad.from = "*@";
    code = Errc::BadJid;
  }
  SECTION("a resource of a wildcard") {
    bad.from = "*@example.org/x";
    code = Errc::BadJid;
  }
  auto made = AcceptPolicy::make({bad});
  REQUIRE_FALSE(made);
  CHECK(made.error().code == code);
  CHECK(made.error().detail.find("rule 1: ") == 0);
}

TEST_CASE("policy: only literal rules make a JID known (ST5)", "[policy]") {
  const auto rules = policy({rule("*", 1), rule("ann@example.org")});
  CHECK(rules.names(jid("ann@example.org/x")));
  CHECK_FALSE(rules.names(jid("bob@example.org/x")));
}

}  // namespace accept_policy_test

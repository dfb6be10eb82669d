// SPDX-License-Identifier: MIT
#include "strophe/stanza_limiter.h"

#include <catch2/catch.hpp>

#include "fake_policy.h"
#include "model/namespaces.h"
#include "xep/roster.h"
#include "xep/stanza.h"

namespace stanza_limiter_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

struct Limiter {
  Transcript out;
  FakePolicy policy;
  PolicyScope scope{policy};
  StanzaLimiter limiter{out, out};
  Feed<StanzaLimiter> feed{limiter};

  Limiter() { feed.open("s"); }
  std::string after_stream() const { return out.xml.substr(3); }
};

const std::vector<std::string> kTruncated = {"truncated", "delivered"};

/// A request as it goes out: of the contact list, unless said otherwise.
std::string asked(std::string id, IqType type = IqType::Get, std::string to = "",
                  Element payload = Roster().build()) {
  Iq iq;
  iq.type = type;
  iq.id = std::move(id);
  iq.to = std::move(to);
  iq.payload = std::move(payload);
  return iq.build().to_xml(kNsClient);
}

}  // namespace

TEST_CASE("limiter: a namespaced attribute is not there (ST1)", "[strophe]") {
  Limiter t;
  t.feed
      .open("iq", {"id", "true", "urn:p\x1fid", "false",
                   "urn:p\x1f"
                   "from",
                   "x"})
      .close();
  CHECK(t.after_stream() == "<iq id=true></iq>");
}

TEST_CASE("limiter: of xml:* only xml:lang is kept, and is no lang (ST1)", "[strophe]") {
  Limiter t;
  const std::string xml = "http://www.w3.org/XML/1998/namespace\x1f";
  t.feed.open("m", {xml + "lang", "en", xml + "base", "x", "lang", "own"}).close();
  CHECK(t.after_stream() == "<m xml:lang=en lang=own></m>");
}

TEST_CASE("limiter: text comes once per element boundary", "[strophe]") {
  Limiter t;
  t.feed.open("m").text("a").text("\n").text("b").open("c").text("d").text("e").close();
  t.feed.text("f").close();
  CHECK(t.after_stream() == "<m>a\nb<c>de</c>f</m>");
  CHECK(t.out.texts == 3);
}

TEST_CASE("limiter: 250,000 newlines are one call", "[strophe]") {
  Limiter t;
  t.feed.open("m");
  for (int i = 0; i < 250'000; ++i) t.feed.text("\n");
  t.feed.close();
  CHECK(t.out.texts == 1);
  CHECK(t.after_stream().size() == 250'000 + std::string("<m></m>").size());
}

TEST_CASE("limiter: white space between stanzas goes nowhere", "[strophe]") {
  Limiter t;
  t.feed.text(" ").element("m").text("\n");
  CHECK(t.after_stream() == "<m></m>");
  CHECK(t.out.texts == 0);
}

TEST_CASE("limiter: text over 256 KiB ends the building, not the stream (ST6)", "[strophe]") {
  Limiter t;
  t.feed.open("iq", {"id", "1"}).open("a").text(std::string(300'000, 'x')).element("b").close();
  t.feed.element("c").close();
  CHECK(t.after_stream() == "<iq id=1><a></a></iq>");
  CHECK(t.policy.notes == kTruncated);
  CHECK(t.out.refusals.empty());

  t.feed.element("next");
  CHECK(t.after_stream() == "<iq id=1><a></a></iq><next></next>");
  CHECK(t.policy.notes == kTruncated);
}

TEST_CASE("limiter: an IBB block of 65,535 bytes is under every limit", "[strophe]") {
  Limiter t;
  t.feed.open("iq").element("data", std::string(87'380, 'A')).close();
  CHECK(t.policy.notes.empty());
}

TEST_CASE("limiter: depth 32 is built, 33 is not (ST6)", "[strophe]") {
  const auto [depth, over] = GENERATE(table<int, bool>({{32, false}, {33, true}, {37'000, true}}));
  Limiter t;
  for (int i = 0; i < depth; ++i) t.feed.open("x");
  for (int i = 0; i < depth; ++i) t.feed.close();
  CHECK(t.policy.notes == (over ? kTruncated : std::vector<std::string>{}));
  CHECK(t.out.starts == 1 + std::min(depth, 32));
  t.feed.element("next");
  CHECK(t.after_stream().ends_with("</x><next></next>"));
}

TEST_CASE("limiter: 4,096 elements are built, one more is not (ST6)", "[strophe]") {
  const auto [children, over] =
      GENERATE(table<int, bool>({{4095, false}, {4096, true}, {61'000, true}}));
  Limiter t;
  t.feed.open("m");
  for (int i = 0; i < children; ++i) t.feed.element("c");
  t.feed.close();
  CHECK(t.policy.notes == (over ? kTruncated : std::vector<std::string>{}));
  CHECK(t.out.starts == 1 + 1 + std::min(children, 4095));
}

namespace {

const std::string kIq =
    "jabber:client\x1f"
    "iq";
std::string roster_name(const std::string& local) {
  return std::string(kNsRoster) + "\x1f" + local;
}

/// A contact list arrives, each contact in so many groups.
void contact_list(Limiter& t, const std::vector<std::string>& attributes, std::size_t contacts,
                  int groups = 1) {
  t.policy.notes.clear();
  t.policy.contact_list.reset();
  t.feed.open(kIq, attributes).open(roster_name("query"), {"ver", "7"});
  for (std::size_t i = 0; i < contacts; ++i) {
    t.feed.open(roster_name("item"),
                {"jid", "c" + std::to_string(i) + "@example.org", "subscription", "both"});
    for (int group = 0; group < groups; ++group)
      t.feed.open(roster_name("group")).text("group ").text(std::to_string(group)).close();
    t.feed.close();
  }
  t.feed.close().close();
}

const std::vector<std::string> kList = {"type", "result", "id", "1"};

}  // namespace

TEST_CASE("limiter: the contact list that we asked for may be long, nothing else (ST6)",
          "[strophe]") {
  Limiter t;
  const auto arrives = [&](const std::vector<std::string>& attributes) {
    contact_list(t, attributes, 2'100);
    return t.policy.notes.empty();
  };
  CHECK_FALSE(arrives(kList));  // not asked for
  t.policy.long_answer.sent(asked("1"));
  CHECK_FALSE(arrives({"type", "result", "id", "2"}));
  CHECK_FALSE(arrives({"type", "result", "id", "1", "from", "ann@x"}));
  CHECK_FALSE(arrives({"type", "set", "id", "1"}));
  CHECK(arrives(kList));
  CHECK_FALSE(arrives(kList));  // once for each request
}

TEST_CASE("limiter: a contact list of any size goes past libstrophe, its frame does not",
          "[strophe]") {
  const auto [contacts, groups] =
      GENERATE(table<std::size_t, int>({{0, 0}, {1, 1}, {3'000, 10}, {12'000, 10}, {60'000, 3}}));
  Limiter t;
  t.policy.long_answer.sent(asked("1"));
  contact_list(t, kList, contacts, groups);
  t.feed.element("next");
  CHECK(t.after_stream() == "<jabber:client|iq type=result id=1></jabber:client|iq><next></next>");
  CHECK(t.policy.notes.empty());
  CHECK(t.out.refusals.empty());
  REQUIRE(t.policy.contact_list);
  const auto roster = Roster::parse(*t.policy.contact_list);
  CHECK(roster.ver == "7");
  CHECK(roster.items.size() == std::min(contacts, RosterReader::kMaxItems));
  CHECK(roster.items.size() + roster.left_out == contacts);
  CHECK(roster.refused.empty());
  if (contacts == 1) CHECK(roster.items[0].groups == std::vector<std::string>{"group 0"});
  if (contacts > 0) CHECK(roster.items[0].groups_known == (contacts == 1));
}

TEST_CASE("roster: of a long contact list only contacts and groups are kept", "[strophe]") {
  Limiter t;
  t.policy.long_answer.sent(asked("1"));
  t.feed.open(kIq, kList).open(roster_name("query"));
  t.feed
      .open(roster_name("item"),
            {"jid", "a@x", "name", std::string(RosterReader::kMaxValue + 1, 'n')})
      .close();
  t.feed.open(roster_name("item"), {"jid", "b@x", "urn:p\x1fjid", "c@x"});
  t.feed.open("urn:p\x1fgroup").text("no").close();
  t.feed.open(roster_name("group"))
      .open(
          "urn:p\x1f"
          "deep")
      .text("no")
      .close()
      .text("yes")
      .close();
  t.feed.close();
  t.feed.open("urn:p\x1fitem", {"jid", "d@x"}).open(roster_name("group")).close().close();
  t.feed.close();
  t.feed.open(roster_name("query")).open(roster_name("item"), {"jid", "e@x"}).close().close();
  t.feed.close();
  REQUIRE(t.policy.contact_list);
  const auto roster = Roster::parse(*t.policy.contact_list);
  REQUIRE(roster.items.size() == 1);
  CHECK(roster.items[0].jid.str() == "b@x");
  CHECK(roster.items[0].groups == std::vector<std::string>{"yes"});
  CHECK(roster.left_out == 1);
}

TEST_CASE("limiter: only a request for our own contact list has a long answer", "[strophe]") {
  LongAnswer answer;
  CHECK_FALSE(answer.take(""));
  const auto [type, to, payload] = GENERATE(table<IqType, std::string, Element>(
      {{IqType::Set, "", Roster().build()},
       {IqType::Get, "me@x/other", Roster().build()},
       {IqType::Get, "", Element("query", std::string(kNsDiscoInfo))},
       {IqType::Get, "", Element("x", std::string(kNsPing)).with_text(asked("1"))}}));
  answer.sent(asked("1", type, to, payload));
  CHECK_FALSE(answer.take("1"));
}

TEST_CASE("limiter: the count starts anew with each stanza", "[strophe]") {
  Limiter t;
  for (int stanza = 0; stanza < 3; ++stanza) {
    t.feed.open("m");
    for (int i = 0; i < 4000; ++i) t.feed.element("c");
    t.feed.text(std::string(100'000, 'x')).close();
  }
  CHECK(t.policy.notes.empty());
}

TEST_CASE("limiter: a stanza with too many attributes keeps its frame (ST6)", "[strophe]") {
  Limiter t;
  std::vector<std::string> attributes = {"id", "1"};
  for (int i = 0; i < 64; ++i) attributes.insert(attributes.end(), {"a" + std::to_string(i), "v"});
  t.feed.open("iq", attributes).close();
  CHECK(t.after_stream().starts_with("<iq id=1 a0=v "));
  CHECK(t.after_stream().find("a62=v") != std::string::npos);
  CHECK(t.after_stream().find("a63=v") == std::string::npos);
  CHECK(t.policy.notes == kTruncated);
}

TEST_CASE("limiter: an attribute over 8 KiB is left out (ST6)", "[strophe]") {
  Limiter t;
  t.feed.open("iq", {"big", std::string(8193, 'x'), "id", "1"}).close();
  CHECK(t.after_stream() == "<iq id=1></iq>");
  CHECK(t.policy.notes == kTruncated);
}

TEST_CASE("limiter: a long namespace is not copied into every child", "[strophe]") {
  Limiter t;
  t.feed.open("m")
      .element(std::string(1025, 'n') +
               "\x1f"
               "c")
      .close();
  CHECK(t.after_stream() == "<m></m>");
  CHECK(t.policy.notes == kTruncated);
}

TEST_CASE("limiter: a stanza without an end is given up at 16 MiB", "[strophe]") {
  Limiter t;
  t.feed.open("m");
  for (int i = 0; i < 16; ++i) t.feed.text(std::string(1024 * 1024, 'x'));
  CHECK(t.out.refusals == std::vector<std::string>{"a stanza without an end"});
}

TEST_CASE("limiter: with nobody to tell, a stanza over a limit stops the parser", "[strophe]") {
  Transcript out;
  StanzaLimiter limiter(out, out);
  Feed(limiter).open("s").open("m").text(std::string(300'000, 'x'));
  CHECK(out.refusals == std::vector<std::string>{"a stanza over the limits"});
}

}  // namespace stanza_limiter_test

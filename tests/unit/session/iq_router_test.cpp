// SPDX-License-Identifier: MIT
#include "session/iq_router.h"

#include <catch2/catch.hpp>

#include "support/fake_timers.h"
#include "support/jid.h"
#include "support/xml.h"

namespace iq_router_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kJuliet = "juliet@capulet.lit/balcony";

/// Romeo's router with one contact, Juliet, and a wire that remembers.
struct Session {
  FakeTimers timers;
  std::vector<std::string> wire;
  bool streaming = false;
  IqRouter router{timers,
                  jid("romeo@montague.lit"),
                  [this](std::string xml) { wire.push_back(std::move(xml)); },
                  {[](const Jid& from) { return from.bare() == jid("juliet@capulet.lit"); },
                   [this](const Jid&, const Element& payload) {
                     return streaming && payload.is("data", kNsIbb);
                   }}};
  std::vector<IqReply> replies;

  Session() { router.session_up(jid("romeo@montague.lit/orchard")); }

  void receive(const std::string& xml) { router.receive(parse_xml(xml)); }
  std::unique_ptr<IqRequest> ask(std::optional<Jid> to) {
    return router.request(IqType::Get, std::move(to), Element("ping", "urn:xmpp:ping"), 30s,
                          [this](IqReply reply) { replies.push_back(std::move(reply)); });
  }
  std::string last_id() const {
    return std::string(parse_xml(wire.back()).attribute_or_empty("id"));
  }
  void answer(const std::string& id, const std::string& from) {
    receive("<iq type='result' id='" + id + "'" + (from.empty() ? "" : " from='" + from + "'") +
            "/>");
  }
  void ping_from(const std::string& from, const std::string& type = "get",
                 const std::string& xmlns = "urn:xmpp:ping") {
    receive("<iq type='" + type + "' id='p' from='" + from + "'><ping xmlns='" + xmlns +
            "'/></iq>");
  }
  /// "result", or the condition of the only error sent, or "" when nothing was; forgets it.
  std::string said() {
    if (wire.empty()) return "";
    REQUIRE(wire.size() == 1);
    const auto iq = Iq::parse(parse_xml(wire.back()));
    wire.clear();
    return iq->error ? std::string(to_string(iq->error->condition)) : "result";
  }
};

}  // namespace

TEST_CASE("iq: a request goes out with a fresh 96-bit id, its result comes back once", "[iq]") {
  Session s;
  auto first = s.ask(jid(kJuliet));
  const auto id = s.last_id();
  auto second = s.ask(jid(kJuliet));
  CHECK(id.size() == 24);
  CHECK(s.last_id() != id);
  CHECK(s.wire.front() ==
        "<iq type='get' id='" + id +
            "' to='juliet@capulet.lit/balcony'><ping xmlns='urn:xmpp:ping'/></iq>");
  s.receive("<iq type='result' id='" + id +
            "' from='juliet@capulet.lit/balcony'><pong xmlns='urn:xmpp:ping'/></iq>");
  REQUIRE(s.replies.size() == 1);
  CHECK(std::get<Element>(s.replies[0]).name == "pong");
  s.answer(id, kJuliet);
  CHECK(s.replies.size() == 1);
  CHECK(s.router.dropped_replies() == 1);
}

TEST_CASE("iq: an error reply is a refusal with its condition", "[iq]") {
  Session s;
  auto request = s.ask(jid(kJuliet));
  s.receive(
      "<iq type='error' id='" + s.last_id() +
      "' from='juliet@capulet.lit/balcony'><ping xmlns='urn:xmpp:ping'/>"
      "<error type='cancel'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  REQUIRE(s.replies.size() == 1);
  CHECK(std::get<IqFailure>(s.replies[0]).kind == IqFailure::Kind::Refused);
  CHECK(std::get<IqFailure>(s.replies[0]).error.condition == Condition::Forbidden);
}

TEST_CASE("iq: the right id from the wrong sender is ignored and the true reply still works (ST2)",
          "[iq]") {
  struct Row {
    const char* to;
    std::vector<std::string> forged, genuine;
  };
  const auto row = GENERATE(
      Row{"juliet@capulet.lit/balcony",
          {"", "mallory@evil.lit/x", "juliet@capulet.lit", "juliet@capulet.lit/Balcony",
           "juliet@capulet.lit/balcony ", "capulet.lit", "montague.lit", "romeo@montague.lit",
           "romeo@montague.lit/orchard"},
          {"juliet@capulet.lit/balcony", "JULIET@Capulet.Lit/balcony"}},
      Row{"montague.lit",
          {"", "mallory@evil.lit/x", "evil.lit", "romeo@montague.lit", "romeo@montague.lit/orchard",
           "montague.lit/x"},
          {"montague.lit"}},
      Row{"proxy.montague.lit",
          {"", "montague.lit", "romeo@montague.lit", "proxy.evil.lit"},
          {"proxy.montague.lit"}},
      Row{"",
          {"mallory@evil.lit/x", "montague.lit/x", "romeo@montague.lit/garden", "romeo@evil.lit"},
          {"", "romeo@montague.lit", "romeo@montague.lit/orchard", "montague.lit",
           "Montague.Lit"}});
  for (const auto& genuine : row.genuine) {
    Session s;
    auto request = s.ask(*row.to == '\0' ? std::nullopt : std::optional<Jid>(jid(row.to)));
    const auto id = s.last_id();
    for (const auto& forged : row.forged) {
      INFO("asked '" << row.to << "', forged by '" << forged << "'");
      s.answer(id, forged);
      s.receive("<iq type='error' id='" + id + "'" +
                (forged.empty() ? "" : " from='" + forged + "'") + "><error type='cancel'/></iq>");
      CHECK(s.replies.empty());
    }
    CHECK(s.router.dropped_replies() == 2 * row.forged.size());
    INFO("asked '" << row.to << "', answered by '" << genuine << "'");
    s.answer(id, genuine);
    CHECK(s.replies.size() == 1);
  }
}

TEST_CASE("iq: a request ends at its timer, by its handle or with the session, and then for good",
          "[iq]") {
  Session s;
  auto request = s.ask(jid(kJuliet));
  const auto id = s.last_id();
  SECTION("timer") {
    s.timers.advance(29999ms);
    CHECK(s.replies.empty());
    s.timers.advance(1ms);
    REQUIRE(s.replies.size() == 1);
    CHECK(std::get<IqFailure>(s.replies[0]).kind == IqFailure::Kind::Timeout);
  }
  SECTION("handle") {
    request.reset();
    CHECK(s.timers.running() == 0);
  }
  SECTION("session") {
    s.router.session_down();
    REQUIRE(s.replies.size() == 1);
    CHECK(std::get<IqFailure>(s.replies[0]).kind == IqFailure::Kind::Disconnected);
    s.router.session_up(jid("romeo@montague.lit/garden"));
  }
  const auto before = s.replies.size();
  s.answer(id, kJuliet);
  s.timers.advance(1h);
  CHECK(s.replies.size() == before);
}

TEST_CASE("iq: while there is no session a request fails, but not before it returned", "[iq]") {
  Session s;
  s.router.session_down();
  auto request = s.ask(jid(kJuliet));
  CHECK(s.replies.empty());
  s.timers.turn();
  REQUIRE(s.replies.size() == 1);
  CHECK(std::get<IqFailure>(s.replies[0]).kind == IqFailure::Kind::Disconnected);
  CHECK(s.wire.empty());
}

TEST_CASE("iq: when the session ends one callback may forget the other requests", "[iq]") {
  Session s;
  int called = 0;
  std::vector<std::unique_ptr<IqRequest>> requests;
  for (int i = 0; i < 3; ++i)
    requests.push_back(s.router.request(IqType::Get, std::nullopt, Element("ping", "urn:xmpp:ping"),
                                        30s, [&](IqReply) {
                                          ++called;
                                          requests.clear();
                                        }));
  s.router.session_down();
  CHECK(called == 1);
}

TEST_CASE("iq: a reply's callback may destroy the router", "[iq]") {
  FakeTimers timers;
  std::string id;
  auto router = std::make_unique<IqRouter>(
      timers, jid("romeo@montague.lit"),
      [&](std::string xml) { id = parse_xml(xml).attribute_or_empty("id"); },
      IqRouter::Rules{[](const Jid&) { return false; }, {}});
  router->session_up(jid("romeo@montague.lit/orchard"));
  auto request = router->request(IqType::Get, std::nullopt, Element("ping", "urn:xmpp:ping"), 30s,
                                 [&](IqReply) { router.reset(); });
  SECTION("by a reply") { router->receive(parse_xml("<iq type='result' id='" + id + "'/>")); }
  SECTION("by the end of the session") { router->session_down(); }
  SECTION("by time") { timers.advance(30s); }
  CHECK(router == nullptr);
}

TEST_CASE("iq: a contact's request reaches its handler as the server stamped it", "[iq]") {
  Session s;
  std::vector<IncomingIq> got;
  s.router.handle(IqType::Set, "open", kNsIbb,
                  [&](IncomingIq request) { got.push_back(std::move(request)); });
  s.receive(
      "<iq type='set' id='o1' from='juliet@capulet.lit/balcony' to='romeo@montague.lit/orchard'>"
      "<open xmlns='http://jabber.org/protocol/ibb' sid='s'/></iq>");
  REQUIRE(got.size() == 1);
  CHECK(got[0].from().str() == kJuliet);
  CHECK(got[0].to() == "romeo@montague.lit/orchard");
  CHECK(got[0].payload().attribute_or_empty("sid") == "s");
  CHECK(s.wire.empty());
  got[0].reply();
  CHECK(s.wire ==
        std::vector<std::string>{"<iq type='result' id='o1' to='juliet@capulet.lit/balcony'/>"});
}

TEST_CASE("iq: what nobody handles is answered by the router, once", "[iq]") {
  Session s;
  s.router.handle(IqType::Get, "ping", "urn:xmpp:ping",
                  [](IncomingIq request) { request.reply(); });
  SECTION("handled") {
    s.ping_from(kJuliet);
    CHECK(s.said() == "result");
  }
  SECTION("wrong type") {
    s.ping_from(kJuliet, "set");
    CHECK(s.said() == "service-unavailable");
  }
  SECTION("wrong namespace") {
    s.ping_from(kJuliet, "get", "jabber:iq:last");
    CHECK(s.said() == "service-unavailable");
  }
  SECTION("no payload") {
    s.receive("<iq type='get' id='p' from='juliet@capulet.lit/balcony'/>");
    CHECK(s.said() == "bad-request");
  }
  SECTION("malformed from") {
    s.ping_from("@capulet.lit");
    CHECK(s.said().empty());
  }
  SECTION("no id") {
    s.receive(
        "<iq type='get' from='juliet@capulet.lit/balcony'><ping xmlns='urn:xmpp:ping'/></iq>");
    CHECK(s.said().empty());
  }
  SECTION("in another namespace") {
    s.receive(
        "<iq xmlns='jabber:server' type='get' id='p' from='juliet@capulet.lit/balcony'><ping "
        "xmlns='urn:xmpp:ping'/></iq>");
    CHECK(s.said().empty());
  }
}

TEST_CASE("iq: a forwarded or carbon-copied request is no request (ST4)", "[iq]") {
  Session s;
  bool called = false;
  s.router.handle(IqType::Set, "si", kNsSi, [&](IncomingIq) { called = true; });
  s.receive(
      "<iq type='set' id='f' from='juliet@capulet.lit/balcony'><forwarded "
      "xmlns='urn:xmpp:forward:0'>"
      "<iq xmlns='jabber:client' type='set' id='g' from='juliet@capulet.lit/balcony'><si "
      "xmlns='http://jabber.org/protocol/si'/></iq>"
      "</forwarded></iq>");
  CHECK(s.said() == "service-unavailable");
  s.receive(
      "<message from='juliet@capulet.lit/balcony'><received xmlns='urn:xmpp:carbons:2'>"
      "<iq xmlns='jabber:client' type='set' id='g' from='juliet@capulet.lit/balcony'><si "
      "xmlns='http://jabber.org/protocol/si'/></iq>"
      "</received></message>");
  CHECK(s.said().empty());
  CHECK_FALSE(called);
}

TEST_CASE("iq: a contact is its bare part, normalised, and its resource as it was stamped",
          "[iq]") {
  Session s;
  std::vector<std::string> asked;
  s.router.handle(IqType::Get, "ping", "urn:xmpp:ping", [&](IncomingIq request) {
    asked.push_back(request.from().str());
    request.reply();
  });
  for (const std::string bare :
       {"juliet@capulet.lit", "Juliet@Capulet.LIT", "juliet@capulet.lit.", "ｊuliet@capulet.lit"})
    for (const std::string resource : {"", "/iPhone™", "/ﬁsh", "/cafe\u0301", "/WORK", "/name חיבה",
                                       "/👩‍👩‍👧", "/a b", "/nbsp\u00a0"}) {
      const auto stamped = bare + resource;
      INFO(stamped);
      s.ping_from(stamped);
      REQUIRE(s.wire.size() == 1);
      CHECK(s.wire.back() == "<iq type='result' id='p' to='" + stamped + "'/>");
      CHECK(asked.back() == "juliet@capulet.lit" + resource);
      s.wire.clear();
      // And back: a request goes to the address as stamped, and its answer is known by either
      // spelling.
      const auto request = s.ask(Jid::parse_stamped(stamped).value());
      CHECK(parse_xml(s.wire.back()).attribute_or_empty("to") == stamped);
      s.answer(s.last_id(), "Mallory@evil.lit" + resource);
      CHECK(s.replies.empty());
      s.answer(s.last_id(), "juliet@capulet.lit" + resource);
      CHECK(s.replies.size() == 1);
      s.replies.clear();
      s.wire.clear();
    }
}

TEST_CASE("iq: strangers learn nothing: the same bytes whatever they ask (ST5)", "[iq]") {
  Session s;
  bool called = false;
  s.router.handle(IqType::Get, "ping", "urn:xmpp:ping", [&](IncomingIq) { called = true; });
  const auto stranger =
      GENERATE(as<std::string>(), "mallory@evil.lit/x", "mallory@evil.lit", "evil.lit",
               "montague.lit.evil.lit", "romeo@evil.lit/orchard", "proxy.montague.lit",
               "mallory@montague.lit/orchard", "JUL1ET@capulet.lit/balcony",
               "juliet@capulet.lit.evil.lit/balcony", "Mallory@Evil.Lit/x");
  INFO(stranger);
  s.ping_from(stranger);
  s.ping_from(stranger, "get", "jabber:iq:version");
  s.ping_from(stranger, "set", "http://jabber.org/protocol/si");
  s.receive("<iq type='get' id='p' from='" + stranger + "'/>");
  REQUIRE(s.wire.size() == 4);
  CHECK(s.wire[0] ==
        "<iq type='error' id='p' to='" + stranger +
            "'><error type='cancel' code='503'>"
            "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  for (const auto& answer : s.wire) CHECK(answer == s.wire[0]);
  CHECK_FALSE(called);
}

TEST_CASE("iq: our server, our account and our other resources are no strangers", "[iq]") {
  Session s;
  s.router.handle(IqType::Get, "ping", "urn:xmpp:ping",
                  [](IncomingIq request) { request.reply(); });
  for (const char* from : {"montague.lit", "romeo@montague.lit", "romeo@montague.lit/orchard",
                           "romeo@montague.lit/garden"}) {
    INFO(from);
    s.ping_from(from);
    CHECK(s.said() == "result");
  }
  s.receive("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>");
  CHECK(s.wire == std::vector<std::string>{"<iq type='result' id='p'/>"});
}

TEST_CASE("iq: a contact may have 100 sets refused at once and 20 a second, gets are free (ST7)",
          "[iq]") {
  Session s;
  s.router.handle(IqType::Set, "ping", "urn:xmpp:ping", [](IncomingIq request) {
    request.fail(StanzaError::of(Condition::NotAcceptable));
  });
  s.router.handle(IqType::Get, "ping", "urn:xmpp:ping",
                  [](IncomingIq request) { request.reply(); });
  const auto looked_at = [&](int tries) {
    int looks = 0;
    for (int i = 0; i < tries; ++i) {
      s.ping_from(i % 2 ? "juliet@capulet.lit/balcony" : "juliet@capulet.lit/chamber",
                  "set");  // one bucket for all resources
      const auto said = s.said();
      looks += said == "not-acceptable";
      CHECK((said == "not-acceptable" || said == "resource-constraint"));
    }
    return looks;
  };
  CHECK(looked_at(150) == 100);
  s.timers.advance(500ms);
  CHECK(looked_at(50) == 10);
  s.ping_from(kJuliet);
  CHECK(s.said() == "result");
  for (int i = 0; i < 150; ++i) {  // roster pushes come in hosts
    s.ping_from("romeo@montague.lit", "set");
    CHECK(s.said() == "not-acceptable");
  }
  s.timers.advance(1h);
  CHECK(looked_at(150) == 100);
}

TEST_CASE("iq: a set that nobody handles is a refused one", "[iq]") {
  Session s;
  for (int i = 0; i < 100; ++i) {
    s.ping_from(kJuliet, "set", "urn:unknown");
    REQUIRE(s.said() == "service-unavailable");
  }
  s.ping_from(kJuliet, "set", "urn:unknown");
  CHECK(s.said() == "resource-constraint");
}

TEST_CASE("iq: what is granted never counts, at once or later (ST7)", "[iq]") {
  Session s;
  std::vector<IncomingIq> open;
  s.router.handle(IqType::Set, "ping", "urn:xmpp:ping",
                  [&](IncomingIq request) { open.push_back(std::move(request)); });
  for (int i = 0; i < 1000; ++i) {
    s.ping_from(kJuliet, "set");
    if (i % 2 == 0) continue;
    open.back().reply();
    open.pop_back();
    REQUIRE(s.said() == "result");
  }
  REQUIRE(open.size() == 500);
  for (auto& one : open) one.fail(StanzaError::of(Condition::Forbidden));
  s.wire.clear();
  s.ping_from(kJuliet, "set");
  CHECK(s.said() == "resource-constraint");
}

TEST_CASE("iq: what belongs to accepted work passes where the limit is used up (ST7)", "[iq]") {
  Session s;
  s.router.handle(IqType::Set, "data", kNsIbb, [](IncomingIq request) { request.reply(); });
  const std::string block =
      "<iq type='set' id='d' from='juliet@capulet.lit/balcony'><data "
      "xmlns='http://jabber.org/protocol/ibb'/></iq>";
  for (int i = 0; i < 100; ++i) s.ping_from(kJuliet, "set", "urn:unknown");
  s.wire.clear();
  s.receive(block);
  CHECK(s.said() == "resource-constraint");
  s.streaming = true;
  s.receive(block);
  CHECK(s.said() == "result");
}

TEST_CASE("iq: after the session ended an owed answer goes nowhere, also not into the next session",
          "[iq]") {
  Session s;
  std::vector<IncomingIq> got;
  s.router.handle(IqType::Get, "ping", "urn:xmpp:ping",
                  [&](IncomingIq request) { got.push_back(std::move(request)); });
  s.ping_from(kJuliet);
  s.router.session_down();
  s.ping_from(kJuliet);  // a straggler
  s.router.session_up(jid("romeo@montague.lit/garden"));
  REQUIRE(got.size() == 1);
  got[0].reply();
  CHECK(s.wire.empty());
}

TEST_CASE("message: reaches who asked for its payload, from its stamped sender", "[iq]") {
  Session s;
  std::vector<std::string> got;
  s.router.handle_message("data", kNsIbb, [&](const Jid& from, const Element& message) {
    got.push_back(from.str() + " " +
                  std::string(message.child("data", kNsIbb)->attribute_or_empty("seq")));
  });
  const std::string data = "<data xmlns='http://jabber.org/protocol/ibb' seq='3'/></message>";
  s.receive(
      "<message from='juliet@capulet.lit/balcony'><amp xmlns='http://jabber.org/protocol/amp'/>" +
      data);
  CHECK(got == std::vector<std::string>{"juliet@capulet.lit/balcony 3"});
  s.receive("<message type='error' from='juliet@capulet.lit/balcony'>" + data);
  s.receive("<message>" + data);
  s.receive("<message from='juliet@capulet.lit/balcony'><body>hello</body></message>");
  CHECK(got.size() == 1);
  CHECK(s.wire.empty());
}

}  // namespace iq_router_test

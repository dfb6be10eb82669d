// SPDX-License-Identifier: MIT
#include "xep/stanza.h"

#include <catch2/catch.hpp>

#include "support/xml.h"

namespace stanza_test {

using namespace xmppftd;
using test::parse_xml;

TEST_CASE("iq: frame and payload are read", "[stanza]") {
  const auto iq = Iq::parse(parse_xml(
      "<iq from='a@x/r' to='b@x/s' type='set' id='7'><q xmlns='n'/><second xmlns='n'/></iq>"));
  REQUIRE(iq);
  CHECK(iq->type == IqType::Set);
  CHECK(iq->id == "7");
  CHECK(iq->from == "a@x/r");
  CHECK(iq->to == "b@x/s");
  REQUIRE(iq->payload);
  CHECK(iq->payload->is("q", "n"));
  CHECK_FALSE(iq->error);
}

TEST_CASE("iq: an empty result has no payload (a proxy activates)", "[stanza]") {
  const auto iq =
      Iq::parse(parse_xml("<iq type=\"result\" id=\"qxmpp79\" from=\"proxy.rabbitim.com\" "
                          "to=\"b@rabbitim.com/QXmpp\"/>"));
  REQUIRE(iq);
  CHECK(iq->type == IqType::Result);
  CHECK_FALSE(iq->payload);
}

TEST_CASE("iq: without a known type and an id it is refused (RFC 6120 s8.2.3)", "[stanza]") {
  const auto* xml =
      GENERATE("<iq id='1'/>", "<iq type='set'/>", "<iq type='set' id=''/>",
               "<iq type='Set' id='1'/>", "<iq type='' id='1'/>", "<message type='set' id='1'/>");
  const auto iq = Iq::parse(parse_xml(xml));
  REQUIRE_FALSE(iq);
  CHECK(iq.error().code == Errc::Protocol);
}

TEST_CASE("iq: build and parse are inverse", "[stanza]") {
  Iq iq;
  iq.type = GENERATE(IqType::Get, IqType::Set, IqType::Result, IqType::Error);
  iq.id = "a'b<c";
  iq.from = "a@x/r";
  iq.payload = Element("q", "n");
  if (iq.type == IqType::Error) iq.error = StanzaError::of(Condition::Conflict, "taken");
  const auto read = Iq::parse(parse_xml(iq.build().to_xml(kNsClient)));
  REQUIRE(read);
  CHECK(read->type == iq.type);
  CHECK(read->id == iq.id);
  CHECK(read->from == iq.from);
  CHECK(read->to.empty());
  CHECK(read->payload->is("q", "n"));
  REQUIRE(read->error.has_value() == (iq.type == IqType::Error));
  if (read->error) CHECK(read->error->text == "taken");
}

TEST_CASE("iq: an error without <error/> still is one", "[stanza]") {
  const auto iq = Iq::parse(parse_xml("<iq type='error' id='1'><q xmlns='n'/></iq>"));
  REQUIRE(iq);
  REQUIRE(iq->error);
  CHECK(iq->error->condition == Condition::UndefinedCondition);
  CHECK(iq->payload->is("q", "n"));
}

TEST_CASE("iq: an answer of type error is a refusal, whatever is in it", "[stanza]") {
  const std::string inside = GENERATE(
      as<std::string>(), "", "<error/>", "<error type='cancel'/>", "<error type=''/>",
      "<error>words</error>", "words", "<error xmlns='n'/>", "<error xmlns='jabber:server'/>",
      "<error><item-not-found/></error>", "<error code='x'/>", "<error><a xmlns='n'/></error>",
      "<error/><error/>", "<q xmlns='n'/><error/>", "<error/><q xmlns='n'/>",
      "<q xmlns='n'><error/></q>", "<error><error/></error>");
  const auto iq = Iq::parse(parse_xml("<iq type='error' id='1'>" + inside + "</iq>"));
  REQUIRE(iq);
  REQUIRE(iq->error);
  CHECK(iq->error->condition == Condition::UndefinedCondition);
  CHECK(to_error(*iq->error, "offer").code == Errc::StreamFailed);
  CHECK(iq->payload.has_value() == (inside.find("<q") != std::string::npos));
}

TEST_CASE("iq: an error in the namespace of another stream keeps its meaning", "[stanza]") {
  const auto iq = Iq::parse(parse_xml(
      "<iq type='error' id='1'><error xmlns='jabber:server' type='cancel'><item-not-found "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"));
  REQUIRE(iq);
  CHECK(iq->error->condition == Condition::ItemNotFound);
  CHECK_FALSE(iq->payload);
}

TEST_CASE("stanza error: XEP-0095 no-valid-streams carries its application condition", "[stanza]") {
  const auto error = StanzaError::parse(parse_xml(
      "<error code='400' type='cancel'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
      "<no-valid-streams xmlns='http://jabber.org/protocol/si'/></error>"));
  CHECK(error.type == ErrorType::Cancel);
  CHECK(error.condition == Condition::BadRequest);
  REQUIRE(error.application);
  CHECK(to_error(error, "offer").code == Errc::NoCommonMethod);
}

TEST_CASE("stanza error: legacy codes decide without a known condition (XEP-0086)", "[stanza]") {
  const auto [xml, condition, type] = GENERATE(table<std::string, Condition, ErrorType>({
      // COMPAT Pidgin oob.c: a condition nobody knows, the type on the wrong element
      {"<error code='404'><not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' "
       "type='modify'/></error>",
       Condition::ItemNotFound, ErrorType::Cancel},
      {"<error code='406'/>", Condition::NotAcceptable, ErrorType::Modify},
      {"<error code='403' type='cancel'/>", Condition::Forbidden, ErrorType::Cancel},
      {"<error code='502'>Gone fishing</error>", Condition::ServiceUnavailable, ErrorType::Cancel},
      {"<error code='599'/>", Condition::UndefinedCondition, ErrorType::Cancel},
      {"<error code='-404'/>", Condition::UndefinedCondition, ErrorType::Cancel},
      {"<error type='nonsense'/>", Condition::UndefinedCondition, ErrorType::Cancel},
      {"<error code='404'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
       Condition::Gone, ErrorType::Cancel},
      // a name of ours in a namespace of theirs is an application condition
      {"<error type='wait'><conflict xmlns='n'/></error>", Condition::UndefinedCondition,
       ErrorType::Wait},
  }));
  const auto error = StanzaError::parse(parse_xml(xml));
  CHECK(error.condition == condition);
  CHECK(error.type == type);
}

TEST_CASE("stanza error: the peer's text is bounded and has no control characters", "[stanza]") {
  Element error("error", "jabber:client");
  error.add(Element("text", std::string(kNsStanzaErrors))
                .with_text("a\x1b[2Jb" + std::string(5000, 'x')));
  const auto text = StanzaError::parse(error).text;
  CHECK(text.size() <= 512);
  CHECK(text.substr(0, 5) == "a[2Jb");
}

TEST_CASE("stanza error: every condition survives build and parse", "[stanza]") {
  const auto condition = static_cast<Condition>(
      GENERATE(range(0, static_cast<int>(Condition::UnexpectedRequest) + 1)));
  const auto sent = StanzaError::of(condition, "why");
  const auto read = StanzaError::parse(parse_xml(sent.build().to_xml(kNsClient)));
  CHECK(read.condition == condition);
  CHECK(read.type == sent.type);
  CHECK(read.text == "why");
  CHECK(sent.build().attribute("code"));
}

TEST_CASE("error table: what we say is what a peer of our kind understands", "[stanza]") {
  const auto code =
      GENERATE(Errc::Declined, Errc::PeerOffline, Errc::PeerUnsupported, Errc::NoCommonMethod,
               Errc::StreamFailed, Errc::HashMismatch, Errc::Protocol, Errc::Constraint);
  const auto stanza = to_stanza_error({code, "/home/ann/secret"});
  CHECK(stanza.build().to_xml().find("secret") == std::string::npos);
  const auto back =
      to_error(StanzaError::parse(parse_xml(stanza.build().to_xml(kNsClient))), "offer");
  CHECK(to_string(back.code) == to_string(code));
  CHECK(back.detail.substr(0, 6) == "offer:");
}

TEST_CASE("error table: the refusals in the XEPs and of real peers", "[stanza]") {
  const auto [what, attributes, children,
              code] = GENERATE(table<std::string, std::string, std::string, Errc>({
      {"XEP-0047 ex. 3: no IBB here", "type='cancel'",
       "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>", Errc::PeerOffline},
      {"XEP-0047 ex. 4: smaller blocks, please", "type='modify'",
       "<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>", Errc::Constraint},
      {"XEP-0047 ex. 5", "type='cancel'",
       "<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>", Errc::Declined},
      {"XEP-0065 ex. 9: forbidden to use the proxy", "type='auth'",
       "<forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>", Errc::Declined},
      {"XEP-0065 ex. 10, Openfire's early activation", "code='405' type='cancel'",
       "<not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>", Errc::Declined},
      {"XEP-0065 ex. 14: no streamhost reached", "type='cancel'",
       "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>", Errc::StreamFailed},
      {"XEP-0095 ex. 5", "code='400' type='cancel'",
       "<bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><no-valid-streams "
       "xmlns='http://jabber.org/protocol/si'/>",
       Errc::NoCommonMethod},
      {"XEP-0095 ex. 6", "code='400' type='cancel'",
       "<bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><bad-profile "
       "xmlns='http://jabber.org/protocol/si'/>",
       Errc::PeerUnsupported},
      {"XEP-0095 ex. 7, QXmpp's decline", "code='403' type='cancel'",
       "<forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
       "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>Offer Declined</text>",
       Errc::Declined},
      {"QXmpp: unsupported profile", "code='400' type='cancel'",
       "<bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>", Errc::Protocol},
      {"a server that knows no such domain", "type='cancel'",
       "<remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>", Errc::NoSuchPeer},
      {"gloox: wrong seq", "type='modify'",
       "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>", Errc::StreamFailed},
      {"our own receiver", "type='cancel'",
       "<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
       "<hash-mismatch xmlns='urn:xmppft:confirm:0'/>",
       Errc::HashMismatch},
      {"our own receiver, whose disk is full", "type='wait'",
       "<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
       "<cannot-store xmlns='urn:xmppft:confirm:0'/>",
       Errc::PeerCannotStore},
      {"our own receiver, whose disk failed again", "type='cancel'",
       "<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
       "<cannot-store xmlns='urn:xmppft:confirm:0'/>",
       Errc::StoreFailed},
      {"nothing", "", "", Errc::StreamFailed},
  }));
  INFO(what);
  const auto iq = Iq::parse(parse_xml("<iq type='error' id='1' from='a@b/c'><error " + attributes +
                                      ">" + children + "</error></iq>"));
  REQUIRE(iq);
  REQUIRE(iq->error);
  const auto error = to_error(*iq->error, "step");
  CHECK(to_string(error.code) == to_string(code));
  CHECK(error.detail.substr(0, 5) == "step:");
}

TEST_CASE("error table: a decline is cancel/forbidden 403 (XEP-0095 example 7)", "[stanza]") {
  const auto xml = to_stanza_error({Errc::Declined, ""}).build().to_xml(kNsClient);
  CHECK(xml ==
        "<error type='cancel' code='403'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>Offer Declined</text></error>");
}

}  // namespace stanza_test

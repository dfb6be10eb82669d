// SPDX-License-Identifier: MIT
#include "xep/presence.h"

#include <catch2/catch.hpp>

#include "model/namespaces.h"
#include "support/xml.h"

namespace presence_test {

using namespace xmppftd;
using test::parse_xml;

TEST_CASE("presence: an available resource with its caps", "[presence]") {
  const auto presence = Presence::parse(parse_xml(R"(<presence from='a@b/c' to='d@e/f' id='1'>
    <show>away</show><status>out&#x202e;</status><priority>-1</priority>
    <c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/></presence>)"));
  REQUIRE(presence);
  CHECK(presence->type == PresenceType::Available);
  CHECK(presence->from == "a@b/c");
  CHECK(presence->show == "away");
  CHECK(presence->status == "out");
  CHECK(presence->priority == -1);
  REQUIRE(presence->caps);
  CHECK(presence->caps->ver == "v");
}

TEST_CASE("presence: every type survives build and parse", "[presence]") {
  Presence sent;
  sent.type = static_cast<PresenceType>(GENERATE(range(0, 8)));
  sent.to = "a@b";
  sent.priority = -128;
  sent.show = "xa";
  sent.caps = Caps{"n", "v", "sha-1"};
  if (sent.type == PresenceType::Error) sent.error = StanzaError::of(Condition::ItemNotFound);
  const auto read = Presence::parse(parse_xml(sent.build().to_xml(kNsClient)));
  REQUIRE(read);
  CHECK(read->type == sent.type);
  CHECK(read->to == "a@b");
  CHECK(read->priority == -128);
  CHECK(read->show == "xa");
  CHECK(read->caps == sent.caps);
  REQUIRE(read->error.has_value() == sent.error.has_value());
  if (read->error) CHECK(read->error->condition == Condition::ItemNotFound);
}

TEST_CASE("presence: nonsense counts as nothing, an unknown type is refused", "[presence]") {
  const auto* priority = GENERATE("", "128", "-129", "x", "1x", "9999999999999", "0x1");
  const auto presence = Presence::parse(parse_xml(
      "<presence><show>busy</show><priority>" + std::string(priority) + "</priority></presence>"));
  REQUIRE(presence);
  CHECK(presence->priority == 0);
  CHECK(presence->show.empty());
  CHECK(Presence::parse(parse_xml("<presence type='available'/>")).error().code == Errc::Protocol);
  CHECK(Presence::parse(parse_xml("<presence type='error'/>"))->error);
}

}  // namespace presence_test

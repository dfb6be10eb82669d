// SPDX-License-Identifier: MIT
// Whatever a peer or a server writes, what is shown of it is text.
#include <catch2/catch.hpp>

#include "base/text.h"
#include "model/namespaces.h"
#include "support/any_text.h"
#include "support/xml.h"
#include "xep/element.h"
#include "xep/presence.h"
#include "xep/roster.h"
#include "xep/stanza_error.h"
#include "xep/xep0030_disco.h"
#include "xep/xep0096_si.h"

namespace any_text_test {

using namespace xmppftd;

namespace {

/// Shown on a bus and in a log: valid, nothing hidden, bounded.
void require_shown(const std::string& text, std::size_t max_bytes) {
  REQUIRE(any_text::is_bus_text(text));
  REQUIRE(text.size() <= max_bytes);
  REQUIRE(printable(text, max_bytes) == text);
}

Element form() {
  Element field("field", std::string(kNsDataForm));
  field.set("var", "stream-method").set("type", "list-single");
  field.add(Element("option", std::string(kNsDataForm))
                .add(Element("value", std::string(kNsDataForm)).with_text(std::string(kNsIbb))));
  return Element("x", std::string(kNsDataForm)).set("type", "form").add(std::move(field));
}

}  // namespace

TEST_CASE("any text: the name, description and MIME type of an offer", "[text]") {
  for (const auto& text : any_text::all(65538, true)) {
    INFO(any_text::shown(text));
    Element si("si", std::string(kNsSi));
    si.set("id", "s1").set("profile", std::string(kNsSiFile)).set("mime-type", text);
    si.add(Element("file", std::string(kNsSiFile))
               .set("name", "a" + text)
               .set("size", "1")
               .add(Element("desc", std::string(kNsSiFile)).with_text(text)));
    si.add(Element("feature", std::string(kNsFeatureNeg)).add(form()));
    const auto offer = SiOffer::parse(si);
    if (!offer) {
      require_shown(offer.error().detail, 1024);
      continue;
    }
    require_shown(offer->file.name, 255);
    require_shown(offer->file.description, 1024);
    require_shown(offer->file.mime_type, 128);
  }
}

TEST_CASE("any text: a stanza error, its text, condition and application", "[text]") {
  for (const auto& text : any_text::all(65538, true)) {
    INFO(any_text::shown(text));
    Element error("error", "jabber:client");
    error.set("type", text).set("code", text);
    error.add(Element(text, std::string(kNsStanzaErrors)));
    error.add(Element("text", std::string(kNsStanzaErrors)).with_text(text));
    error.add(Element(text, text));
    require_shown(to_error(StanzaError::parse(error), "the offer").detail, 1024);
  }
}

TEST_CASE("any text: names and groups of the roster, the status of a presence", "[text]") {
  for (const auto& text : any_text::all(65538, true)) {
    INFO(any_text::shown(text));
    Element query("query", std::string(kNsRoster));
    query.add(Element("item", std::string(kNsRoster))
                  .set("jid", "bob@xft.test")
                  .set("name", text)
                  .add(Element("group", std::string(kNsRoster)).with_text(text)));
    for (const auto& item : Roster::parse(query).items) require_shown(item.name, 256);
    const auto presence =
        Presence::parse(Element("presence", "jabber:client")
                            .set("type", text)
                            .add(Element("status", "jabber:client").with_text(text)));
    if (presence)
      require_shown(presence->status, 1024);
    else
      require_shown(presence.error().detail, 1024);
  }
}

TEST_CASE("any text: whatever we say ourselves is well-formed XML", "[text]") {
  for (const auto& text : any_text::all(5000, true)) {
    INFO(any_text::shown(text));
    const auto read = test::parse_xml(
        Element("a", "").set("k", text).add(Element("b", "").with_text(text)).to_xml());
    REQUIRE(read.children.size() == 1);
    // Expat gives text back as it was, so both places were written alike.
    REQUIRE(read.children[0].text == read.attribute("k"));
  }
}

}  // namespace any_text_test

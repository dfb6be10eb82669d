// SPDX-License-Identifier: MIT
#include "negotiation/si_incoming.h"

#include "unit/negotiation/support.h"

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

const std::string kBoth = "<option><value>http://jabber.org/protocol/ibb</value></option>"
                          "<option><value>http://jabber.org/protocol/bytestreams</value></option>";
const std::string kIbbOnly = "<option><value>http://jabber.org/protocol/ibb</value></option>";
const std::string kCanConfirm = "<confirm xmlns='urn:xmppft:confirm:0'/>";

std::string offer(const std::string& id, const std::string& file = "name='a.txt' size='3'",
                  const std::string& options = kBoth, const std::string& extra = "", const std::string& sid = "s1") {
  return "<iq type='set' id='" + id + "' from='juliet@capulet.lit/balcony'><si xmlns='http://jabber.org/protocol/si' id='" +
         sid + "' profile='http://jabber.org/protocol/si/profile/file-transfer'>"
               "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' " +
         file + "/>" + extra +
         "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' type='form'>"
         "<field var='stream-method' type='list-single'>" +
         options + "</field></x></feature></si></iq>";
}

std::string done(const std::string& id, const std::string& from = "juliet@capulet.lit/balcony") {
  return "<iq type='set' id='" + id + "' from='" + from +
         "'><done xmlns='urn:xmppft:confirm:0' sid='s1'><hash xmlns='urn:xmpp:hashes:2' "
         "algo='sha-256'>ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=</hash></done></iq>";
}
const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::unique_ptr<Negotiation> accept(Stage& stage, IncomingOffer::Terms terms = {{0, 3}, true, false, true}) {
  auto offer = std::move(stage.box.offers.at(0));
  stage.box.offers.clear();
  return offer->accept(terms, stage.listener);
}

}  // namespace

TEST_CASE("si in: our own preference decides, not the peer's order (COMPAT QXmpp offers IBB first)", "[si]") {
  Stage stage;
  stage.iq.inject(offer("o1"));
  REQUIRE(stage.box.offers.size() == 1);
  CHECK(stage.box.offers[0]->offer().file.name == "a.txt");
  stage.iq.expect_nothing();
  auto negotiation = accept(stage);
  stage.iq.expect_result("o1",
                         "<si xmlns='http://jabber.org/protocol/si'><feature "
                         "xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' type='submit'>"
                         "<field var='stream-method'><value>http://jabber.org/protocol/bytestreams</value></field>"
                         "</x></feature></si>");
  CHECK(stage.s5b.alive() == 1);
  CHECK(stage.ibb.alive() == 1);  // the sender may fall back with the same sid
  stage.s5b.succeed("direct");
  CHECK(stage.ibb.alive() == 0);
  CHECK(stage.listener.heard() == Heard{"carrier 0+3 none"});
}

TEST_CASE("si in: after a failed S5B the sender has 30 s to open IBB with the same sid", "[si]") {
  Stage stage;
  stage.iq.inject(offer("o1"));
  auto negotiation = accept(stage);
  stage.s5b.fail();
  CHECK(stage.listener.heard().empty());
  SECTION("it does") {
    stage.timers.advance(29s);
    stage.ibb.succeed();
    CHECK(stage.listener.heard() == Heard{"carrier 0+3 none"});
    stage.timers.advance(60s);
    CHECK(stage.listener.heard().empty());
  }
  SECTION("it does not") {
    stage.timers.advance(30s);
    CHECK(stage.listener.heard() == Heard{"ended StreamFailed"});
    CHECK(stage.ibb.alive() == 0);
  }
}

TEST_CASE("si in: the offer's MD5 is what the bytes must hash to; without one the size must do", "[si]") {
  Stage stage;
  const bool hashed = GENERATE(true, false);
  stage.iq.inject(offer("o1", std::string("name='a.txt' size='3'") +
                                  (hashed ? " hash='900150983cd24fb0d6963f7d28e17f72'" : "")));
  auto negotiation = accept(stage);
  stage.s5b.succeed();
  CHECK(stage.listener.heard() == Heard{hashed ? "carrier 0+3 md5" : "carrier 0+3 none"});
  negotiation->delivered({3, std::nullopt, false});
  stage.timers.turn();
  CHECK(stage.listener.heard() == Heard{hashed ? "declared 900150983cd24fb0d6963f7d28e17f72" : "declared nothing"});
  negotiation->complete();
  stage.timers.turn();
  CHECK(stage.listener.heard() == Heard{"completed handed-over"});
}

TEST_CASE("si in: a sender of our kind says what it sent, and hears when it is in place", "[si]") {
  Stage stage;
  stage.iq.inject(offer("o1", "name='a.txt' size='3'", kBoth, kCanConfirm));
  auto negotiation = accept(stage);
  CHECK(stage.iq.take().stanza.to_xml().find("urn:xmppft:confirm:0") != std::string::npos);
  stage.s5b.succeed();
  CHECK(stage.listener.heard() == Heard{"carrier 0+3 sha-256"});
  SECTION("asked before the last byte was seen here") {
    stage.iq.inject(done("d1"));
    negotiation->delivered({3, std::nullopt, false});
  }
  SECTION("asked after it") {
    negotiation->delivered({3, std::nullopt, false});
    stage.timers.turn();
    CHECK(stage.listener.heard().empty());
    stage.iq.inject(done("d1"));
  }
  stage.timers.turn();
  CHECK(stage.listener.heard() == Heard{"declared " + kAbc});
  stage.iq.expect_nothing();  // not before it is in place
  negotiation->complete();
  stage.iq.expect_result("d1");
  negotiation.reset();
  // Its answer may have been lost with its session: asked again, told again, published once.
  stage.iq.inject(done("d2"));
  stage.iq.expect_result("d2");
}

TEST_CASE("si in: wrong bytes are told as such", "[si]") {
  Stage stage;
  stage.iq.inject(offer("o1", "name='a.txt' size='3'", kBoth, kCanConfirm));
  auto negotiation = accept(stage);
  stage.iq.take();
  stage.s5b.succeed();
  negotiation->delivered({3, std::nullopt, false});
  stage.iq.inject(done("d1"));
  stage.timers.turn();
  negotiation->fail({Errc::HashMismatch, "no"});
  const auto answer = stage.iq.take();
  CHECK(answer.stanza.to_xml().find("hash-mismatch") != std::string::npos);
  stage.timers.turn();
  CHECK(stage.listener.heard() == Heard{"carrier 0+3 sha-256", "declared " + kAbc, "ended HashMismatch"});
}

TEST_CASE("si in: a sender that never asks is not waited for without end", "[si]") {
  Stage stage;
  stage.iq.inject(offer("o1", "name='a.txt' size='3'", kBoth, kCanConfirm));
  auto negotiation = accept(stage);
  stage.s5b.succeed();
  negotiation->delivered({3, std::nullopt, false});
  stage.listener.heard();
  stage.timers.advance(151s);
  CHECK(stage.listener.heard() == Heard{"declared nothing"});
}

TEST_CASE("si in: the question of another resource touches nothing (RELIABILITY SI1)", "[si]") {
  Stage stage;
  stage.iq.inject(offer("o1", "name='a.txt' size='3'", kBoth, kCanConfirm));
  auto negotiation = accept(stage);
  stage.iq.take();
  stage.s5b.succeed();
  negotiation->delivered({3, std::nullopt, false});
  stage.listener.heard();
  stage.iq.inject(done("d1", "juliet@capulet.lit/garden"));
  stage.iq.expect_error("d1", Condition::ItemNotFound);
  stage.timers.advance(10s);
  CHECK(stage.listener.heard().empty());
}

TEST_CASE("si in: an offer dropped or declined says so, once", "[si]") {
  Stage stage;
  stage.iq.inject(offer("o1"));
  SECTION("dropped") { stage.box.offers.clear(); }
  SECTION("declined") { stage.box.offers[0]->decline({Errc::Declined, "no"}); }
  stage.box.offers.clear();
  stage.iq.expect_error("o1", Condition::Forbidden);
  stage.iq.expect_nothing();
  // The sid is free again: Psi's have 16 bits.
  stage.iq.inject(offer("o2"));
  CHECK(stage.box.offers.size() == 1);
}

TEST_CASE("si in: a live sid of the same peer is not given twice (RELIABILITY SI1)", "[si]") {
  Stage stage;
  stage.iq.inject(offer("o1"));
  stage.iq.inject(offer("o2"));
  stage.iq.expect_error("o2", Condition::NotAcceptable);
  CHECK(stage.box.offers.size() == 1);
  auto negotiation = accept(stage);
  stage.iq.take();
  stage.iq.inject(offer("o3"));
  stage.iq.expect_error("o3", Condition::NotAcceptable);
  negotiation.reset();
  CHECK(stage.s5b.alive() == 0);
  stage.iq.inject(offer("o4"));
  CHECK(stage.box.offers.size() == 1);
}

TEST_CASE("si in: what is no offer is refused at once (XEP-0095 section 3.2; RELIABILITY SI2)", "[si]") {
  Stage stage;
  for (const std::string size : {"-1", "0x10", " 5", "1e3", "9223372036854775808"}) {
    INFO(size);
    stage.iq.inject(offer("o1", "name='a.txt' size='" + size + "'"));
    stage.iq.expect_error("o1", Condition::BadRequest);
  }
  stage.iq.inject(offer("o2", "size='3'"));
  stage.iq.expect_error("o2", Condition::BadRequest);
  stage.iq.inject(offer("o3", "name='a.txt' size='3'", "<option><value>jabber:iq:oob</value></option>"));
  const auto refused = stage.iq.take();
  CHECK(refused.stanza.to_xml().find("no-valid-streams") != std::string::npos);
  CHECK(stage.box.offers.empty());
}

TEST_CASE("si in: a name is safe before anybody sees it (RELIABILITY FN1)", "[si]") {
  Stage stage;
  stage.iq.inject(offer("o1", "name='../../x' size='3'"));
  REQUIRE(stage.box.offers.size() == 1);
  CHECK(stage.box.offers[0]->offer().file.name == "x");
}

TEST_CASE("si in: under ip_policy ibb-only no stream is expected", "[si]") {
  Stage stage;
  SECTION("IBB was offered too") {
    stage.iq.inject(offer("o1"));
    auto negotiation = accept(stage, {{0, 3}, false, true, false});
    CHECK(stage.iq.take().stanza.to_xml().find("protocol/ibb") != std::string::npos);
    CHECK(stage.s5b.calls.empty());
  }
  SECTION("S5B alone was offered") {
    stage.iq.inject(offer("o1", "name='a' size='3'",
                          "<option><value>http://jabber.org/protocol/bytestreams</value></option>"));
    auto negotiation = accept(stage, {{0, 3}, false, true, false});
    const auto refused = stage.iq.take();
    CHECK(refused.stanza.to_xml().find("no-valid-streams") != std::string::npos);
  }
}

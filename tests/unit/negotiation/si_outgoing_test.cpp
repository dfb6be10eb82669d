// SPDX-License-Identifier: MIT
#include "negotiation/si_outgoing.h"

#include "unit/negotiation/support.h"

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kJuliet = "juliet@capulet.lit/balcony";

Offer offer(std::uint64_t size = 1022) {
  Offer what{jid(kJuliet), {}, true};
  what.file.name = "test.txt";
  what.file.size = size;
  return what;
}

OfferPlan plan(std::vector<MethodChoice> methods = {{"si-socks5", ""}, {"si-ibb", ""}}, bool confirm = false) {
  OfferPlan how;
  how.methods = std::move(methods);
  for (const auto ns : {kNsSi, kNsSiFile, kNsBytestreams, kNsIbb}) how.peer.features.emplace(ns);
  if (confirm) how.peer.features.emplace(kNsConfirm);
  return how;
}

std::string answer(std::string_view method, const std::string& extra = "") {
  return "<si xmlns='http://jabber.org/protocol/si'>" + extra +
         "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' type='submit'>"
         "<field var='stream-method'><value>" +
         std::string(method) + "</value></field></x></feature></si>";
}
const std::string kSoCanI = "<confirm xmlns='urn:xmppft:confirm:0'/>";

/// Up to the offer on the wire.
FakeIqChannel::Sent offered(Stage& stage) {
  stage.timers.turn();
  stage.s5b.become_ready();
  stage.ibb.become_ready();
  return stage.iq.take();
}

}  // namespace

TEST_CASE("si out: the offer is XEP-0096's, S5B before IBB, and waits until the methods are ready", "[si]") {
  Stage stage;
  auto negotiation = stage.negotiator.offer(offer(), plan(), stage.listener);
  stage.timers.turn();
  stage.iq.expect_nothing();  // proxies are looked up first: Smack waits only 5 s after its answer
  stage.s5b.become_ready();
  stage.ibb.become_ready();
  stage.iq.expect(
      "<iq type='set' to='juliet@capulet.lit/balcony'><si xmlns='http://jabber.org/protocol/si' id='*' "
      "profile='http://jabber.org/protocol/si/profile/file-transfer'>"
      "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' name='test.txt' size='1022'><range/></file>"
      "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' type='form'>"
      "<field var='stream-method' type='list-single'>"
      "<option><value>http://jabber.org/protocol/bytestreams</value></option>"
      "<option><value>http://jabber.org/protocol/ibb</value></option></field></x></feature></si></iq>");
}

TEST_CASE("si out: accepted, moved, handed over: S5B has no end-to-end acknowledgement", "[si]") {
  Stage stage;
  auto negotiation = stage.negotiator.offer(offer(), plan(), stage.listener);
  const auto sent = offered(stage);
  stage.iq.reply(sent, answer(kNsBytestreams));
  CHECK(stage.listener.heard() == Heard{"accepted"});
  REQUIRE(stage.s5b.calls.size() == 1);
  CHECK(stage.s5b.calls[0]->key.sid == sent.payload().attribute_or_empty("id"));
  CHECK(stage.s5b.calls[0]->key.peer.str() == kJuliet);
  stage.s5b.succeed("direct");
  CHECK(stage.listener.heard() == Heard{"carrier 0+1022 none"});
  negotiation->delivered({1022, std::nullopt, false});
  CHECK(stage.listener.heard().empty());  // never from inside a call
  stage.timers.turn();
  CHECK(stage.listener.heard() == Heard{"completed handed-over"});
}

TEST_CASE("si out: IBB's acknowledged close confirms", "[si]") {
  Stage stage;
  auto negotiation = stage.negotiator.offer(offer(), plan(), stage.listener);
  stage.iq.reply(offered(stage), answer(kNsIbb));
  stage.ibb.succeed();
  negotiation->delivered({1022, std::nullopt, true});
  stage.timers.turn();
  CHECK(stage.listener.heard() == Heard{"accepted", "carrier 0+1022 none", "completed confirmed"});
}

TEST_CASE("si out: two of our kind confirm by SHA-256 after the last byte", "[si]") {
  Stage stage;
  auto negotiation = stage.negotiator.offer(offer(), plan({{"si-socks5", ""}}, true), stage.listener);
  stage.timers.turn();
  stage.s5b.become_ready();
  stage.iq.reply(stage.iq.take(), answer(kNsBytestreams, kSoCanI));
  stage.s5b.succeed();
  CHECK(stage.listener.heard() == Heard{"accepted", "carrier 0+1022 sha-256"});
  const auto hash = Digest::of(HashAlgo::Sha256, view_of("abc"));
  negotiation->delivered({1022, hash, false});
  stage.iq.expect(
      "<iq type='set' to='juliet@capulet.lit/balcony'><done xmlns='urn:xmppft:confirm:0' sid='*'>"
      "<hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=</hash></done></iq>");
  stage.timers.turn();
  CHECK(stage.listener.heard().empty());
  stage.iq.reply();
  CHECK(stage.listener.heard() == Heard{"completed confirmed " + hash.hex});
}

TEST_CASE("si out: a peer that says the bytes are wrong is believed, any other refusal is an interruption", "[si]") {
  Stage stage;
  auto negotiation = stage.negotiator.offer(offer(), plan({{"si-ibb", ""}}, true), stage.listener);
  stage.timers.turn();
  stage.ibb.become_ready();
  stage.iq.reply(stage.iq.take(), answer(kNsIbb, kSoCanI));
  stage.ibb.succeed();
  stage.listener.heard();
  negotiation->delivered({1022, std::nullopt, false});
  const auto done = stage.iq.take();
  SECTION("wrong bytes") {
    stage.iq.refuse(done, to_stanza_error({Errc::HashMismatch, ""}));
    CHECK(stage.listener.heard() == Heard{"ended HashMismatch"});
  }
  SECTION("a session it forgot") {
    stage.iq.refuse(done, StanzaError::of(Condition::ItemNotFound));
    CHECK(stage.listener.heard() == Heard{"ended Interrupted"});
  }
  SECTION("no word in ten minutes: all bytes are there all the same") {
    stage.timers.advance(601s);
    CHECK(stage.listener.heard() == Heard{"completed handed-over"});
  }
  SECTION("our session drops: asked again") {
    stage.iq.disconnect();
    CHECK(stage.listener.heard().empty());
  }
}

TEST_CASE("si out: a refused offer ends with its reason", "[si]") {
  Stage stage;
  auto negotiation = stage.negotiator.offer(offer(), plan(), stage.listener);
  const auto sent = offered(stage);
  SECTION("declined") {
    stage.iq.refuse(sent, StanzaError::of(Condition::Forbidden));
    CHECK(stage.listener.heard() == Heard{"ended Declined"});
  }
  SECTION("no valid streams") {
    stage.iq.refuse(sent, to_stanza_error({Errc::NoCommonMethod, ""}));
    CHECK(stage.listener.heard() == Heard{"ended NoCommonMethod"});
  }
  SECTION("silence") {
    stage.timers.advance(300s);
    CHECK(stage.listener.heard() == Heard{"ended Timeout"});
  }
  SECTION("the peer goes offline meanwhile") {
    stage.negotiator.peer_gone(jid(kJuliet));
    CHECK(stage.listener.heard() == Heard{"ended PeerOffline"});
  }
  SECTION("another resource going offline changes nothing") {
    stage.negotiator.peer_gone(jid("juliet@capulet.lit/garden"));
    CHECK(stage.listener.heard().empty());
  }
  SECTION("a method that was not offered (RELIABILITY SI4)") {
    stage.iq.reply(sent, answer("jabber:iq:oob"));
    CHECK(stage.listener.heard() == Heard{"ended Protocol"});
  }
  SECTION("a range outside the file (RELIABILITY SI2)") {
    stage.iq.reply(sent, answer(kNsIbb, "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'>"
                                        "<range offset='1023'/></file>"));
    CHECK(stage.listener.heard() == Heard{"ended Protocol"});
  }
}

TEST_CASE("si out: a part of the file is sent when the peer asks for it", "[si]") {
  Stage stage;
  auto negotiation = stage.negotiator.offer(offer(), plan(), stage.listener);
  stage.iq.reply(offered(stage), answer(kNsIbb, "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'>"
                                                "<range offset='22' length='1000'/></file>"));
  stage.ibb.succeed();
  CHECK(stage.listener.heard() == Heard{"accepted", "carrier 22+1000 none"});
}

TEST_CASE("si out: when S5B fails, IBB opens with the same sid and nobody is asked again", "[si]") {
  Stage stage;
  auto negotiation = stage.negotiator.offer(offer(), plan(), stage.listener);
  stage.iq.reply(offered(stage), answer(kNsBytestreams));
  stage.s5b.fail();
  REQUIRE(stage.ibb.calls.size() == 1);
  CHECK(stage.ibb.calls[0]->key.sid == stage.s5b.calls[0]->key.sid);
  SECTION("it opens") {
    stage.ibb.succeed();
    CHECK(stage.listener.heard() == Heard{"accepted", "carrier 0+1022 none"});
  }
  SECTION("refused: one new offer with IBB alone, then no more") {
    stage.ibb.fail();
    const auto again = stage.iq.take();
    CHECK(again.payload().to_xml().find(kNsBytestreams) == std::string::npos);
    CHECK(again.payload().attribute_or_empty("id") != stage.s5b.calls[0]->key.sid);
    stage.iq.reply(again, answer(kNsIbb));
    stage.ibb.fail();
    CHECK(stage.listener.heard() == Heard{"accepted", "ended StreamFailed"});
    stage.iq.expect_nothing();
  }
}

TEST_CASE("si out: a method the user left out is neither offered nor fallen back to", "[si]") {
  Stage stage;
  auto negotiation = stage.negotiator.offer(offer(), plan({{"si-socks5", "proxy"}}), stage.listener);
  stage.timers.turn();
  stage.s5b.become_ready();
  const auto sent = stage.iq.take();
  CHECK(sent.payload().to_xml().find(kNsIbb) == std::string::npos);
  stage.iq.reply(sent, answer(kNsBytestreams));
  CHECK_FALSE(stage.s5b.calls[0]->plan.direct);
  CHECK(stage.s5b.calls[0]->plan.proxy);
  stage.s5b.fail();
  CHECK(stage.ibb.calls.empty());
  CHECK(stage.listener.heard() == Heard{"accepted", "ended StreamFailed"});
}

TEST_CASE("si out: ip_policy keeps our addresses from the peer", "[si]") {
  Stage stage;
  auto how = plan();
  how.direct_allowed = false;
  auto negotiation = stage.negotiator.offer(offer(), how, stage.listener);
  stage.iq.reply(offered(stage), answer(kNsBytestreams));
  CHECK_FALSE(stage.s5b.calls[0]->plan.direct);
}

TEST_CASE("si out: destroyed at any moment, it leaves nothing and says nothing more", "[si]") {
  Stage stage;
  auto negotiation = stage.negotiator.offer(offer(), plan(), stage.listener);
  SECTION("before the offer") {}
  SECTION("before the answer") { offered(stage); }
  SECTION("while the stream opens") {
    stage.iq.reply(offered(stage), answer(kNsBytestreams));
    CHECK(stage.s5b.alive() == 1);
  }
  stage.listener.heard();
  negotiation.reset();
  stage.timers.advance(1000s);
  CHECK(stage.s5b.alive() == 0);
  CHECK(stage.listener.heard().empty());
  stage.negotiator.peer_gone(jid(kJuliet));
}

TEST_CASE("si: a peer is reachable with SI, the profile and a method we may use (INTEROP section 2)", "[si]") {
  Stage stage;
  const std::vector<MethodChoice> both{{"si-socks5", ""}, {"si-ibb", ""}};
  auto peer = plan().peer;
  CHECK(stage.negotiator.can_reach(peer, both));
  CHECK(stage.negotiator.can_reach(peer, {{"si-ibb", ""}}));
  peer.features.erase(std::string(kNsIbb));
  CHECK_FALSE(stage.negotiator.can_reach(peer, {{"si-ibb", ""}}));
  peer.features.erase(std::string(kNsSiFile));
  CHECK_FALSE(stage.negotiator.can_reach(peer, both));
  PeerFeatures gajim;  // advertises bytestreams alone
  gajim.features.emplace(kNsBytestreams);
  CHECK_FALSE(stage.negotiator.can_reach(gajim, both));
}

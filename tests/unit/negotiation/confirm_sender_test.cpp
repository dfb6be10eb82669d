// SPDX-License-Identifier: MIT
#include "unit/negotiation/sending.h"

namespace confirm_sender_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

/// Both confirm; all bytes are across.
struct Confirming {
  OfferPlay play;
  std::string sid;

  Confirming() {
    play.confirming();
    play.offer.file.hash.reset();
    const auto sent = play.send();
    REQUIRE(sent.payload().child("confirm", kNsConfirm));
    sid = sent.payload().attribute_or_empty("id");
    play.iq.reply(OfferPlay::answer(kS5b, "", true));
    CHECK(play.s5b.openings[0]->terms.peer_is_xmppftd);
    play.s5b.succeed();
    CHECK(play.job.take() == Heard{"accepted", "carrier si-socks5 0+1022 sha-256"});
    play.job.agreement->delivered({1022, Hash{HashAlgo::Sha256, kSha}, false});
    expect_done();
  }
  void expect_done() {
    play.iq.expect(
        "<iq type='set' to='juliet@capulet.lit/balcony'><done xmlns='urn:xmppft:confirm:0' sid='" +
        sid + "'><hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>" + to_base64(*from_hex(kSha)) +
        "</hash></done></iq>");
  }
};

}  // namespace

TEST_CASE("confirm, sender: the receiver has it, verified and published", "[si][confirm]") {
  Confirming scene;
  scene.play.timers.advance(9min);
  CHECK(scene.play.job.take().empty());
  scene.play.iq.reply();
  CHECK(scene.play.job.take() == Heard{"completed confirmed " + kSha});
  for (const auto& step : scene.play.job.steps) CHECK(step.rfind("unconfirmed", 0) != 0);
}

TEST_CASE("confirm, sender: the receiver says why not", "[si][confirm]") {
  Confirming scene;
  StanzaError error;
  std::string expected;
  SECTION("the hash differs") {
    error = StanzaError::of(Condition::NotAcceptable);
    error.application = Element("hash-mismatch", std::string(kNsConfirm));
    expected = "ended HashMismatch";
  }
  SECTION("no room") {
    error = to_stanza_error(Error{Errc::DiskFull, ""});
    expected = "ended PeerCannotStore";
  }
  SECTION("too much to do") {
    error = StanzaError::of(Condition::ResourceConstraint);
    expected = "ended Interrupted";
  }
  SECTION("it was restarted and knows nothing") {
    error = StanzaError::of(Condition::ItemNotFound);
    expected = "ended Interrupted";
  }
  scene.play.iq.refuse(error);
  CHECK(scene.play.job.take() == Heard{expected});
}

TEST_CASE(
    "confirm, sender: a peer that is there and says nothing for 10 minutes is asked once more",
    "[si][confirm]") {
  Confirming scene;
  scene.play.timers.advance(10min);
  CHECK(scene.play.job.take().empty());
  scene.expect_done();
  SECTION("it had never heard the question, and gave up") {
    scene.play.iq.refuse(Condition::ItemNotFound);
    CHECK(scene.play.job.take() == Heard{"ended Interrupted"});
  }
  SECTION("it still says nothing") {
    scene.play.timers.advance(10min);
    CHECK(scene.play.job.take() == Heard{"completed handed-over"});
    REQUIRE_FALSE(scene.play.job.steps.empty());
    CHECK(scene.play.job.steps.back() ==
          "unconfirmed the peer did not say whether it kept the file");
    scene.play.iq.expect_nothing();
  }
}

TEST_CASE("confirm, sender: asks again while the peer is unreachable, for 10 minutes",
          "[si][confirm]") {
  Confirming scene;
  switch (GENERATE(0, 1, 2)) {
    case 0: scene.play.iq.refuse(Condition::ServiceUnavailable); break;
    case 1: scene.play.negotiator.peer_gone(jid(kPeer)); break;
    case 2: scene.play.negotiator.session_ended(); break;
  }
  CHECK(scene.play.job.take().empty());
  scene.play.timers.advance(5s);
  scene.expect_done();
  SECTION("and is told") {
    scene.play.iq.reply();
    CHECK(scene.play.job.take() == Heard{"completed confirmed " + kSha});
  }
  SECTION("or not") {
    for (int i = 0; i < 119; ++i) {
      scene.play.iq.refuse(Condition::ServiceUnavailable);
      scene.play.timers.advance(5s);
      scene.expect_done();
    }
    CHECK(scene.play.job.take().empty());
    scene.play.iq.refuse(Condition::ServiceUnavailable);
    CHECK(scene.play.job.take() == Heard{"ended Interrupted"});
  }
}

TEST_CASE(
    "confirm, sender: what else comes of a peer that is gone does not put off the next question",
    "[si][confirm]") {
  Confirming scene;
  scene.play.negotiator.peer_gone(jid(kPeer));
  scene.play.timers.advance(4s);
  SECTION("its server returns the question") {
    scene.play.iq.refuse(Condition::ServiceUnavailable);
  }
  SECTION("it goes once more") { scene.play.negotiator.peer_gone(jid(kPeer)); }
  scene.play.timers.advance(1s);
  scene.expect_done();
  scene.play.iq.expect_nothing();
}

TEST_CASE("confirm, sender: not with a peer that did not agree", "[si][confirm]") {
  OfferPlay play;
  play.confirming();
  play.send();
  play.iq.reply(OfferPlay::answer(kS5b));  // no marker in the answer
  play.s5b.succeed();
  CHECK(play.job.take() == Heard{"accepted", "carrier si-socks5 0+1022"});
  play.job.agreement->delivered({1022, std::nullopt, false});
  play.timers.turn();
  CHECK(play.job.take() == Heard{"completed handed-over"});
  play.iq.expect_nothing();
}

TEST_CASE("confirm, sender: the receiver has it of an earlier offer", "[si][confirm]") {
  OfferPlay play;
  const bool confirms = GENERATE(true, false);
  if (confirms) play.confirming();
  play.offer.file_id = "f1";
  const auto sent = play.send();
  const auto* marker = sent.payload().child("confirm", kNsConfirm);
  REQUIRE((marker != nullptr) == confirms);
  if (confirms) CHECK(marker->attribute_or_empty("file-id") == "f1");
  auto error = StanzaError::of(Condition::Conflict);
  error.application = ConfirmDone{"x", Hash{HashAlgo::Sha256, kSha}}.build();
  SECTION("whole") {
    play.iq.refuse(error);
    // Who was not asked cannot have it.
    CHECK(play.job.take() ==
          Heard{confirms ? "completed confirmed " + kSha : std::string("ended StreamFailed")});
  }
  SECTION("words that are broken say nothing") {
    error.application = Element("done", std::string(kNsConfirm));
    play.iq.refuse(error);
    CHECK(play.job.take() == Heard{"ended StreamFailed"});
  }
}

}  // namespace confirm_sender_test

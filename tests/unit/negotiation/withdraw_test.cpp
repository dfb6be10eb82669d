// SPDX-License-Identifier: MIT
// A sender takes back what its receiver holds (xep/confirm.h).
#include "unit/negotiation/sending.h"

namespace withdraw_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

std::string word(const std::string& sid, bool again) {
  return "<iq type='set' to='juliet@capulet.lit/balcony'><withdrawn xmlns='urn:xmppft:confirm:0' "
         "sid='" +
         sid + "'" + (again ? " again='true'" : "") + "/></iq>";
}

/// An offer to a peer of our kind.
struct Offered {
  OfferPlay play;
  std::string sid;

  Offered() {
    play.confirming();
    play.terms.methods = {{"si-socks5", ""}};
    sid = play.send().payload().attribute_or_empty("id");
  }
  void accepted() {
    play.iq.reply(OfferPlay::answer(kS5b, "", true));
    play.job.take();
  }
};

}  // namespace

TEST_CASE("withdraw, sender: says it once, and awaits nothing", "[si][confirm]") {
  Offered scene;
  CHECK(scene.play.job.agreement->open_sid() == scene.sid);
  if (GENERATE(false, true)) scene.accepted();
  scene.play.negotiator.withdraw(jid(kPeer), scene.sid);
  scene.play.iq.expect(word(scene.sid, false));
  scene.play.job.agreement.reset();  // and does not say then that the file is offered again
  scene.play.iq.expect_nothing();
}

TEST_CASE("withdraw, sender: holds nothing that its peer refused, or that is not of our kind",
          "[si][confirm]") {
  SECTION("refused") {
    Offered scene;
    auto negotiation = std::move(scene.play.job.agreement);
    scene.play.iq.refuse(Condition::Forbidden);
    CHECK(scene.play.job.take() == Heard{"ended Declined"});
    CHECK(negotiation->open_sid() == "");
    negotiation.reset();
    scene.play.iq.expect_nothing();
  }
  SECTION("another kind") {
    OfferPlay play;
    play.send();
    CHECK(play.job.agreement->open_sid() == "");
  }
}

TEST_CASE("withdraw, sender: an accepted attempt that failed is given up aloud", "[si][confirm]") {
  Offered scene;
  scene.accepted();
  SECTION("no stream came about") {
    scene.play.s5b.fail(Errc::StreamFailed);
    CHECK(scene.play.job.take() == Heard{"ended StreamFailed"});
  }
  SECTION("it was open, and its owner gave up") {
    scene.play.s5b.succeed();
    scene.play.job.take();
    scene.play.job.agreement.reset();
  }
  scene.play.iq.expect(word(scene.sid, true));
  scene.play.iq.expect_nothing();
}

TEST_CASE("withdraw, sender: an offer that nobody answered stays a question", "[si][confirm]") {
  Offered scene;
  scene.play.timers.advance(5min);
  CHECK(scene.play.job.take() == Heard{"ended Timeout"});
  scene.play.iq.expect_nothing();
}

TEST_CASE("withdraw, sender: \"wait\" is \"not now\" (RFC 6120 s8.3.2)", "[si]") {
  const auto [condition, type, expected] = GENERATE(table<Condition, ErrorType, std::string>({
      {Condition::ResourceConstraint, ErrorType::Wait, "ended Constraint"},
      {Condition::PolicyViolation, ErrorType::Wait, "ended Constraint"},
      {Condition::PolicyViolation, ErrorType::Modify, "ended Declined"},
      {Condition::InternalServerError, ErrorType::Wait, "ended Constraint"},
      {Condition::UndefinedCondition, ErrorType::Wait, "ended Constraint"},
      {Condition::RecipientUnavailable, ErrorType::Wait, "ended PeerOffline"},
      {Condition::RemoteServerTimeout, ErrorType::Wait, "ended PeerOffline"},
      {Condition::Forbidden, ErrorType::Auth, "ended Declined"},
  }));
  OfferPlay play;
  play.send();
  auto error = StanzaError::of(condition);
  error.type = type;
  play.iq.refuse(error);
  CHECK(play.job.take() == Heard{expected});
}

TEST_CASE("disk full: the receiver says whose disk it is, and when there is room",
          "[si][confirm]") {
  SECTION("in its refusal") {
    Offered scene;
    scene.play.iq.refuse(to_stanza_error(Error{Errc::DiskFull, "/home/bob: not enough room"}));
    CHECK(scene.play.job.take() == Heard{"ended PeerCannotStore"});
  }
  SECTION("to a sender of our kind, that awaits no answer") {
    OfferPlay play;
    play.negotiator.say_ready(jid(kPeer));
    play.iq.expect("<iq type='set' to='" + kPeer + "'><ready xmlns='urn:xmppft:confirm:0'/></iq>");
    play.iq.expect_nothing();
  }
  SECTION("which hears it") {
    OfferPlay play;
    play.iq.inject("<iq type='set' id='r1' from='" + kPeer +
                   "'><ready xmlns='urn:xmppft:confirm:0'/></iq>");
    play.iq.expect_result("r1");
    CHECK(play.ready == Heard{kPeer});
  }
}

}  // namespace withdraw_test

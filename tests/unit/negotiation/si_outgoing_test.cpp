// SPDX-License-Identifier: MIT
#include "unit/negotiation/sending.h"

namespace si_outgoing_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

TEST_CASE("si offer: as XEP-0096 example 1, S5B before IBB", "[si]") {
  OfferPlay play;
  play.job.agreement = play.negotiator.offer(play.offer, play.terms, play.job);
  play.timers.turn();
  play.iq.expect(
      "<iq type='set' to='juliet@capulet.lit/balcony'>"
      "<si xmlns='http://jabber.org/protocol/si' id='*' "
      "profile='http://jabber.org/protocol/si/profile/file-transfer'>"
      "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' name='test.txt' "
      "size='1022'"
      " date='1970-01-01T00:01:01Z' hash='552da749930852c69ae5d2141d3766b1'><range/></file>"
      "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
      "type='form'>"
      "<field var='stream-method' type='list-single'>"
      "<option><value>http://jabber.org/protocol/bytestreams</value></option>"
      "<option><value>http://jabber.org/protocol/ibb</value></option>"
      "</field></x></feature></si></iq>");
}

TEST_CASE("si offer: waits until the first stanza of a stream could leave at once (Smack)",
          "[si]") {
  OfferPlay play;
  play.s5b.never_ready = true;
  play.job.agreement = play.negotiator.offer(play.offer, play.terms, play.job);
  play.timers.advance(4s);
  play.iq.expect_nothing();
  CHECK(play.s5b.prepared == 1);
}

TEST_CASE("si offer: accepted, streamed, handed over", "[si]") {
  OfferPlay play;
  const auto sent = play.send();
  const std::string sid(sent.payload().attribute_or_empty("id"));
  CHECK(sid.size() == 32);
  play.iq.reply(OfferPlay::answer(kS5b));
  CHECK(play.job.take() == Heard{"accepted"});
  REQUIRE(play.s5b.openings.size() == 1);
  CHECK(play.s5b.openings[0]->out);
  CHECK(play.s5b.openings[0]->key.sid == sid);
  CHECK(play.s5b.openings[0]->key.self == jid(kUs));
  CHECK(play.s5b.openings[0]->key.peer == jid(kPeer));
  CHECK(play.s5b.openings[0]->terms.direct);
  CHECK(play.s5b.openings[0]->terms.proxy);
  CHECK_FALSE(play.s5b.openings[0]->terms.peer_is_xmppftd);
  auto stream = play.s5b.succeed();
  CHECK(play.job.take() == Heard{"carrier si-socks5 0+1022"});
  Moved moved{1022, std::nullopt, false};
  SECTION("S5B has no end-to-end acknowledgement") {
    play.job.agreement->delivered(moved);
    CHECK(play.job.take().empty());  // never from inside
    play.timers.turn();
    CHECK(play.job.take() == Heard{"completed handed-over"});
  }
  SECTION("IBB has") {
    moved.acknowledged = true;
    play.job.agreement->delivered(moved);
    play.timers.turn();
    CHECK(play.job.take() == Heard{"completed confirmed"});
  }
  play.iq.expect_nothing();
}

TEST_CASE("si offer: what the refusals mean", "[si]") {
  OfferPlay play;
  play.send();
  StanzaError error;
  std::string expected;
  SECTION("declined") {
    error = StanzaError::of(Condition::Forbidden);
    expected = "ended Declined";
  }
  SECTION("no valid streams") {
    error = StanzaError::of(Condition::BadRequest);
    error.application = Element("no-valid-streams", std::string(kNsSi));
    expected = "ended NoCommonMethod";
  }
  SECTION("bad profile") {
    error = StanzaError::of(Condition::BadRequest);
    error.application = Element("bad-profile", std::string(kNsSi));
    expected = "ended PeerUnsupported";
  }
  SECTION("a bare bad-request (QXmpp)") {
    error = StanzaError::of(Condition::BadRequest);
    expected = "ended NoCommonMethod";
  }
  SECTION("bounced") {
    error = StanzaError::of(Condition::ServiceUnavailable);
    expected = "ended PeerOffline";
  }
  play.iq.refuse(error);
  CHECK(play.job.take() == Heard{expected});
  CHECK(play.timers.running() == 0);
}

TEST_CASE("si offer: nobody answers (Pidgin, Smack without listener)", "[si]") {
  OfferPlay play;
  play.terms.answer_within = 90s;
  play.send();
  play.timers.advance(90s);
  CHECK(play.job.take() == Heard{"ended Timeout"});
}

TEST_CASE("si offer: a surprise in the answer is refused (SI4, SI2)", "[si]") {
  OfferPlay play;
  std::string answer;
  SECTION("a method not offered") {
    play.terms.methods = {{"si-ibb", ""}};
    answer = OfferPlay::answer(kS5b);
  }
  SECTION("no method") { answer = OfferPlay::answer(""); }
  SECTION("an offset beyond the end") {
    answer = OfferPlay::answer(kIbb,
                               "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'>"
                               "<range offset='1023'/></file>");
  }
  SECTION("a length beyond the end") {
    answer = OfferPlay::answer(kIbb,
                               "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'>"
                               "<range offset='1000' length='23'/></file>");
  }
  SECTION("a number that is none") {
    answer = OfferPlay::answer(kIbb,
                               "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'>"
                               "<range offset='0x10'/></file>");
  }
  SECTION("a range that was not offered") {
    play.offer.ranges = false;
    answer = OfferPlay::answer(kIbb,
                               "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'>"
                               "<range offset='10'/></file>");
  }
  play.send();
  play.iq.reply(answer);
  CHECK(play.job.take() == Heard{"ended Protocol"});
  CHECK(play.s5b.openings.empty());
  CHECK(play.ibb.openings.empty());
}

TEST_CASE("si offer: the part that was asked for is sent", "[si]") {
  OfferPlay play;
  play.confirming();
  play.send();
  play.iq.reply(
      OfferPlay::answer(kIbb,
                        "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'>"
                        "<range offset='1000' length='20'/></file>",
                        true));
  play.ibb.succeed();
  CHECK(play.job.take() == Heard{"accepted", "carrier si-ibb 1000+20"});  // no digest of a part
}

TEST_CASE("si offer: the methods of the job, as far as they are allowed", "[si]") {
  OfferPlay play;
  SECTION("the job's order counts") {
    play.terms.methods = {{"si-ibb", ""}, {"si-socks5", ""}};
    CHECK(OfferPlay::methods_of(play.send()) == Heard{kIbb, kS5b});
  }
  SECTION("routes of one method are one option") {
    play.terms.methods = {{"si-socks5", "direct"}, {"si-ibb", ""}, {"si-socks5", "proxy"}};
    CHECK(OfferPlay::methods_of(play.send()) == Heard{kS5b, kIbb});
    play.iq.reply(OfferPlay::answer(kS5b));
    CHECK(play.s5b.openings[0]->terms.direct);
    CHECK(play.s5b.openings[0]->terms.proxy);
  }
  SECTION("one route only") {
    play.terms.methods = {{"si-socks5", "proxy"}};
    CHECK(OfferPlay::methods_of(play.send()) == Heard{kS5b});
    play.iq.reply(OfferPlay::answer(kS5b));
    CHECK_FALSE(play.s5b.openings[0]->terms.direct);
    CHECK(play.s5b.openings[0]->terms.proxy);
  }
  SECTION("ip_policy hides our address") {
    play.terms.direct_allowed = false;
    play.send();
    play.iq.reply(OfferPlay::answer(kS5b));
    CHECK_FALSE(play.s5b.openings[0]->terms.direct);
  }
  SECTION("nothing is left") {
    play.terms.methods = {{"si-socks5", "direct"}};
    play.terms.direct_allowed = false;
    play.job.agreement = play.negotiator.offer(play.offer, play.terms, play.job);
    CHECK(play.job.take().empty());
    play.timers.turn();
    CHECK(play.job.take() == Heard{"ended NoCommonMethod"});
    CHECK(play.job.ended->detail.find("ip_policy") != std::string::npos);
    play.iq.expect_nothing();
  }
  SECTION("an empty file goes in-band (QXmpp, Smack)") {
    play.offer.file.size = 0;
    CHECK(OfferPlay::methods_of(play.send()) == Heard{kIbb});
  }
  SECTION("or by S5B where there is nothing else") {
    play.offer.file.size = 0;
    play.terms.methods = {{"si-socks5", ""}};
    CHECK(OfferPlay::methods_of(play.send()) == Heard{kS5b});
  }
}

TEST_CASE("si offer: a method that cannot be opened is not offered, and that is told", "[si]") {
  OfferPlay play;
  const auto code = GENERATE(Errc::NoCommonMethod, Errc::StreamFailed);
  play.s5b.usable = Error{code, "no SOCKS5 proxy is known"};
  SECTION("another one is left") {
    CHECK(OfferPlay::methods_of(play.send()) == Heard{kIbb});
    CHECK(play.job.steps == Heard{"not offered si-socks5: no SOCKS5 proxy is known"});
    play.iq.reply(OfferPlay::answer(kIbb));
    play.ibb.succeed();
    CHECK(play.job.take() == Heard{"accepted", "carrier si-ibb 0+1022"});
  }
  SECTION("none is left") {
    play.terms.methods = {{"si-socks5", "proxy"}};
    play.job.agreement = play.negotiator.offer(play.offer, play.terms, play.job);
    play.timers.turn();
    play.iq.expect_nothing();
    CHECK(play.job.take() == Heard{"ended " + std::string(to_string(code))});
    CHECK(play.job.ended->detail == "no SOCKS5 proxy is known");
  }
}

TEST_CASE("si offer: who confirms", "[si]") {
  OfferPlay play;
  CHECK_FALSE(play.negotiator.confirms(play.terms.peer));
  play.confirming();
  CHECK(play.negotiator.confirms(play.terms.peer));
}

TEST_CASE("si offer: carries what it has a transport for", "[si]") {
  OfferPlay play;
  for (const auto& method : all_methods())
    CHECK(play.negotiator.carries(method) == (method.family == play.negotiator.family()));
  const SiNegotiator in_band_only({play.iq, play.timers, {&play.ibb}}, play);
  CHECK(in_band_only.carries(*find_method(kNsSi, kNsIbb)));
  CHECK_FALSE(in_band_only.carries(*find_method(kNsSi, kNsBytestreams)));
}

// ---- fallback -----------------------------------------------------------------------------------

TEST_CASE("si fallback: any S5B failure goes on in-band with the same sid (Pidgin)",
          "[si][fallback]") {
  OfferPlay play;
  const auto sent = play.send();
  play.iq.reply(OfferPlay::answer(kS5b));
  play.s5b.fail(GENERATE(Errc::StreamFailed, Errc::Timeout, Errc::PeerOffline));
  REQUIRE(play.ibb.openings.size() == 1);
  CHECK(play.ibb.openings[0]->key.sid == sent.payload().attribute_or_empty("id"));
  CHECK(play.s5b.alive() == 0);
  CHECK(play.job.steps.size() == 3);  // chosen, failed, fallback
  play.ibb.succeed();
  CHECK(play.job.take() == Heard{"accepted", "carrier si-ibb 0+1022"});
  play.iq.expect_nothing();
}

TEST_CASE("si fallback: refused, so one new offer of IBB alone", "[si][fallback]") {
  OfferPlay play;
  const auto first = play.send();
  play.iq.reply(OfferPlay::answer(kS5b));
  play.s5b.fail(Errc::StreamFailed);
  play.ibb.fail(Errc::StreamFailed);
  const auto second = play.iq.take();
  CHECK(OfferPlay::methods_of(second) == Heard{kIbb});
  CHECK(second.payload().attribute_or_empty("id") != first.payload().attribute_or_empty("id"));
  play.iq.reply(OfferPlay::answer(kIbb));
  CHECK(play.ibb.openings.back()->key.sid == second.payload().attribute_or_empty("id"));
  SECTION("which works") {
    play.ibb.succeed();
    CHECK(play.job.take() == Heard{"accepted", "carrier si-ibb 0+1022"});
  }
  SECTION("or is the end") {
    play.ibb.fail(Errc::StreamFailed);
    CHECK(play.job.take() == Heard{"accepted", "ended StreamFailed"});
  }
  play.iq.expect_nothing();
}

TEST_CASE("si fallback: not where there is no way on", "[si][fallback]") {
  OfferPlay play;
  play.terms.methods = {{"si-socks5", ""}};
  play.send();
  play.iq.reply(OfferPlay::answer(kS5b));
  play.s5b.fail(Errc::StreamFailed);
  CHECK(play.job.take() == Heard{"accepted", "ended StreamFailed"});
  CHECK(play.ibb.openings.empty());
}

TEST_CASE("si fallback: not without a session, and not from IBB", "[si][fallback]") {
  OfferPlay play;
  play.send();
  SECTION("offline") {
    play.iq.reply(OfferPlay::answer(kS5b));
    play.s5b.fail(Errc::NotOnline);
    CHECK(play.job.take() == Heard{"accepted", "ended NotOnline"});
  }
  SECTION("the peer chose IBB") {
    play.iq.reply(OfferPlay::answer(kIbb));
    play.ibb.fail(Errc::StreamFailed);
    CHECK(play.job.take() == Heard{"accepted", "ended StreamFailed"});
  }
  play.iq.expect_nothing();
}

// ---- ends ---------------------------------------------------------------------------------------

TEST_CASE("si offer: the peer or our session goes away", "[si]") {
  OfferPlay play;
  const bool answered = GENERATE(false, true);
  play.send();
  if (answered) play.iq.reply(OfferPlay::answer(kS5b));
  play.job.take();
  SECTION("the peer") {
    play.negotiator.peer_gone(jid("juliet@capulet.lit/chamber"));
    CHECK(play.job.take().empty());
    play.negotiator.peer_gone(jid(kPeer));
    CHECK(play.job.take() == Heard{"ended PeerOffline"});
  }
  SECTION("the session") {
    play.negotiator.session_ended();
    CHECK(play.job.take() == Heard{"ended NotOnline"});
  }
  CHECK(play.s5b.alive() == 0);
  CHECK(play.timers.running() == 0);
}

TEST_CASE("si offer: an open stream survives both (R10)", "[si]") {
  OfferPlay play;
  play.send();
  play.iq.reply(OfferPlay::answer(kS5b));
  const auto stream = play.s5b.succeed();
  play.job.take();
  play.negotiator.peer_gone(jid(kPeer));
  play.negotiator.session_ended();
  CHECK(play.job.take().empty());
  CHECK(stream->alive);
}

TEST_CASE("si offer: cancelled in any state nothing is left and nobody is called", "[si]") {
  const int state = GENERATE(range(0, 6));
  OfferPlay play;
  play.confirming();
  play.job.agreement = play.negotiator.offer(play.offer, play.terms, play.job);
  if (state > 0) play.timers.turn();
  if (state > 1) {
    play.iq.take();
    play.iq.reply(OfferPlay::answer(kS5b, "", true));
  }
  if (state > 2) play.s5b.fail(Errc::StreamFailed);
  if (state > 3) play.ibb.succeed();
  if (state > 4) play.job.agreement->delivered({1022, std::nullopt, false});
  play.job.take();
  play.job.carrier.reset();
  play.job.agreement.reset();
  play.timers.advance(20min);
  CHECK(play.job.take().empty());
  CHECK(play.s5b.alive() + play.ibb.alive() == 0);
  CHECK(play.timers.running() == 0);
}

}  // namespace si_outgoing_test

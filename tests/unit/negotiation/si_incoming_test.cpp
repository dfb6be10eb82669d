// SPDX-License-Identifier: MIT
#include "unit/negotiation/receiving.h"

namespace si_incoming_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

TEST_CASE("si incoming: the offer as we show it", "[si]") {
  AcceptPlay play;
  play.file =
      "name='..\\..\\secret/test.txt' size='1022' date='1969-07-21T02:56:15Z' "
      "hash='552DA749930852C69AE5D2141D3766B1'";
  play.inside = "<desc>This is a test.</desc><range/>";
  play.arrive();
  REQUIRE(play.offers.size() == 1);
  const auto& offer = play.offers[0]->offer();
  CHECK(offer.peer == jid(kPeer));
  CHECK(offer.file.name == "test.txt");
  CHECK(offer.file.size == 1022);
  CHECK(offer.file.description == "This is a test.");
  CHECK(offer.file.hash == Hash{HashAlgo::Md5, kMd5});
  CHECK(offer.ranges);
  play.iq.expect_nothing();  // until a human answers
}

TEST_CASE("si incoming: accepted by our own preference, not the sender's (QXmpp, gloox)", "[si]") {
  AcceptPlay play;
  play.methods = {kIbb, "jabber:iq:oob", kS5b};
  play.arrive();
  play.accept();
  play.iq.expect_result("offer1", play.answer(kS5b));
  REQUIRE(play.s5b.openings.size() == 1);
  const auto& opening = *play.s5b.openings[0];
  CHECK_FALSE(opening.out);
  CHECK(opening.key.sid == "a0");
  CHECK(opening.key.self == jid(kUs));
  CHECK(opening.key.peer == jid(kPeer));
  CHECK(opening.terms.direct);
  CHECK_FALSE(opening.terms.own_proxy_only);

  auto stream = play.s5b.succeed();
  CHECK(play.job.take() == Heard{"carrier si-socks5 0+1022 md5"});
  play.deliver(*stream);
  CHECK(play.job.take().empty());
  play.timers.turn();
  CHECK(play.job.take() == Heard{"declared md5 " + kMd5});
  play.job.agreement->complete();
  CHECK(play.job.take().empty());
  play.timers.turn();
  CHECK(play.job.take() == Heard{"completed"});
  play.iq.expect_nothing();
  CHECK(play.timers.running() == 0);
}

TEST_CASE("si incoming: our own address is the one the sender wrote (gabble)", "[si]") {
  AcceptPlay play;
  play.iq.inject(
      "<iq type='set' id='offer1' from='" + kPeer +
      "' to='romeo@montague.lit/other'>"
      "<si xmlns='http://jabber.org/protocol/si' id='a0' "
      "profile='http://jabber.org/protocol/si/profile/file-transfer'>"
      "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' name='x' size='1'/>"
      "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
      "type='form'>"
      "<field var='stream-method' type='list-single'><option><value>" +
      kS5b + "</value></option></field></x></feature></si></iq>");
  play.accept();
  CHECK(play.s5b.openings.at(0)->key.self == jid("romeo@montague.lit/other"));
}

TEST_CASE("si incoming: only a part, where the offer allows parts", "[si]") {
  AcceptPlay play;
  IncomingOffer::Terms terms;
  terms.range = {1000, 22};
  SECTION("to the end") {
    play.arrive();
    play.accept(terms);
    play.iq.expect_result("offer1", play.answer(kS5b, "<range offset='1000'/>"));
    play.s5b.succeed();
    CHECK(play.job.take() ==
          Heard{"carrier si-socks5 1000+22 md5"});  // of all, for it ends with the file
  }
  SECTION("from the middle") {
    terms.range = {500, 10};
    play.arrive();
    play.accept(terms);
    play.iq.expect_result("offer1", play.answer(kS5b, "<range offset='500' length='10'/>"));
  }
  SECTION("never without <range/> in the offer: QXmpp would send from 0") {
    play.inside = "";
    play.arrive();
    play.accept(terms);
    play.iq.expect_result("offer1", play.answer(kS5b));
    play.s5b.succeed();
    CHECK(play.job.take() == Heard{"carrier si-socks5 0+1022 md5"});
  }
}

TEST_CASE("si incoming: what is here already is told so, with its hash", "[si][confirm]") {
  AcceptPlay play;
  play.arrive();
  const auto hash = Digest::of(HashAlgo::Sha256, view_of("x"));
  play.offers[0]->have_it(hash);
  const auto sent = play.iq.take();
  const auto answer = Iq::parse(sent.stanza);
  REQUIRE(answer);
  REQUIRE(answer->error);
  const auto& error = *answer->error;
  CHECK(error.type == ErrorType::Cancel);
  CHECK(error.condition == Condition::Conflict);
  REQUIRE(error.application);
  const auto done = ConfirmDone::parse(*error.application);
  REQUIRE(done);
  CHECK(done->sid == "a0");
  CHECK(done->hash == hash);
}

TEST_CASE("si incoming: declined with the words of the protocol", "[si]") {
  AcceptPlay play;
  play.arrive();
  Condition expected = Condition::Forbidden;
  SECTION("by the user") { play.offers[0]->decline({Errc::Declined, ""}); }
  SECTION("by policy") { play.offers[0]->decline({Errc::Policy, ""}); }
  SECTION("by nobody in time") { play.offers[0]->decline({Errc::Timeout, ""}); }
  SECTION("after it was cancelled") { play.offers[0]->decline({Errc::Cancelled, ""}); }
  SECTION("for want of room") {
    play.offers[0]->decline({Errc::Constraint, ""});
    expected = Condition::ResourceConstraint;
  }
  SECTION("by being dropped") { play.offers.clear(); }
  play.iq.expect_error("offer1", expected);
  play.offers.clear();
  play.iq.expect_nothing();
}

TEST_CASE("si incoming: bad offers are refused and shown to nobody", "[si]") {
  AcceptPlay play;
  std::string application;
  SECTION("another profile") {
    play.profile = "http://jabber.org/protocol/si/profile/tree-transfer";
    application = "bad-profile";
  }
  SECTION("no method we know") {
    play.methods = {"jabber:iq:oob"};
    application = "no-valid-streams";
  }
  SECTION("no method") {
    play.methods = {};
    application = "no-valid-streams";
  }
  SECTION("no name") { play.file = "size='1022'"; }
  SECTION("a size that is none (SI2)") {
    play.file = "name='x' size='" +
                GENERATE(values<std::string>({"-1", "0x10", " 5", "1e3", "9223372036854775808"})) +
                "'";
  }
  SECTION("no sid") { play.sid = ""; }
  SECTION("a sid of 1025 bytes") { play.sid = std::string(1025, 'x'); }
  play.arrive();
  const auto refused = play.iq.take();
  const auto iq = Iq::parse(refused.stanza);
  REQUIRE(iq.ok());
  REQUIRE(iq->error);
  CHECK(iq->error->condition == Condition::BadRequest);
  CHECK((iq->error->application ? iq->error->application->name : "") == application);
  CHECK(play.offers.empty());
}

TEST_CASE("si incoming: ip_policy goes into the stream's terms", "[si]") {
  AcceptPlay play;
  play.arrive();
  IncomingOffer::Terms terms;
  terms.range = {0, 1022};
  SECTION("no direct connections") {
    terms.direct_allowed = false;
    play.accept(terms);
    CHECK_FALSE(play.s5b.openings.at(0)->terms.direct);
  }
  SECTION("our own proxy only") {
    terms.own_proxy_only = true;
    play.accept(terms);
    CHECK(play.s5b.openings.at(0)->terms.own_proxy_only);
  }
  SECTION("in-band only") {
    terms.streams_allowed = false;
    play.accept(terms);
    play.iq.expect_result("offer1", play.answer(kIbb));
    CHECK(play.s5b.openings.empty());
  }
}

TEST_CASE("si incoming: in-band only, and the sender cannot", "[si]") {
  AcceptPlay play;
  play.methods = {kS5b};
  play.arrive();
  IncomingOffer::Terms terms;
  terms.streams_allowed = false;
  play.accept(terms);
  CHECK(play.job.take().empty());
  play.iq.expect_error("offer1", Condition::BadRequest);
  play.timers.turn();
  CHECK(play.job.take() == Heard{"ended NoCommonMethod"});
}

TEST_CASE("si incoming: an empty file comes in-band where it can (QXmpp)", "[si]") {
  AcceptPlay play;
  play.file = "name='empty'";  // QXmpp leaves size='0' out
  play.arrive();
  CHECK(play.offers.at(0)->offer().file.size == 0);
  play.accept();
  play.iq.expect_result("offer1", play.answer(kIbb));
  play.ibb.succeed();
  CHECK(play.job.take() == Heard{"carrier si-ibb 0+0"});
}

// ---- fallback -----------------------------------------------------------------------------------

TEST_CASE("si incoming: S5B fails, the sender goes on in-band with the same sid",
          "[si][fallback]") {
  AcceptPlay play;
  play.methods = {kS5b};  // Pidgin falls back though it did not offer IBB
  play.arrive();
  play.accept();
  play.iq.expect_result("offer1", play.answer(kS5b));
  REQUIRE(play.ibb.openings.size() == 1);
  CHECK(play.ibb.openings[0]->key.sid == "a0");
  play.s5b.fail(Errc::StreamFailed);
  CHECK(play.job.take().empty());
  SECTION("in time") {
    play.timers.advance(59s);
    play.ibb.succeed();
    CHECK(play.job.take() == Heard{"carrier si-ibb 0+1022 md5"});
    play.timers.advance(10min);
    CHECK(play.job.take().empty());
  }
  SECTION("or not") {
    play.timers.advance(60s);
    CHECK(play.job.take() == Heard{"ended StreamFailed"});
  }
  CHECK(play.s5b.alive() + play.ibb.alive() == 0);
}

TEST_CASE("si incoming: or does not try S5B at all", "[si][fallback]") {
  AcceptPlay play;
  play.arrive();
  play.accept();
  play.ibb.succeed();
  CHECK(play.job.take() == Heard{"carrier si-ibb 0+1022 md5"});
  CHECK(play.s5b.alive() == 0);
}

TEST_CASE("si incoming: the stream looked open but the sender's proxy said no", "[si][fallback]") {
  AcceptPlay play;
  const auto first = play.stream();
  REQUIRE(play.job.carrier);
  CHECK(play.job.carrier->label().method == "si-socks5");
  REQUIRE(play.ibb.alive() == 1);

  SECTION("IBB opens while not a byte has come") {
    const auto second = play.ibb.succeed();
    CHECK_FALSE(first->alive);
    CHECK(play.job.carrier->label().method == "si-ibb");
    CHECK(second->digest == HashAlgo::Md5);
    CHECK(second->range == ByteRange{0, 1022});
    second->progress.bytes = 7;
    CHECK(play.job.carrier->progress().bytes == 7);
    second->end(Moved{1022, std::nullopt, false});
    REQUIRE(play.job.moved.has_value());
    CHECK(play.job.moved->ok());
  }
  SECTION("IBB opens after the first stream broke") {
    first->end(Error{Errc::Interrupted, "EOF"});
    CHECK_FALSE(play.job.moved.has_value());
    play.timers.advance(59s);
    const auto second = play.ibb.succeed();
    second->end(Moved{1022, std::nullopt, false});
    REQUIRE(play.job.moved.has_value());
    CHECK(play.job.moved->ok());
  }
  SECTION("nothing opens after the first stream broke") {
    first->end(Error{Errc::Interrupted, "EOF"});
    play.timers.advance(60s);
    REQUIRE(play.job.moved.has_value());
    CHECK(play.job.moved->error().code == Errc::Interrupted);
    CHECK(play.ibb.alive() == 0);
  }
  SECTION("bytes have come: what opens now is closed again") {
    first->progress.bytes = 1;
    const auto second = play.ibb.succeed();
    CHECK(first->alive);
    CHECK_FALSE(second->alive);
    first->end(Error{Errc::Interrupted, "reset"});
    REQUIRE(play.job.moved.has_value());
    CHECK(play.job.moved->error().code == Errc::Interrupted);
  }
  SECTION("bytes have come: a broken stream is reported at once") {
    first->progress.bytes = 1;
    first->end(Error{Errc::Interrupted, "reset"});
    CHECK(play.job.moved.has_value());
    CHECK(play.ibb.alive() == 0);
  }
  SECTION("all is well") {
    first->end(Moved{1022, std::nullopt, false});
    CHECK(play.job.moved->ok());
    CHECK(play.ibb.alive() == 0);
  }
  SECTION("the job gives up") {
    play.job.carrier.reset();
    play.job.agreement.reset();
    CHECK(play.ibb.alive() == 0);
    CHECK(play.timers.running() == 0);
  }
}

TEST_CASE("si incoming: the sender never opens a stream (gloox)", "[si]") {
  AcceptPlay play;
  play.arrive();
  play.accept();
  play.timers.advance(159s);
  CHECK(play.job.take().empty());
  play.timers.advance(1s);
  CHECK(play.job.take() == Heard{"ended Timeout"});
  CHECK(play.s5b.alive() + play.ibb.alive() == 0);
}

// ---- ends ---------------------------------------------------------------------------------------

TEST_CASE("si incoming: the sender vanishes before, and after, the stream is open", "[si]") {
  AcceptPlay play;
  play.arrive();
  play.accept();
  SECTION("before") {
    play.negotiator.peer_gone(jid(kPeer));
    CHECK(play.job.take() == Heard{"ended Interrupted"});
    CHECK(play.s5b.alive() + play.ibb.alive() == 0);
  }
  SECTION("after: the stream goes on (R10)") {
    const auto stream = play.s5b.succeed();
    play.job.take();
    play.negotiator.peer_gone(jid(kPeer));
    play.negotiator.session_ended();
    CHECK(play.job.take().empty());
    CHECK(stream->alive);
  }
}

TEST_CASE("si incoming: cancelled in any state nothing is left and nobody is called", "[si]") {
  const int state = GENERATE(range(0, 4));
  AcceptPlay play;
  play.confirm = true;
  play.arrive();
  play.accept();
  play.iq.expect_result("offer1", "*");
  std::shared_ptr<FakeCarrier::State> stream;
  if (state > 0) stream = play.s5b.succeed();
  if (state > 1) play.deliver(*stream);
  if (state > 2) play.done("d1");
  play.job.take();
  play.job.carrier.reset();
  play.job.agreement.reset();
  if (state > 2) play.iq.expect_error("d1", Condition::ItemNotFound);
  play.timers.advance(20min);
  CHECK(play.job.take().empty());
  CHECK(play.s5b.alive() + play.ibb.alive() == 0);
  CHECK(play.timers.running() == 0);
  play.iq.expect_nothing();
}

}  // namespace si_incoming_test

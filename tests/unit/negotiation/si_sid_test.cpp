// SPDX-License-Identifier: MIT
// A stream is its peer and its sid (SI1).
#include "unit/negotiation/receiving.h"

namespace si_sid_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

TEST_CASE("si incoming: one live offer a peer and sid (SI1)", "[si]") {
  AcceptPlay play;
  play.arrive();
  play.arrive("offer2");
  play.iq.expect_error("offer2", Condition::NotAcceptable);
  play.arrive("offer3", "nurse@capulet.lit/hall");  // sids are each peer's own
  CHECK(play.offers.size() == 2);
  play.offers.resize(1);
  play.iq.expect_error("offer3", Condition::Forbidden);

  SECTION("the same IQ gets the same answer, before") {
    play.arrive("offer1");
    play.iq.expect_nothing();
    play.accept();
    play.iq.expect_result("offer1", play.answer(kS5b));
    play.iq.expect_result("offer1", play.answer(kS5b));
  }
  SECTION("and after") {
    play.accept();
    play.iq.expect_result("offer1", play.answer(kS5b));
    play.arrive("offer1");
    play.iq.expect_result("offer1", play.answer(kS5b));
    CHECK(play.s5b.openings.size() == 1);
  }
  SECTION("a finished sid is free for a new offer, which needs a new accept (Psi's have 16 bits)") {
    play.offers.clear();
    play.iq.expect_error("offer1", Condition::Forbidden);
    play.arrive("offer4");
    CHECK(play.offers.size() == 1);
    play.iq.expect_nothing();
  }
}

TEST_CASE("si incoming: any text is a sid, to the end of its session", "[si][sid]") {
  for (const auto& sid : opaque_sids()) {
    INFO(sid);
    AcceptPlay play;
    play.sid = sid;
    play.confirm = true;
    auto stream = play.stream();
    CHECK(play.s5b.openings.at(0)->key.sid == sid);
    play.arrive("offer2");
    play.iq.expect_error("offer2", Condition::NotAcceptable);
    play.deliver(*stream);
    play.done("d1");
    CHECK(play.job.take() == Heard{"declared sha-256 " + kSha});
    play.job.agreement->complete();
    play.iq.expect_result("d1");
    play.timers.turn();
    play.iq.expect_nothing();
  }
}

TEST_CASE("si incoming: sids that look alike are not the same", "[si][sid]") {
  AcceptPlay play;
  std::size_t count = 0;
  for (const auto& sid : opaque_sids()) {
    play.sid = sid;
    play.arrive("offer" + std::to_string(++count));
    CHECK(play.offers.size() == count);
  }
  play.iq.expect_nothing();
}

TEST_CASE("si incoming: a sid that ended may be used again in the same session", "[si][sid]") {
  AcceptPlay play;
  play.confirm = GENERATE(false, true);
  play.arrive();
  SECTION("declined") {
    play.offers[0]->decline({Errc::Declined, ""});
    play.iq.take();
  }
  SECTION("no stream was opened") {
    play.accept();
    play.timers.advance(160s);
    play.iq.take();
  }
  SECTION("the sender went offline") {
    play.accept();
    play.negotiator.peer_gone(jid(kPeer));
    play.iq.take();
  }
  SECTION("cancelled here") {
    play.accept();
    play.job.agreement.reset();
    play.iq.take();
  }
  SECTION("cancelled in mid-stream") {
    play.accept();
    auto stream = play.s5b.succeed();
    play.job.carrier.reset();
    play.job.agreement.reset();
    play.iq.take();
  }
  SECTION("all bytes came, and the file is being put in place") {
    play.accept();
    auto stream = play.s5b.succeed();
    play.iq.take();
    play.deliver(*stream);
    if (play.confirm) {
      play.done("d1");
      play.job.agreement->complete();
      play.iq.expect_result("d1");
    }
  }
  SECTION("it was not what was offered") {
    play.accept();
    auto stream = play.s5b.succeed();
    play.iq.take();
    play.deliver(*stream);
    if (play.confirm) play.done("d1");
    play.job.agreement->fail({Errc::HashMismatch, ""});
    if (play.confirm) play.iq.expect_error("d1", Condition::NotAcceptable);
  }
  play.offers.clear();
  play.iq.expect_nothing();

  auto first = std::move(play.job.agreement);  // as long as its owner likes
  play.file = "name='another.txt' size='1022'";
  play.arrive("offer2");
  REQUIRE(play.offers.size() == 1);
  CHECK(play.offers[0]->offer().file.name == "another.txt");
  if (play.confirm) {
    play.done("d2");  // how the first one ended is no answer for this one
    play.iq.expect_error("d2", Condition::ItemNotFound);
  }
  first.reset();
  play.job.carrier.reset();
  play.job.moved.reset();
  play.job.take();
  auto stream = [&] {
    play.accept();
    play.iq.expect_result("offer2", play.answer(kS5b));
    return play.s5b.succeed();
  }();
  play.arrive("offer3");  // it is taken again
  play.iq.expect_error("offer3", Condition::NotAcceptable);
  play.deliver(*stream);
  if (play.confirm)
    play.done("d3");
  else
    play.timers.turn();
  play.job.agreement->complete();
  if (play.confirm) play.iq.expect_result("d3");
  play.timers.turn();
  CHECK(play.job.take().back() == "completed");
}

TEST_CASE("si incoming: a live sid used again is refused and does the first no harm", "[si][sid]") {
  AcceptPlay play;
  auto stream = play.stream();
  play.file = "name='another.txt' size='5'";
  play.arrive("offer2");
  play.iq.expect_error("offer2", Condition::NotAcceptable);
  play.arrive("offer1");  // even with the id of the first one
  play.iq.expect_error("offer1", Condition::NotAcceptable);
  CHECK(play.offers.empty());
  CHECK(stream->alive);
  play.deliver(*stream);
  play.timers.turn();
  CHECK(play.job.take() == Heard{"declared md5 " + kMd5});
}

TEST_CASE("si incoming: two peers, and two resources of one, may use one sid at once",
          "[si][sid]") {
  AcceptPlay play;
  const std::vector<std::string> peers{kPeer, "juliet@capulet.lit/chamber",
                                       "nurse@capulet.lit/hall"};
  std::vector<ReceiveJob> jobs(peers.size());
  for (std::size_t i = 0; i < peers.size(); ++i) {
    play.arrive("offer" + std::to_string(i), peers[i]);
    REQUIRE(play.offers.size() == 1);
    auto offer = std::move(play.offers.front());
    play.offers.clear();
    jobs[i].agreement = offer->accept({{0, 1022}}, jobs[i]);
    play.iq.expect_result("offer" + std::to_string(i), play.answer(kS5b));
    CHECK(play.s5b.openings.at(i)->key.peer == jid(peers[i]));
  }
  jobs[1].agreement.reset();
  play.s5b.succeed();
  CHECK(jobs[2].take() == Heard{"carrier si-socks5 0+1022 md5"});
  CHECK(jobs[0].take().empty());
  play.arrive("again", peers[0]);
  play.iq.expect_error("again", Condition::NotAcceptable);
  for (auto& job : jobs) {
    job.carrier.reset();
    job.agreement.reset();
  }
}

TEST_CASE("si incoming: an offer that our own session's end left unanswered frees its sid",
          "[si][sid]") {
  AcceptPlay play;
  play.arrive();
  play.negotiator.session_ended();
  play.arrive("offer2");
  CHECK(play.offers.size() == 2);
  play.offers.clear();
}

}  // namespace si_sid_test

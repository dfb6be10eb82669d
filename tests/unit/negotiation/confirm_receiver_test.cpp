// SPDX-License-Identifier: MIT
#include "unit/negotiation/receiving.h"

namespace confirm_receiver_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

TEST_CASE("confirm, receiver: answers once the file is published", "[si][confirm]") {
  AcceptPlay play;
  play.confirm = true;
  play.file = "name='test.txt' size='1022'";
  play.arrive();
  play.accept();
  play.iq.expect_result("offer1", play.answer(kS5b));  // with the marker
  auto stream = play.s5b.succeed();
  CHECK(play.job.take() == Heard{"carrier si-socks5 0+1022 sha-256"});

  if (GENERATE(false, true)) {  // the word comes after the bytes
    play.deliver(*stream);
    play.timers.advance(59s);
    CHECK(play.job.take().empty());
    play.done("d1");
  } else {  // it overtakes them
    play.done("d1");
    CHECK(play.job.take().empty());
    play.deliver(*stream);
    CHECK(play.job.take().empty());
    play.timers.turn();
  }
  CHECK(play.job.take() == Heard{"declared sha-256 " + kSha});
  play.iq.expect_nothing();

  SECTION("published") {
    play.job.agreement->complete();
    play.iq.expect_result("d1");
    play.timers.turn();
    CHECK(play.job.take() == Heard{"completed"});
    play.done("d2");  // a sender whose session was lost asks again
    play.iq.expect_result("d2");
  }
  SECTION("asked again meanwhile") {
    play.done("d2");
    play.job.agreement->complete();
    play.iq.expect_result("d1");
    play.iq.expect_result("d2");
    play.done("d3");
    play.iq.expect_result("d3");
  }
  SECTION("wrong content") {
    play.job.agreement->fail({Errc::HashMismatch, "/home/romeo/x"});
    const auto refused = Iq::parse(play.iq.take().stanza);
    REQUIRE(refused->error);
    REQUIRE(refused->error->application);
    CHECK(refused->error->application->name == "hash-mismatch");
    play.done("d2");
    play.iq.expect_error("d2", Condition::NotAcceptable);
    play.timers.advance(10min);
    CHECK(play.job.take().empty());
  }
  SECTION("the job is given up") {
    play.job.agreement.reset();
    play.iq.expect_error("d1", Condition::ItemNotFound);
    play.done("d2");
    play.iq.expect_error("d2", Condition::ItemNotFound);
  }
}

TEST_CASE("confirm, receiver: only from the sender itself, for this sid", "[si][confirm]") {
  AcceptPlay play;
  play.confirm = true;
  const auto stream = play.stream();
  play.done("d1", kSha, "juliet@capulet.lit/chamber");
  play.iq.expect_error("d1", Condition::ItemNotFound);
  play.done("d2", kSha, "tybalt@capulet.lit/balcony");
  play.iq.expect_error("d2", Condition::ItemNotFound);
  play.deliver(*stream);
  CHECK(play.job.take().empty());
}

TEST_CASE(
    "confirm, receiver: the sender vouches with its done, which may come before the last byte",
    "[si][confirm]") {
  AcceptPlay play;
  play.confirm = true;
  const auto stream = play.stream();
  CHECK_FALSE(play.job.agreement->vouched());
  play.done("d1");
  CHECK(play.job.agreement->vouched());
  play.deliver(*stream);
  play.timers.turn();
  CHECK(play.job.take() == Heard{"declared sha-256 " + kSha});
}

TEST_CASE("confirm, receiver: a done without hash, or a broken one", "[si][confirm]") {
  AcceptPlay play;
  play.confirm = true;
  const auto stream = play.stream();
  play.deliver(*stream);
  play.iq.inject("<iq type='set' id='d1' from='" + kPeer +
                 "'><done xmlns='urn:xmppft:confirm:0' sid='a0'>"
                 "<hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>AAAA</hash></done></iq>");
  play.iq.expect_error("d1", Condition::BadRequest);
  play.done("d2", "");
  CHECK(play.job.take() == Heard{"declared nothing"});
}

TEST_CASE("confirm, receiver: the sender's word never comes", "[si][confirm]") {
  AcceptPlay play;
  play.confirm = true;
  const auto stream = play.stream();
  std::chrono::seconds within = 60s;
  SECTION("from a sender that is there") { play.deliver(*stream); }
  SECTION("after our session went, which may come back") {
    play.deliver(*stream);
    play.timers.advance(50s);
    play.negotiator.session_ended();
    within = 10min;
  }
  SECTION("after the sender went, while the bytes came") {
    play.negotiator.peer_gone(jid(kPeer));
    play.deliver(*stream);
    within = 10min;
  }
  play.timers.advance(within - 1s);
  CHECK(play.job.take().empty());
  play.timers.advance(1s);
  CHECK(play.job.take() == Heard{"ended Interrupted"});
}

TEST_CASE("confirm, receiver: not where it was not agreed", "[si][confirm]") {
  AcceptPlay play;
  const auto stream = play.stream();
  play.done("d1");
  play.iq.expect_error("d1", Condition::ItemNotFound);
  play.file = "";
  play.deliver(*stream);
  play.timers.turn();
  CHECK(play.job.take() == Heard{"declared md5 " + kMd5});
}

TEST_CASE("withdraw, receiver: the listener hears which offer, and the sender whether it is known",
          "[si][confirm]") {
  AcceptPlay play;
  play.knows_withdrawn = GENERATE(true, false);
  play.iq.inject("<iq type='set' id='w' from='" + kPeer +
                 "'><withdrawn xmlns='urn:xmppft:confirm:0' sid='a0'/></iq>");
  if (play.knows_withdrawn)
    play.iq.expect_result("w");
  else
    play.iq.expect_error("w", Condition::ItemNotFound);
  play.iq.inject("<iq type='set' id='w2' from='" + kPeer +
                 "'><withdrawn xmlns='urn:xmppft:confirm:0' sid='a0' again='true'/></iq>");
  CHECK(play.withdrawn == std::vector<std::string>{"a0", "a0 again"});
}

TEST_CASE("confirm, receiver: a word whose sid is none is refused, and changes nothing",
          "[si][confirm]") {
  AcceptPlay play;
  play.confirm = true;
  const auto stream = play.stream();
  const std::string sid =
      GENERATE(std::string(), std::string(" sid=''"), " sid='" + std::string(1025, 'a') + "'");
  play.iq.inject("<iq type='set' id='w' from='" + kPeer +
                 "'><withdrawn xmlns='urn:xmppft:confirm:0'" + sid + "/></iq>");
  play.iq.expect_error("w", Condition::BadRequest);
  CHECK(play.withdrawn.empty());
  play.iq.inject("<iq type='set' id='d' from='" + kPeer + "'><done xmlns='urn:xmppft:confirm:0'" +
                 sid + "/></iq>");
  play.iq.expect_error("d", Condition::ItemNotFound);
  CHECK_FALSE(play.job.agreement->vouched());
  CHECK(stream->alive);
  CHECK(play.job.take().empty());
  play.iq.expect_nothing();
}

TEST_CASE("confirm, receiver: what became of the last hundred files is said again",
          "[si][confirm]") {
  AcceptPlay play;
  play.confirm = true;
  for (int i = 0; i <= 100; ++i) {
    play.sid = "a" + std::to_string(i);
    const auto stream = play.stream();
    play.deliver(*stream);
    play.done("d");
    play.job.agreement->complete();
    play.iq.expect_result("d");
    play.timers.turn();
    if (i == 99) {  // the hundredth pushes none out
      play.sid = "a0";
      play.done("again");
      play.iq.expect_result("again");
    }
  }
  play.sid = "a0";
  play.done("again");
  play.iq.expect_error("again", Condition::ItemNotFound);
  play.sid = "a1";
  play.done("again");
  play.iq.expect_result("again");
}

TEST_CASE("withdraw, receiver: which sets belong to what was accepted", "[si][confirm]") {
  AcceptPlay play;
  play.arrive();
  const auto knows = [&](const std::string& name, const std::string& key, const std::string& sid,
                         const std::string& from) {
    const std::string ns = name == "si" ? std::string(kNsSi) : std::string(kNsConfirm);
    return play.negotiator.knows(jid(from), Element(name, ns).set(key, sid));
  };
  CHECK(knows("si", "id", "a0", kPeer));
  CHECK(knows("done", "sid", "a0", kPeer));
  CHECK(knows("withdrawn", "sid", "a0", kPeer));
  CHECK_FALSE(knows("done", "sid", "a1", kPeer));
  CHECK_FALSE(knows("done", "sid", "a0", "juliet@capulet.lit/chamber"));
  // Others' words are not ours to know, whatever they name.
  CHECK_FALSE(play.negotiator.knows(jid(kPeer), Element("open", kIbb).set("sid", "a0")));
  CHECK_FALSE(play.negotiator.knows(jid(kPeer), Element("query", kS5b).set("id", "a0")));
}

}  // namespace confirm_receiver_test

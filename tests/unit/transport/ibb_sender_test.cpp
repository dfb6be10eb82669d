// SPDX-License-Identifier: MIT
#include "unit/transport/ibb_play.h"

namespace ibb_sender_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

TEST_CASE("ibb sender: open, blocks, close, each acknowledged (XEP-0047 s2)", "[ibb]") {
  IbbPlay play({4, 4, 4});
  play.open();
  play.expect_open(4);
  play.iq.reply();
  REQUIRE(play.carrier);
  CHECK(play.carrier->label().method == "label");
  play.bulk.content = "..hello world";
  play.carrier->start(test::some_file(HashAlgo::Sha256), {2, 11}, play);
  play.timers.turn();
  play.expect_data(0, "aGVsbA==");
  play.iq.reply();
  play.expect_data(1, "byB3bw==");
  play.iq.reply();
  CHECK(play.carrier->progress().bytes == 8);
  play.expect_data(2, "cmxk");
  play.iq.expect_nothing();  // close only after the last acknowledgement
  play.iq.reply();
  play.expect_close();
  play.timers.turn();
  CHECK(play.ends == 0);
  play.iq.reply();
  REQUIRE(play.ended.has_value());
  REQUIRE(play.ended->ok());
  CHECK((*play.ended)->bytes == 11);
  CHECK((*play.ended)->hash == Digest::of(HashAlgo::Sha256, view_of("..hello world")));
  CHECK((*play.ended)->acknowledged);
  play.check_clean();
  play.iq.expect_nothing();
}

TEST_CASE("ibb sender: keeps a limit that it shares, and says so", "[ibb]") {
  IbbPlay play({4, 4, 4});
  play.bulk.content = "abcdefgh";
  play.open();
  play.iq.take();
  play.iq.reply();
  auto file = some_file();
  file.throttle = std::make_shared<Throttle>(1);
  play.carrier->start(file, {0, 8}, play);
  play.timers.advance(1s);
  play.expect_data(0, "YWJjZA==");
  play.iq.reply();
  play.iq.expect_nothing();
  CHECK(play.carrier->progress().throttled);
  CHECK(play.carrier->progress().bytes == 4);
  file.throttle->set_rate(0);
  play.timers.advance(50ms);
  play.expect_data(1, "ZWZnaA==");
  CHECK_FALSE(play.carrier->progress().throttled);
}

TEST_CASE("ibb sender: block size by peer, halved on resource-constraint", "[ibb]") {
  IbbPlay play;
  SECTION("others get 4096 (QXmpp)") {
    play.open();
    play.expect_open(4096);
    play.iq.refuse(Condition::ResourceConstraint);
    play.expect_open(2048);
    play.iq.reply();
    CHECK(play.carrier);
  }
  SECTION("our own kind gets 16384") {
    play.terms.peer_is_xmppftd = true;
    play.open();
    play.expect_open(16384);
  }
  SECTION("there is an end to it") {
    play.open();
    for (int size = 4096; size >= 128; size /= 2) {
      play.expect_open(size);
      play.iq.refuse(Condition::ResourceConstraint);
    }
    REQUIRE(play.error);
    CHECK(play.error->code == Errc::StreamFailed);
  }
}

TEST_CASE("ibb sender: why a stream does not open", "[ibb]") {
  const auto says = [](const IbbPlay& play, const std::string& words) {
    REQUIRE(play.error);
    CHECK(play.error->detail.substr(0, words.size()) == words);
  };
  IbbPlay play;
  play.open();
  play.expect_open(4096);
  SECTION("refused") {
    play.iq.refuse(GENERATE(values<Condition>({Condition::NotAcceptable, Condition::ItemNotFound,
                                               Condition::BadRequest, Condition::Forbidden})));
    CHECK(play.error->code == Errc::StreamFailed);
  }
  SECTION("forbidden: in words of the opening, for no block was sent yet") {
    play.iq.refuse(Condition::Forbidden);
    says(play, "the peer's program takes no in-band stream of us");
  }
  SECTION("bounced") {
    play.iq.refuse(Condition::ServiceUnavailable);
    CHECK(play.error->code == Errc::PeerOffline);
  }
  SECTION("silence") {
    play.timers.advance(60s);
    CHECK(play.error->code == Errc::Timeout);
    says(play, "the peer did not answer the in-band stream's opening in time");
  }
  SECTION("offline") {
    play.iq.disconnect();
    CHECK(play.error->code == Errc::NotOnline);
  }
  CHECK(play.calls == 1);
  CHECK_FALSE(play.carrier);
}

TEST_CASE("ibb sender: a server that slows us gets one block at a time", "[ibb]") {
  IbbPlay play({5, 5, 2});
  play.send("aaaaabbbbbcccccddddd", {0, 20});
  play.iq.reply(play.iq.take());
  play.timers.turn();
  std::vector<test::FakeIqChannel::Sent> under_way{play.iq.take(), play.iq.take()};
  play.timers.advance(5s);
  play.iq.expect("<iq type='get' to='montague.lit'><ping xmlns='urn:xmpp:ping'/></iq>");
  play.timers.advance(1s);
  play.iq.reply();
  CHECK(play.limited == 1);
  play.iq.reply(under_way[0]);
  play.timers.turn();
  play.iq.expect_nothing();
  play.iq.reply(under_way[1]);
  play.timers.turn();
  play.iq.reply(play.iq.take());
  play.expect_close();
}

TEST_CASE("ibb sender: at most a window of blocks unanswered, acknowledged in any order", "[ibb]") {
  IbbPlay play({1, 1, 4});
  play.send("abcdefgh", {0, 8});
  std::vector<test::FakeIqChannel::Sent> sent;
  for (int i = 0; i < 4; ++i) sent.push_back(play.iq.take());
  play.iq.expect_nothing();
  play.iq.reply(sent[2]);
  play.timers.turn();
  sent.push_back(play.iq.take());
  play.iq.expect_nothing();
  CHECK(play.carrier->progress().bytes == 0);
  play.iq.reply(sent[0]);
  CHECK(play.carrier->progress().bytes == 1);
  play.iq.reply(sent[1]);
  CHECK(play.carrier->progress().bytes == 3);
}

TEST_CASE("ibb sender: no more than 128 KiB under way", "[ibb]") {
  IbbPlay play({65535, 65535, 16});
  play.send(std::string(1 << 20, 'x'), {0, 1 << 20});
  play.iq.take();
  play.iq.take();
  play.iq.expect_nothing();
}

TEST_CASE("ibb sender: all streams together have no more than 128 KiB under way (ST7)", "[ibb]") {
  IbbPlay play({65535, 65535, 16});
  std::vector<std::unique_ptr<Carrier>> others;
  for (int i = 0; i < 2; ++i) {
    const auto opening =
        play.transport.open({jid(kUs), jid(kPeer), "sid" + std::to_string(i)}, play.terms,
                            [&](auto other) { others.push_back(*std::move(other)); });
    play.iq.take();
    play.iq.reply();
  }
  REQUIRE(others.size() == 2);
  play.send(std::string(1 << 20, 'x'), {0, 1 << 20});
  const auto first = play.iq.take();
  play.iq.expect_nothing();  // alone it would have two blocks under way
  others.clear();
  for (int i = 0; i < 2; ++i) play.iq.take();  // their <close/>
  play.iq.reply(first);
  play.timers.turn();
  play.iq.take();
  play.iq.take();
  play.iq.expect_nothing();
}

TEST_CASE("ibb sender: an empty file is open and close", "[ibb]") {
  IbbPlay play;
  play.send("", {0, 0});
  play.expect_close();
  play.iq.reply();
  play.timers.turn();
  REQUIRE(play.ended.has_value());
  REQUIRE(play.ended->ok());
  CHECK((*play.ended)->bytes == 0);
  CHECK((*play.ended)->acknowledged);
}

TEST_CASE("ibb sender: a block refused or lost ends the stream, with a close", "[ibb]") {
  IbbPlay play({4, 4, 2});
  play.send("hello world", {0, 11});
  play.iq.take();
  play.iq.take();
  SECTION("refused") {
    play.iq.refuse(Condition::ItemNotFound);
    CHECK(play.failure().code == Errc::Interrupted);
    play.expect_close();
  }
  SECTION("60 s without an answer") {
    play.timers.advance(60s);
    CHECK(play.failure().code == Errc::Timeout);
    play.expect_close();
  }
  SECTION("the session ends") {
    play.iq.disconnect();
    CHECK(play.failure().code == Errc::NotOnline);
  }
  SECTION("the peer goes offline") {
    play.transport.peer_gone(jid("juliet@capulet.lit/chamber"));
    CHECK(play.ends == 0);
    play.transport.peer_gone(jid(kPeer));
    CHECK(play.failure().code == Errc::Interrupted);
  }
  SECTION("the file changed") {
    play.bulk.reading_fails = Errc::FileChanged;
    play.iq.reply();
    play.timers.turn();
    CHECK(play.failure().code == Errc::FileChanged);
    play.expect_close();
  }
  SECTION("the peer closes") {
    play.peer_closes();
    play.iq.expect_result("c1");
    CHECK(play.failure().code == Errc::Interrupted);  // a restart looks the same
  }
  CHECK(play.ends == 1);
  play.iq.expect_nothing();
  play.check_clean();
}

TEST_CASE("ibb sender: a bad answer to close is no failure once all blocks are there", "[ibb]") {
  IbbPlay play;
  play.send("hello", {0, 5});
  play.iq.take();
  play.iq.reply();
  play.expect_close();
  play.timers.turn();
  SECTION("an error: QXmpp has forgotten the stream") { play.iq.refuse(Condition::ItemNotFound); }
  SECTION("silence: libpurple never answers it") {
    play.timers.advance(2s);
    CHECK(play.ends == 0);
    play.timers.advance(1s);
  }
  SECTION("the session ended") { play.iq.disconnect(); }
  SECTION("the peer went offline") { play.transport.peer_gone(jid(kPeer)); }
  REQUIRE(play.ended.has_value());
  REQUIRE(play.ended->ok());
  CHECK_FALSE((*play.ended)->acknowledged);
}

TEST_CASE("ibb sender: gabble answers close and sends its own", "[ibb]") {
  IbbPlay play;
  play.send("hello", {0, 5});
  play.iq.take();
  play.iq.reply();
  play.expect_close();
  play.timers.turn();
  SECTION("after the answer") {
    play.iq.reply();
    REQUIRE(play.ended.has_value());
    play.peer_closes();
  }
  SECTION("before it") { play.peer_closes(); }
  play.iq.expect_result("c1");
  REQUIRE(play.ended.has_value());
  REQUIRE(play.ended->ok());
  CHECK((*play.ended)->acknowledged);
  CHECK(play.ends == 1);
}

TEST_CASE("ibb sender: data in the reverse direction is refused (IB4)", "[ibb]") {
  IbbPlay play;
  play.send("hello", {0, 5});
  play.iq.take();
  play.block(0, "abcd");
  play.iq.expect_error("b0", Condition::NotAcceptable);
  play.iq.reply();
  play.expect_close();
}

TEST_CASE("ibb sender: cancelled in any state it says close, and calls nobody", "[ibb]") {
  const int state = GENERATE(range(0, 4));
  IbbPlay play;
  play.open();
  play.expect_open(4096);
  if (state > 0) play.iq.reply();
  play.bulk.content = "hello";
  if (state > 1) play.carrier->start(test::some_file(), {0, 5}, play);
  if (state > 2) {
    play.timers.turn();
    play.expect_data(0, "aGVsbG8=");
  }
  play.check_clean();
  if (state > 0) play.expect_close();
  play.iq.expect_nothing();
  CHECK(play.ends == 0);
  CHECK(play.timers.running() == 0);
}

}  // namespace ibb_sender_test

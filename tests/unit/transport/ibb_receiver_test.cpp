// SPDX-License-Identifier: MIT
#include "protocol/ibb_flow.h"
#include "support/sids.h"
#include "unit/transport/ibb_play.h"

namespace ibb_receiver_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

TEST_CASE("ibb receiver: blocks are acknowledged once written", "[ibb]") {
  IbbPlay play;
  play.receive(6);
  play.bulk.hold_writes = true;
  play.block(0, "abcd");
  play.block(1, "ef");
  play.iq.expect_nothing();
  play.bulk.write_held();
  play.iq.expect_result("b0");
  CHECK(play.carrier->progress().bytes == 4);
  play.iq.expect_nothing();
  play.peer_closes();
  play.iq.expect_nothing();  // close waits for the disk too
  play.bulk.write_held();
  play.iq.expect_result("b1");
  play.iq.expect_result("c1");
  play.timers.turn();
  REQUIRE(play.ended.has_value());
  REQUIRE(play.ended->ok());
  CHECK((*play.ended)->hash == Digest::of(HashAlgo::Sha256, view_of("abcdef")));
  CHECK(play.written() == "abcdef");
  play.iq.expect_nothing();
  play.check_clean();
}

TEST_CASE("ibb receiver: whole without a close after 2 s; a late close is answered", "[ibb]") {
  IbbPlay play;
  play.receive(4);
  play.block(0, "abcd");
  play.timers.turn();
  play.iq.expect_result("b0");
  play.timers.advance(1999ms);
  CHECK(play.ends == 0);
  play.timers.advance(1ms);
  REQUIRE(play.ended.has_value());
  CHECK(play.ended->ok());
  play.peer_closes();
  play.iq.expect_result("c1");
  play.block(1, "more");
  play.iq.expect_error("b1", Condition::ItemNotFound);
}

TEST_CASE("ibb receiver: blocks and close that come before start() wait for it", "[ibb]") {
  IbbPlay play;
  play.expect();
  play.peer_opens();
  play.iq.expect_result("o1");
  play.block(0, "abcd");
  play.block(1, "ef");
  play.peer_closes();
  play.timers.advance(1s);
  play.iq.expect_nothing();
  play.carrier->start(test::some_file(), {0, 6}, play);
  CHECK(play.ends == 0);
  play.timers.turn();
  play.iq.expect_result("b0");
  play.iq.expect_result("b1");
  play.iq.expect_result("c1");
  REQUIRE(play.ended.has_value());
  CHECK(play.ended->ok());
  CHECK(play.written() == "abcdef");
}

TEST_CASE("ibb receiver: a peer that waits for nothing before start() loses nothing", "[ibb]") {
  constexpr int kBlocks = 100;
  const bool in_iq = GENERATE(true, false);
  IbbPlay play;
  play.expect();
  play.peer("o1",
            "<open xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' block-size='4096'/>");
  play.iq.expect_result("o1");
  std::string all;
  for (int i = 0; i < kBlocks; ++i) {
    const std::string bytes(4096, static_cast<char>('!' + i % 90));
    all += bytes;
    if (in_iq)
      play.block(i, bytes);
    else
      play.iq.inject("<message from='" + kPeer + "'>" +
                     IbbPlay::data(i, to_base64(view_of(bytes))) + "</message>");
  }
  play.timers.advance(5s);   // the part file is being made
  play.iq.expect_nothing();  // acknowledged is what was written, nothing else
  play.bulk.hold_writes = true;
  play.carrier->start(test::some_file(), {0, all.size()}, play);
  play.timers.turn();
  play.iq.expect_nothing();
  for (int i = 0; i < kBlocks; ++i) {
    REQUIRE(play.ends == 0);
    play.bulk.write_held();
    if (in_iq) play.iq.expect_result("b" + std::to_string(i));
    play.iq.expect_nothing();
  }
  play.peer_closes();
  play.iq.expect_result("c1");
  play.timers.turn();
  REQUIRE(play.ended.has_value());
  CHECK(play.ended->ok());
  CHECK(play.written() == all);
  play.check_clean();
}

TEST_CASE("ibb receiver: a peer that waits for nothing is bounded before start()", "[ibb]") {
  IbbPlay play;
  play.expect();
  play.peer_opens();
  play.iq.expect_result("o1");
  int i = 0;
  while (ibb_has_room(i + 1, 3u * (i + 1), 3)) play.block(i++, "abc");
  CHECK(i > 1000);
  play.iq.expect_nothing();
  play.block(i, std::string(6000, 'x'));
  play.iq.expect_error("b" + std::to_string(i), Condition::ResourceConstraint);
  play.block(i + 1, "abc");  // room for this one, but the one before is missing
  play.iq.expect_error("b" + std::to_string(i + 1), Condition::ResourceConstraint);
  play.iq.expect_nothing();
  play.carrier->start(test::some_file(), {0, 1u << 20}, play);
  play.timers.turn();
  CHECK(play.failure().code == Errc::Constraint);
}

TEST_CASE("ibb receiver: an empty file is open and close", "[ibb]") {
  IbbPlay play;
  play.receive(0);
  play.peer_closes();
  play.iq.expect_result("c1");
  REQUIRE(play.ended.has_value());
  REQUIRE(play.ended->ok());
  CHECK((*play.ended)->bytes == 0);
}

TEST_CASE("ibb receiver: blocks in messages (Miranda)", "[ibb]") {
  IbbPlay play;
  play.receive(6);
  play.iq.inject("<message from='" + kPeer + "'>" + IbbPlay::data(0, "YWJjZA==") +
                 "<amp xmlns='http://jabber.org/protocol/amp'/></message>");
  play.iq.inject("<message type='error' from='" + kPeer + "'>" + IbbPlay::data(1, "WFg=") +
                 "</message>");
  play.iq.inject("<message from='juliet@capulet.lit/chamber'>" + IbbPlay::data(1, "WFg=") +
                 "</message>");
  play.iq.inject("<message from='" + kPeer + "'>" + IbbPlay::data(1, "ZWY=") + "</message>");
  play.timers.turn();
  play.iq.expect_nothing();
  play.peer_closes();
  play.iq.expect_result("c1");
  play.timers.turn();
  CHECK(play.written() == "abcdef");
  CHECK(play.ended->ok());
}

TEST_CASE("ibb receiver: nobody but the peer touches the stream (IB1)", "[ibb]") {
  IbbPlay play;
  const std::string other = GENERATE(values<std::string>(
      {"juliet@capulet.lit/chamber", "juliet@capulet.lit", "tybalt@capulet.lit/balcony"}));
  play.expect();
  play.peer_opens("x1", other);
  play.iq.expect_error("x1", Condition::ItemNotFound);
  play.peer_opens();
  play.iq.expect_result("o1");
  play.carrier->start(test::some_file(), {0, 4}, play);
  play.timers.turn();
  play.peer("x2", IbbPlay::data(0, "WFhYWA=="), other);
  play.iq.expect_error("x2", Condition::ItemNotFound);
  play.peer_closes("x3", other);
  play.iq.expect_error("x3", Condition::ItemNotFound);
  play.peer("x4", "<open xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' block-size='4'/>");
  play.iq.expect_error("x4", Condition::ItemNotFound);  // it is open already
  play.block(0, "good");
  play.timers.turn();
  play.iq.expect_result("b0");
  play.peer_closes();
  play.timers.turn();
  CHECK(play.written() == "good");
  CHECK(play.ended->ok());
}

TEST_CASE("ibb receiver: two peers may use one sid (SI1)", "[ibb]") {
  IbbPlay play;
  play.receive(4);
  StreamKey second{jid(kUs), jid("nurse@capulet.lit/hall"), "i781hf64"};
  std::unique_ptr<Carrier> theirs;
  const auto attempt = play.transport.expect(
      second, play.terms,
      [&](Result<std::unique_ptr<Carrier>> result) { theirs = *std::move(result); });
  play.peer_opens("o2", "nurse@capulet.lit/hall");
  play.iq.expect_result("o2");
  CHECK(theirs);
  play.block(0, "abcd");
  play.timers.turn();
  play.iq.expect_result("b0");
}

TEST_CASE("ibb receiver: broken blocks end the stream", "[ibb]") {
  IbbPlay play;
  play.receive(8);
  Condition condition = Condition::BadRequest;
  SECTION("broken base64 (IB3)") { play.peer("x", IbbPlay::data(0, "YWJj*")); }
  SECTION("no seq") {
    play.peer("x", "<data xmlns='http://jabber.org/protocol/ibb' sid='i781hf64'>YWJj</data>");
  }
  SECTION("over the block size (IB4)") { play.peer("x", IbbPlay::data(0, "YWJjZGU=")); }
  SECTION("out of sequence (IB2)") {
    play.peer("x", IbbPlay::data(1, "YWJj"));
    condition = Condition::UnexpectedRequest;
  }
  play.iq.expect_error("x", condition);
  play.expect_close();
  CHECK(play.failure().code == Errc::Protocol);
  play.block(0, "abcd");
  play.iq.expect_error("b0", Condition::ItemNotFound);
  play.check_clean();
}

TEST_CASE("ibb receiver: a byte too many is a failure (IB4)", "[ibb]") {
  IbbPlay play;
  play.receive(4);
  play.block(0, "abcd");
  play.timers.turn();
  play.iq.expect_result("b0");
  play.block(1, "e");
  play.iq.expect_error("b1", Condition::BadRequest);
  play.expect_close();
  CHECK(play.failure().code == Errc::Protocol);
}

TEST_CASE("ibb receiver: what interrupts a stream", "[ibb]") {
  IbbPlay play;
  play.receive(8);
  play.block(0, "abcd");
  play.timers.turn();
  play.iq.expect_result("b0");
  SECTION("an early close") {
    play.peer_closes();
    play.iq.expect_result("c1");
    CHECK(play.failure().code == Errc::Interrupted);
  }
  SECTION("the peer went offline") {
    play.transport.peer_gone(jid(kPeer));
    CHECK(play.failure().code == Errc::Interrupted);
  }
  SECTION("the session ended") {
    play.transport.session_ended();
    CHECK(play.failure().code == Errc::NotOnline);
  }
  SECTION("60 s of silence") {
    play.timers.advance(59s);
    CHECK(play.ends == 0);
    play.timers.advance(1s);
    CHECK(play.failure().code == Errc::Timeout);
    play.expect_close();
  }
  SECTION("the disk") {
    play.bulk.writing_fails = Errc::DiskFull;
    play.block(1, "efgh");
    play.timers.turn();
    play.iq.expect_error("b1", Condition::ResourceConstraint);
    play.expect_close();
    CHECK(play.failure().code == Errc::DiskFull);
  }
  CHECK(play.ends == 1);
  play.iq.expect_nothing();
  play.check_clean();
}

TEST_CASE("ibb receiver: each block starts the 60 s anew", "[ibb]") {
  IbbPlay play;
  play.receive(8);
  play.timers.advance(40s);
  play.block(0, "abcd");
  play.timers.advance(59s);
  CHECK(play.ends == 0);
  play.timers.advance(1s);
  CHECK(play.failure().code == Errc::Timeout);
}

TEST_CASE("ibb receiver: a block that our own disk or pace held up starts them anew too", "[ibb]") {
  IbbPlay play;
  play.bulk.hold_writes = true;
  play.receive(8);
  play.block(0, "abcd");
  play.timers.advance(119s);
  play.bulk.write_held();
  play.iq.expect_result("b0");
  play.timers.advance(59s);
  CHECK(play.ends == 0);
  play.timers.advance(61s);
  CHECK(play.failure().code == Errc::Timeout);
}

TEST_CASE("ibb receiver: keeps a limit that it shares, and says so", "[ibb]") {
  IbbPlay play;
  play.expect();
  play.peer_opens();
  play.iq.expect_result("o1");
  auto file = some_file();
  file.throttle = std::make_shared<Throttle>(1);
  play.carrier->start(file, {0, 8}, play);
  play.timers.turn();
  play.block(0, "abcd");
  play.block(1, "efgh");
  play.timers.advance(1s);
  play.iq.expect_result("b0");
  play.iq.expect_nothing();
  CHECK(play.carrier->progress().throttled);
  play.timers.advance(3s);
  play.iq.expect_result("b1");
  CHECK_FALSE(play.carrier->progress().throttled);
  CHECK(play.written() == "abcdefgh");
}

TEST_CASE("ibb receiver: a bad open is refused and a good one still works", "[ibb]") {
  IbbPlay play;
  play.expect();
  play.peer("x", "<open xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' block-size='0'/>");
  play.iq.expect_error("x", Condition::BadRequest);
  play.peer("y",
            "<open xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' block-size='65536'/>");
  play.iq.expect_error("y", Condition::BadRequest);
  play.peer_opens();
  play.iq.expect_result("o1");
  CHECK(play.carrier);
}

TEST_CASE("ibb receiver: knows which sets belong to streams (ST7)", "[ibb]") {
  IbbPlay play;
  const Element data = Element("data", std::string(kNsIbb)).set("sid", "i781hf64");
  CHECK_FALSE(play.transport.carries(jid(kPeer), data));
  play.expect();
  CHECK(play.transport.carries(jid(kPeer), data));
  CHECK_FALSE(play.transport.carries(jid("tybalt@capulet.lit/x"), data));
  play.peer_opens();
  CHECK(play.transport.carries(jid(kPeer), data));
  CHECK_FALSE(play.transport.carries(jid(kPeer), Element("query", "x").set("sid", "i781hf64")));
  play.check_clean();
  CHECK_FALSE(play.transport.carries(jid(kPeer), data));
}

TEST_CASE("ibb receiver: cancelled in any state it closes and answers what it owes", "[ibb]") {
  const int state = GENERATE(range(0, 4));
  IbbPlay play;
  play.bulk.hold_writes = true;
  play.expect();
  if (state > 0) {
    play.peer_opens();
    play.iq.expect_result("o1");
  }
  if (state > 1) play.block(0, "abcd");
  if (state > 2) {
    play.carrier->start(test::some_file(), {0, 8}, play);
    play.timers.turn();
  }
  play.check_clean();
  if (state > 0) play.expect_close();
  if (state > 1) play.iq.expect_error("b0", Condition::ItemNotFound);
  play.iq.expect_nothing();
  CHECK(play.ends == 0);
  CHECK(play.timers.running() == 0);
}

TEST_CASE("ibb receiver: any text is a sid (XEP-0047 s2.1)", "[ibb][sid]") {
  for (const auto& sid : opaque_sids()) {
    INFO(sid);
    IbbPlay play;
    play.key.sid = sid;
    const auto of_it = [&](const std::string& name, const std::string& rest = "/>") {
      return "<" + name + " xmlns='http://jabber.org/protocol/ibb' sid='" + escaped(sid) + "'" +
             rest;
    };
    play.expect();
    play.peer("o1", of_it("open", " block-size='4096'/>"));
    play.iq.expect_result("o1");
    REQUIRE(play.carrier);
    play.carrier->start(test::some_file(), {0, 5}, play);
    play.timers.turn();
    play.peer("b0", of_it("data", " seq='0'>" + to_base64(view_of("hello")) + "</data>"));
    play.timers.turn();
    play.iq.expect_result("b0");
    play.peer("c1", of_it("close"));
    play.iq.expect_result("c1");
    play.timers.turn();
    REQUIRE(play.ended.has_value());
    CHECK(play.ended->ok());
    CHECK(play.written() == "hello");
  }
}

TEST_CASE("ibb receiver: a sid over 1024 bytes is the peer's mistake", "[ibb][sid]") {
  IbbPlay play;
  play.peer("o1", "<open xmlns='http://jabber.org/protocol/ibb' block-size='4096' sid='" +
                      std::string(1025, 'x') + "'/>");
  play.iq.expect_error("o1", Condition::BadRequest);
}

TEST_CASE("ibb receiver: a sid that ended may be used again", "[ibb][sid]") {
  IbbPlay play;
  play.expect();
  auto old = std::move(play.attempt);
  play.receive(4);  // expected anew
  old.reset();      // takes nothing away
  play.block(0, "abcd");
  play.timers.turn();
  play.iq.expect_result("b0");
  play.peer_closes();
  play.iq.expect_result("c1");
  play.timers.turn();
  for (int i = 0; i < 3; ++i) {
    play.receive(4, play.bulk.written.size());
    play.peer_opens("o2");  // it is taken now
    play.iq.expect_error("o2", Condition::ItemNotFound);
    play.block(0, "efgh");
    play.timers.turn();
    play.iq.expect_result("b0");
    play.peer_closes();
    play.iq.expect_result("c1");
    play.timers.turn();
  }
  CHECK(play.written().substr(0, 12) == "abcdefghefgh");
  CHECK(play.ends == 4);
}

TEST_CASE("ibb receiver: a stream that ends late does not take its sid's next stream along",
          "[ibb][sid]") {
  IbbPlay play;
  play.expect();
  play.peer_opens();
  play.iq.expect_result("o1");
  auto old = std::move(play.carrier);
  play.receive(4);
  old.reset();
  play.expect_close();
  play.block(0, "abcd");
  play.timers.turn();
  play.iq.expect_result("b0");
  play.peer_closes();
  play.iq.expect_result("c1");
  play.timers.turn();
  CHECK(play.ended->ok());
}

TEST_CASE("ibb receiver: a late close of the last 32 streams is answered (gabble)", "[ibb]") {
  IbbPlay play;
  const auto word = [](const std::string& name, int stream) {
    return "<" + name + " xmlns='http://jabber.org/protocol/ibb' sid='s" + std::to_string(stream) +
           "' block-size='4'/>";
  };
  const auto one_more = [&](int stream) {
    play.key.sid = "s" + std::to_string(stream);
    play.expect();
    play.peer("o", word("open", stream));
    play.iq.expect_result("o");
    play.carrier.reset();
    play.iq.take();  // our own close
  };
  for (int i = 0; i < 32; ++i) one_more(i);
  play.peer("c", word("close", 0));
  play.iq.expect_result("c");
  one_more(32);
  play.peer("c", word("close", 0));
  play.iq.expect_error("c", Condition::ItemNotFound);
  for (int i = 1; i <= 32; ++i) {
    play.peer("c", word("close", i));
    play.iq.expect_result("c");
  }
}

}  // namespace ibb_receiver_test

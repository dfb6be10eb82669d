// SPDX-License-Identifier: MIT
#include "transport/ibb_transport.h"

#include <catch2/catch.hpp>

#include "support/fake_bulk.h"
#include "support/fake_iq_channel.h"
#include "support/jid.h"

using namespace xmppftd;
using namespace std::chrono_literals;
using test::jid;

namespace {

const std::string kUs = "romeo@montague.lit/orchard";
const std::string kPeer = "juliet@capulet.lit/balcony";

struct Play final : Carrier::Handler {
  test::FakeTimers timers;
  test::FakeIqChannel iq{timers, kUs};
  test::FakeBulk bulk{timers};
  IbbConfig config;
  IbbTransport transport;
  StreamKey key{jid(kUs), jid(kPeer), "i781hf64"};
  StreamPlan plan;
  int calls = 0, ends = 0;
  std::optional<Error> error;
  std::optional<Result<Moved>> ended;
  std::optional<std::uint64_t> limited;  // bytes/s
  std::unique_ptr<Transport::Attempt> attempt;
  std::unique_ptr<Carrier> carrier;

  explicit Play(IbbConfig its_config = {})
      : config(its_config), transport({iq, bulk, timers, config}) {}
  void on_end(Result<Moved> how) override {
    ++ends;
    ended = std::move(how);
    carrier.reset();  // as the job does
  }
  void on_server_limit(std::uint64_t rate) override { limited = rate; }
  Transport::Opened opened() {
    return [this](Result<std::unique_ptr<Carrier>> result) {
      ++calls;
      if (result)
        carrier = *std::move(result);
      else
        error = result.error();
      attempt.reset();
    };
  }

  // We send.
  void open() { attempt = transport.open(key, plan, opened()); }
  void expect_open(int block_size) {
    iq.expect("<iq type='set' to='" + kPeer +
              "'><open xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' block-size='" +
              std::to_string(block_size) + "'/></iq>");
  }
  void send(const std::string& content, ByteRange range) {
    bulk.content = content;
    open();
    iq.take();
    iq.reply();
    REQUIRE(carrier);
    carrier->start(test::some_file(HashAlgo::Sha256), range, *this);
    timers.turn();
  }
  test::FakeIqChannel::Sent expect_data(int seq, const std::string& base64) {
    return iq.expect("<iq type='set' to='" + kPeer +
                     "'><data xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' seq='" +
                     std::to_string(seq) + "'>" + base64 + "</data></iq>");
  }
  test::FakeIqChannel::Sent expect_close() {
    return iq.expect("<iq type='set' to='" + kPeer +
                     "'><close xmlns='http://jabber.org/protocol/ibb' sid='i781hf64'/></iq>");
  }

  // We receive.
  void expect() { attempt = transport.expect(key, plan, opened()); }
  void peer(const std::string& id, const std::string& payload, const std::string& from = kPeer) {
    iq.inject("<iq type='set' id='" + id + "' from='" + from + "'>" + payload + "</iq>");
  }
  void peer_opens(const std::string& id = "o1", const std::string& from = kPeer) {
    peer(id, "<open xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' block-size='4'/>", from);
  }
  static std::string data(long seq, const std::string& text) {
    return "<data xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' seq='" +
           std::to_string(seq) + "'>" + text + "</data>";
  }
  void block(long seq, const std::string& bytes, const std::string& from = kPeer) {
    peer("b" + std::to_string(seq), data(seq, to_base64(view_of(bytes))), from);
  }
  void peer_closes(const std::string& id = "c1", const std::string& from = kPeer) {
    peer(id, "<close xmlns='http://jabber.org/protocol/ibb' sid='i781hf64'/>", from);
  }
  void receive(std::uint64_t length, std::uint64_t offset = 0) {
    expect();
    peer_opens();
    iq.expect_result("o1");
    REQUIRE(carrier);
    carrier->start(test::some_file(HashAlgo::Sha256), {offset, length}, *this);
    timers.turn();
  }
  std::string written() const { return {bulk.written.begin(), bulk.written.end()}; }
  Error failure() {
    REQUIRE(ended.has_value());
    REQUIRE_FALSE(ended->ok());
    return ended->error();
  }
  void check_clean() {
    attempt.reset();
    carrier.reset();
    CHECK(bulk.block_handles() == 0);
  }
};

}  // namespace

// ---- sender -------------------------------------------------------------------------------------

TEST_CASE("ibb sender: open, blocks, close, each acknowledged (XEP-0047 s2)", "[ibb]") {
  Play play({4, 4, 4});
  play.open();
  play.expect_open(4);
  play.iq.reply();
  REQUIRE(play.carrier);
  CHECK(play.carrier->path().method == "si-ibb");
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
  CHECK((*play.ended)->hash == Digest::of(HashAlgo::Sha256, view_of("hello world")));
  CHECK((*play.ended)->acknowledged);
  play.check_clean();
  play.iq.expect_nothing();
}

TEST_CASE("ibb sender: block size by peer, halved on resource-constraint", "[ibb]") {
  Play play;
  SECTION("others get 4096 (QXmpp)") {
    play.open();
    play.expect_open(4096);
    play.iq.refuse(Condition::ResourceConstraint);
    play.expect_open(2048);
    play.iq.reply();
    CHECK(play.carrier);
  }
  SECTION("our own kind gets 16384") {
    play.plan.peer_is_xmppftd = true;
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
  Play play;
  play.open();
  play.expect_open(4096);
  SECTION("refused") {
    play.iq.refuse(GENERATE(values<Condition>({Condition::NotAcceptable, Condition::ItemNotFound,
                                               Condition::BadRequest, Condition::Forbidden})));
    CHECK(play.error->code == Errc::StreamFailed);
  }
  SECTION("bounced") {
    play.iq.refuse(Condition::ServiceUnavailable);
    CHECK(play.error->code == Errc::PeerOffline);
  }
  SECTION("silence") {
    play.timers.advance(60s);
    CHECK(play.error->code == Errc::Timeout);
  }
  SECTION("offline") {
    play.iq.disconnect();
    CHECK(play.error->code == Errc::NotOnline);
  }
  CHECK(play.calls == 1);
  CHECK_FALSE(play.carrier);
}

TEST_CASE("ibb sender: a server that slows us gets one block at a time", "[ibb]") {
  Play play({5, 5, 2});
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
  Play play({1, 1, 4});
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
  Play play({65535, 65535, 16});
  play.send(std::string(1 << 20, 'x'), {0, 1 << 20});
  play.iq.take();
  play.iq.take();
  play.iq.expect_nothing();
}

TEST_CASE("ibb sender: all streams together leave room in the send queue (ST7)", "[ibb]") {
  Play play({65535, 65535, 16});
  std::vector<std::unique_ptr<Carrier>> others;
  for (int i = 0; i < 16; ++i) {
    const auto opening = play.transport.open({jid(kUs), jid(kPeer), "sid" + std::to_string(i)}, play.plan,
                                             [&](auto other) { others.push_back(*std::move(other)); });
    play.iq.take();
    play.iq.reply();
  }
  REQUIRE(others.size() == 16);
  play.send(std::string(1 << 20, 'x'), {0, 1 << 20});
  const auto first = play.iq.take();
  play.iq.expect_nothing();  // alone it would have two blocks under way
  others.clear();
  for (int i = 0; i < 16; ++i) play.iq.take();  // their <close/>
  play.iq.reply(first);
  play.timers.turn();
  play.iq.take();
  play.iq.take();
  play.iq.expect_nothing();
}

TEST_CASE("ibb sender: an empty file is open and close", "[ibb]") {
  Play play;
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
  Play play({4, 4, 2});
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
    CHECK(play.failure().code == Errc::Interrupted);
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
  Play play;
  play.send("hello", {0, 5});
  play.iq.take();
  play.iq.reply();
  play.expect_close();
  play.timers.turn();
  SECTION("an error: QXmpp has forgotten the stream") { play.iq.refuse(Condition::ItemNotFound); }
  SECTION("silence") { play.timers.advance(60s); }
  SECTION("the session ended") { play.iq.disconnect(); }
  SECTION("the peer went offline") { play.transport.peer_gone(jid(kPeer)); }
  REQUIRE(play.ended.has_value());
  REQUIRE(play.ended->ok());
  CHECK_FALSE((*play.ended)->acknowledged);
}

TEST_CASE("ibb sender: gabble answers close and sends its own", "[ibb]") {
  Play play;
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

TEST_CASE("ibb sender: data in the reverse direction is refused (RELIABILITY IB4)", "[ibb]") {
  Play play;
  play.send("hello", {0, 5});
  play.iq.take();
  play.block(0, "abcd");
  play.iq.expect_error("b0", Condition::NotAcceptable);
  play.iq.reply();
  play.expect_close();
}

TEST_CASE("ibb sender: cancelled in any state it says close, and calls nobody", "[ibb]") {
  const int state = GENERATE(range(0, 4));
  Play play;
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

// ---- receiver -----------------------------------------------------------------------------------

TEST_CASE("ibb receiver: blocks are acknowledged once written (RELIABILITY IB5)", "[ibb]") {
  Play play;
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
  Play play;
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
  Play play;
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

TEST_CASE("ibb receiver: a peer that waits for nothing is bounded before start()", "[ibb]") {
  Play play;
  play.expect();
  play.peer_opens();
  play.iq.expect_result("o1");
  for (int i = 0; i < 64; ++i) play.block(i, "abcd");
  play.iq.expect_nothing();
  play.block(64, "abcd");
  play.iq.expect_error("b64", Condition::ResourceConstraint);
  play.carrier->start(test::some_file(), {0, 1000}, play);
  play.timers.turn();
  CHECK(play.failure().code == Errc::Constraint);
}

TEST_CASE("ibb receiver: an empty file is open and close", "[ibb]") {
  Play play;
  play.receive(0);
  play.peer_closes();
  play.iq.expect_result("c1");
  REQUIRE(play.ended.has_value());
  REQUIRE(play.ended->ok());
  CHECK((*play.ended)->bytes == 0);
}

TEST_CASE("ibb receiver: blocks in messages (Miranda)", "[ibb]") {
  Play play;
  play.receive(6);
  play.iq.inject("<message from='" + kPeer + "'>" + Play::data(0, "YWJjZA==") +
                 "<amp xmlns='http://jabber.org/protocol/amp'/></message>");
  play.iq.inject("<message type='error' from='" + kPeer + "'>" + Play::data(1, "WFg=") +
                 "</message>");
  play.iq.inject("<message from='juliet@capulet.lit/chamber'>" + Play::data(1, "WFg=") +
                 "</message>");
  play.iq.inject("<message from='" + kPeer + "'>" + Play::data(1, "ZWY=") + "</message>");
  play.timers.turn();
  play.iq.expect_nothing();
  play.peer_closes();
  play.iq.expect_result("c1");
  play.timers.turn();
  CHECK(play.written() == "abcdef");
  CHECK(play.ended->ok());
}

TEST_CASE("ibb receiver: nobody but the peer touches the stream (RELIABILITY IB1)", "[ibb]") {
  Play play;
  const std::string other = GENERATE(values<std::string>(
      {"juliet@capulet.lit/chamber", "juliet@capulet.lit", "tybalt@capulet.lit/balcony"}));
  play.expect();
  play.peer_opens("x1", other);
  play.iq.expect_error("x1", Condition::ItemNotFound);
  play.peer_opens();
  play.iq.expect_result("o1");
  play.carrier->start(test::some_file(), {0, 4}, play);
  play.timers.turn();
  play.peer("x2", Play::data(0, "WFhYWA=="), other);
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

TEST_CASE("ibb receiver: two peers may use one sid (RELIABILITY SI1)", "[ibb]") {
  Play play;
  play.receive(4);
  StreamKey second{jid(kUs), jid("nurse@capulet.lit/hall"), "i781hf64"};
  std::unique_ptr<Carrier> theirs;
  const auto attempt = play.transport.expect(
      second, play.plan,
      [&](Result<std::unique_ptr<Carrier>> result) { theirs = *std::move(result); });
  play.peer_opens("o2", "nurse@capulet.lit/hall");
  play.iq.expect_result("o2");
  CHECK(theirs);
  play.block(0, "abcd");
  play.timers.turn();
  play.iq.expect_result("b0");
}

TEST_CASE("ibb receiver: broken blocks end the stream", "[ibb]") {
  Play play;
  play.receive(8);
  Condition condition = Condition::BadRequest;
  SECTION("broken base64 (IB3)") { play.peer("x", Play::data(0, "YWJj*")); }
  SECTION("no seq") {
    play.peer("x", "<data xmlns='http://jabber.org/protocol/ibb' sid='i781hf64'>YWJj</data>");
  }
  SECTION("over the block size (IB4)") { play.peer("x", Play::data(0, "YWJjZGU=")); }
  SECTION("out of sequence (IB2)") {
    play.peer("x", Play::data(1, "YWJj"));
    condition = Condition::UnexpectedRequest;
  }
  play.iq.expect_error("x", condition);
  play.expect_close();
  CHECK(play.failure().code == Errc::Protocol);
  play.block(0, "abcd");
  play.iq.expect_error("b0", Condition::ItemNotFound);
  play.check_clean();
}

TEST_CASE("ibb receiver: a byte too many is a failure (RELIABILITY IB4)", "[ibb]") {
  Play play;
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
  Play play;
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
    CHECK(play.failure().code == Errc::Interrupted);
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
  Play play;
  play.receive(8);
  play.timers.advance(40s);
  play.block(0, "abcd");
  play.timers.advance(59s);
  CHECK(play.ends == 0);
  play.timers.advance(1s);
  CHECK(play.failure().code == Errc::Timeout);
}

TEST_CASE("ibb receiver: a bad open is refused and a good one still works", "[ibb]") {
  Play play;
  play.expect();
  play.peer("x", "<open xmlns='http://jabber.org/protocol/ibb' sid='i781hf64'/>");
  play.iq.expect_error("x", Condition::BadRequest);
  play.peer("y",
            "<open xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' block-size='65536'/>");
  play.iq.expect_error("y", Condition::BadRequest);
  play.peer_opens();
  play.iq.expect_result("o1");
  CHECK(play.carrier);
}

TEST_CASE("ibb receiver: knows which sets belong to streams (ST7)", "[ibb]") {
  Play play;
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
  Play play;
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

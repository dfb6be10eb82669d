// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "support/fake_bulk.h"
#include "support/fake_iq_channel.h"
#include "support/fake_timers.h"
#include "support/jid.h"
#include "support/xml.h"

namespace fakes_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

TEST_CASE("fake timers: fire in order of their time, then of their start", "[fakes]") {
  FakeTimers timers;
  const auto start = timers.now();
  std::string order;
  auto late = timers.after(20ms, [&] { order += 'c'; });
  auto first = timers.after(10ms, [&] {
    order += 'a';
    CHECK(timers.now() - start == 10ms);
  });
  auto second = timers.after(10ms, [&] { order += 'b'; });
  auto stopped = timers.after(10ms, [&] { order += 'x'; });
  stopped.reset();
  CHECK(timers.next() == 10ms);
  timers.advance(9ms);
  CHECK(order.empty());
  timers.advance(11ms);
  CHECK(order == "abc");
  CHECK(timers.now() - start == 20ms);
  CHECK(timers.running() == 0);
}

TEST_CASE("fake timers: one started by a firing one joins in when due", "[fakes]") {
  FakeTimers timers;
  std::unique_ptr<Timer> timer;
  int ticks = 0;
  std::function<void()> tick = [&] {
    ++ticks;
    timer = timers.after(1s, [&] { tick(); });
  };
  tick();
  timers.advance(3500ms);
  CHECK(ticks == 4);
}

TEST_CASE("fake channel: expectations compare XML, not text", "[fakes]") {
  const auto same = [](std::string_view wanted, std::string_view seen) {
    return matches(parse_xml(wanted), parse_xml(seen));
  };
  CHECK(same("<iq type='set' to='a@b'>\n  <q xmlns='x' a='1' b='2'/>\n</iq>",
             "<iq to='a@b' id='9' type='set'><q b='2' a='1' xmlns='x'/></iq>"));
  CHECK(same("<iq type='set'><q xmlns='x' sid='*'>*</q></iq>",
             "<iq type='set'><q xmlns='x' sid='7'>t</q></iq>"));
  CHECK_FALSE(same("<iq type='set' to='a@b'/>", "<iq type='set' to='c@d'/>"));
  CHECK_FALSE(same("<iq type='set' id='1'/>", "<iq type='set' id='2'/>"));
  CHECK_FALSE(same("<iq><q xmlns='x'/></iq>", "<iq><q xmlns='y'/></iq>"));
  CHECK_FALSE(same("<iq><q xmlns='x'/></iq>", "<iq><q xmlns='x' more='1'/></iq>"));
  CHECK_FALSE(same("<iq><q xmlns='x'/></iq>", "<iq><q xmlns='x' to='1'/></iq>"));
  CHECK_FALSE(same("<iq><q xmlns='x'/></iq>", "<iq><q xmlns='x'/><q xmlns='x'/></iq>"));
  CHECK_FALSE(same("<iq><q xmlns='x'/></iq>", "<iq><q xmlns='x'>t</q></iq>"));
}

TEST_CASE("fake channel: a request is answered, refused, forgotten, timed out or cut off",
          "[fakes]") {
  FakeTimers timers;
  FakeIqChannel iq(timers);
  std::optional<IqReply> got;
  auto request =
      iq.request(IqType::Get, jid("juliet@capulet.lit"), Element("ping", "urn:xmpp:ping"), 5s,
                 [&](IqReply reply) { got = std::move(reply); });
  const auto sent =
      iq.expect("<iq type='get' to='juliet@capulet.lit'><ping xmlns='urn:xmpp:ping'/></iq>");
  CHECK(iq.waiting(sent));
  SECTION("result") {
    iq.reply("<pong xmlns='urn:xmpp:ping'/>");
    CHECK(std::get<Element>(*got).name == "pong");
    iq.reply();  // a second answer goes nowhere
    CHECK(std::get<Element>(*got).name == "pong");
  }
  SECTION("error") {
    iq.refuse(Condition::Forbidden);
    CHECK(std::get<IqFailure>(*got).error.condition == Condition::Forbidden);
  }
  SECTION("timeout") {
    timers.advance(5s);
    CHECK(std::get<IqFailure>(*got).kind == IqFailure::Kind::Timeout);
  }
  SECTION("disconnected") {
    iq.disconnect();
    CHECK(std::get<IqFailure>(*got).kind == IqFailure::Kind::Disconnected);
  }
  SECTION("forgotten") {
    request.reset();
    CHECK_FALSE(iq.waiting(sent));
    iq.reply();
    timers.advance(1h);
    CHECK_FALSE(got);
  }
  iq.expect_nothing();
  CHECK(timers.running() == 0);
}

TEST_CASE("fake channel: an incoming request's one answer stands in the queue", "[fakes]") {
  FakeTimers timers;
  FakeIqChannel iq(timers);
  std::vector<IncomingIq> held;
  iq.handle(IqType::Set, "close", kNsIbb,
            [&](IncomingIq request) { held.push_back(std::move(request)); });
  iq.inject(
      "<iq type='set' id='c1' from='juliet@capulet.lit/b'><close "
      "xmlns='http://jabber.org/protocol/ibb' sid='s'/></iq>");
  iq.expect_nothing();
  REQUIRE(held.size() == 1);
  CHECK(held[0].to().empty());  // as some servers deliver it
  held[0].reply();
  iq.expect_result("c1");
  iq.inject(
      "<iq type='get' id='c2' from='juliet@capulet.lit/b'><close "
      "xmlns='http://jabber.org/protocol/ibb'/></iq>");
  iq.expect_error("c2", Condition::ServiceUnavailable);
  iq.inject(
      "<iq type='set' id='c3' from='juliet@capulet.lit/b'><close "
      "xmlns='http://jabber.org/protocol/ibb' sid='s'/></iq>");
  iq.disconnect();
  held.clear();
  iq.expect_nothing();
}

TEST_CASE("fake bulk: a stream ends once, and nobody hears of one that was destroyed", "[fakes]") {
  FakeTimers timers;
  FakeBulk bulk(timers);
  int calls = 0;
  auto file = some_file();
  file.rate = 3;
  auto move = bulk.receive({}, file, {0, 5}, nullptr, [&](Result<Moved>) { ++calls; });
  auto& stream = bulk.expect_receive();
  CHECK(stream.rate == 3);
  move->set_rate(7);
  CHECK(stream.rate == 7);
  SECTION("ended") {
    stream.end_well();
    stream.end_well();
    CHECK(calls == 1);
  }
  SECTION("destroyed") {
    move.reset();
    CHECK(stream.cancelled);
    stream.end_well();
    CHECK(calls == 0);
  }
}

}  // namespace fakes_test

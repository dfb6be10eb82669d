// SPDX-License-Identifier: MIT
#include "transport/server_limit.h"

#include <catch2/catch.hpp>

#include <functional>
#include <vector>

#include "support/fake_iq_channel.h"
#include "support/fake_timers.h"

namespace server_limit_test {

using namespace xmppftd;
using namespace std::chrono_literals;

namespace {

using Rates = std::vector<std::uint64_t>;

struct Told final : ServerLimit::Stream {
  Rates rates;
  std::function<void()> then = [] {};
  void on_server_limit(std::uint64_t rate) override {
    rates.push_back(rate);
    then();
  }
};

/// One stream sends; others may join.
struct Crawl {
  test::FakeTimers timers;
  test::FakeIqChannel iq{timers, "romeo@montague.lit/orchard"};
  ServerLimit limit{iq, timers};
  Told stream;

  explicit Crawl(std::chrono::milliseconds round_trip = 20ms) {
    limit.round_trip(round_trip);
    limit.add(stream);
  }
  void five_seconds_at(std::uint64_t rate) {
    limit.delivered(5 * rate);
    timers.advance(5s);
  }
  void expect_ping() {
    iq.expect("<iq type='get' to='montague.lit'><ping xmlns='urn:xmpp:ping'/></iq>");
  }
  void answered_after(std::chrono::milliseconds delay) {
    expect_ping();
    timers.advance(delay);
    iq.reply();
  }
};

}  // namespace

TEST_CASE("server limit: a crawling stream whose server answers late", "[ibb][server-limit]") {
  Crawl crawl;
  crawl.five_seconds_at(7400);
  CHECK_FALSE(crawl.limit.found());
  crawl.answered_after(2200ms);
  CHECK(crawl.stream.rates == Rates{7400});
  CHECK(crawl.limit.found());
  crawl.five_seconds_at(7400);
  crawl.five_seconds_at(7400);
  CHECK(crawl.stream.rates.size() == 1);  // once
  crawl.iq.expect_nothing();
}

TEST_CASE("server limit: who joins later is told, too, what all together get",
          "[ibb][server-limit]") {
  Crawl crawl;
  crawl.five_seconds_at(7400);
  crawl.answered_after(2200ms);
  crawl.limit.round_trip(25s);  // of an <open/> behind the other's blocks
  Told second;
  crawl.limit.add(second);
  crawl.limit.delivered(5000);
  crawl.limit.delivered(30000);
  crawl.timers.advance(5s);
  CHECK(second.rates == Rates{7000});
  CHECK(crawl.stream.rates.size() == 1);
}

TEST_CASE("server limit: two that began together", "[ibb][server-limit]") {
  Crawl crawl;
  Told second;
  crawl.limit.round_trip(25s);
  crawl.limit.add(second);
  SECTION("both are told") {
    crawl.five_seconds_at(3000);
    crawl.answered_after(29s);
    CHECK(crawl.stream.rates == Rates{3000});
    CHECK(second.rates == Rates{3000});
  }
  SECTION("one ends the other") {
    crawl.stream.then = [&] { crawl.limit.remove(second); };
    second.then = [&] { crawl.limit.remove(crawl.stream); };
    crawl.five_seconds_at(3000);
    crawl.answered_after(29s);
    CHECK(crawl.stream.rates.size() + second.rates.size() == 1);
  }
}

TEST_CASE("server limit: an error is an answer, too", "[ibb][server-limit]") {
  Crawl crawl;
  crawl.five_seconds_at(7400);
  crawl.expect_ping();
  crawl.timers.advance(2200ms);
  crawl.iq.refuse(Condition::ServiceUnavailable);
  CHECK(crawl.stream.rates.size() == 1);
}

TEST_CASE("server limit: a fast stream is not looked into", "[ibb][server-limit]") {
  Crawl crawl;
  for (int i = 0; i < 10; ++i) crawl.five_seconds_at(ServerLimit::kSlow + 1);
  crawl.iq.expect_nothing();
}

TEST_CASE("server limit: a server that answers at once is not the one", "[ibb][server-limit]") {
  Crawl crawl;
  crawl.five_seconds_at(7400);
  crawl.answered_after(499ms);
  CHECK(crawl.stream.rates.empty());
  crawl.five_seconds_at(7400);  // but may become it
  crawl.answered_after(500ms);
  CHECK(crawl.stream.rates.size() == 1);
}

TEST_CASE("server limit: neither is a line whose every answer takes long", "[ibb][server-limit]") {
  Crawl crawl(700ms);
  crawl.five_seconds_at(20000);
  crawl.answered_after(2099ms);
  CHECK(crawl.stream.rates.empty());
  crawl.five_seconds_at(20000);
  crawl.answered_after(2100ms);
  CHECK(crawl.stream.rates.size() == 1);
}

TEST_CASE("server limit: at a standstill, or unanswered, it asks again later",
          "[ibb][server-limit]") {
  Crawl crawl;
  crawl.five_seconds_at(0);
  crawl.iq.expect_nothing();
  crawl.five_seconds_at(7400);
  crawl.expect_ping();
  crawl.limit.delivered(60 * 7400);
  crawl.timers.advance(60s);  // the ping's time is over
  CHECK(crawl.stream.rates.empty());
  crawl.five_seconds_at(7400);
  crawl.answered_after(3s);
  CHECK(crawl.stream.rates == Rates{7400});
}

TEST_CASE("server limit: it ends with what it slowed, or when bytes run again",
          "[ibb][server-limit]") {
  Crawl crawl;
  crawl.five_seconds_at(7400);
  crawl.answered_after(2200ms);
  SECTION("bytes run") {
    crawl.five_seconds_at(ServerLimit::kSlow + 1);
    CHECK_FALSE(crawl.limit.found());
  }
  SECTION("the last stream ended, and nothing is left running") {
    crawl.limit.remove(crawl.stream);
    CHECK_FALSE(crawl.limit.found());
    CHECK(crawl.timers.running() == 0);
  }
}

}  // namespace server_limit_test

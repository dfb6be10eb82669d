// SPDX-License-Identifier: MIT
#include "transport/server_limit.h"

#include <catch2/catch.hpp>

#include <vector>

#include "support/fake_iq_channel.h"
#include "support/fake_timers.h"

using namespace xmppftd;
using namespace std::chrono_literals;

namespace {

struct Crawl {
  test::FakeTimers timers;
  test::FakeIqChannel iq{timers, "romeo@montague.lit/orchard"};
  std::vector<std::uint64_t> found;
  ServerLimit limit;
  std::uint64_t bytes = 0;

  explicit Crawl(std::chrono::milliseconds round_trip = 20ms)
      : limit(iq, timers, round_trip, [this](std::uint64_t rate) { found.push_back(rate); }) {}
  void five_seconds_at(std::uint64_t rate) {
    limit.delivered(bytes += 5 * rate);
    timers.advance(5s);
  }
  void expect_ping() { iq.expect("<iq type='get' to='montague.lit'><ping xmlns='urn:xmpp:ping'/></iq>"); }
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
  crawl.answered_after(2200ms);
  CHECK(crawl.found == std::vector<std::uint64_t>{7400});
  crawl.five_seconds_at(7400);  // said once
  crawl.timers.advance(60s);
  crawl.iq.expect_nothing();
}

TEST_CASE("server limit: an error is an answer, too", "[ibb][server-limit]") {
  Crawl crawl;
  crawl.five_seconds_at(7400);
  crawl.expect_ping();
  crawl.timers.advance(2200ms);
  crawl.iq.refuse(Condition::ServiceUnavailable);
  CHECK(crawl.found.size() == 1);
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
  CHECK(crawl.found.empty());
  crawl.five_seconds_at(7400);  // but may become it
  crawl.answered_after(500ms);
  CHECK(crawl.found.size() == 1);
}

TEST_CASE("server limit: neither is a line whose every answer takes long", "[ibb][server-limit]") {
  Crawl crawl(700ms);
  crawl.five_seconds_at(20000);
  crawl.answered_after(2099ms);
  CHECK(crawl.found.empty());
  crawl.five_seconds_at(20000);
  crawl.answered_after(2100ms);
  CHECK(crawl.found.size() == 1);
}

TEST_CASE("server limit: at a standstill, or unanswered, it asks again later", "[ibb][server-limit]") {
  Crawl crawl;
  crawl.five_seconds_at(0);
  crawl.iq.expect_nothing();
  crawl.five_seconds_at(7400);
  crawl.expect_ping();
  crawl.timers.advance(60s);  // its time is over
  CHECK(crawl.found.empty());
  crawl.five_seconds_at(7400);
  crawl.answered_after(3s);
  CHECK(crawl.found.size() == 1);
}

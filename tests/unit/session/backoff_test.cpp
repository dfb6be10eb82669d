// SPDX-License-Identifier: MIT
#include "session/backoff.h"

#include <catch2/catch.hpp>

namespace backoff_test {

using namespace xmppftd;
using namespace std::chrono_literals;

TEST_CASE("backoff: 1, 2, 4 ... 300 s, then 300 for ever", "[backoff]") {
  Backoff backoff([] { return 0.5; });  // the middle
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s})
    CHECK(backoff.next(Errc::Network, 0ms) == wait);
  for (int i = 0; i < 100; ++i) CHECK(backoff.next(Errc::Timeout, 0ms) == 300s);
}

TEST_CASE("backoff: spread by 20 % either way", "[backoff]") {
  Backoff early([] { return 0.0; }), late([] { return 0.999999; });
  CHECK(early.next(Errc::Network, 0ms) == 800ms);
  CHECK(late.next(Errc::Network, 0ms) == 1199ms);
}

TEST_CASE(
    "backoff: a refused password or certificate waits 5 minutes, then an hour, never less (NT1)",
    "[backoff]") {
  const auto why = GENERATE(Errc::AuthFailed, Errc::Tls);
  const auto random = GENERATE(0.0, 0.999999);
  Backoff backoff([=] { return random; });
  const auto first = backoff.next(why, 0ms);
  CHECK(first >= 5min);
  CHECK(first <= 6min);
  for (int i = 0; i < 3; ++i) {
    CHECK(backoff.next(why, 0ms) >= 1h);
  }
}

TEST_CASE("backoff: a conflict waits a minute, never less", "[backoff]") {
  Backoff backoff([] { return 0.0; });
  for (int i = 0; i < 5; ++i) CHECK(backoff.next(Errc::Conflict, 0ms) == 60s);
}

TEST_CASE("backoff: only a session of a minute starts anew", "[backoff]") {
  Backoff backoff([] { return 0.5; });
  backoff.next(Errc::Network, 0ms);
  backoff.next(Errc::Network, 0ms);
  CHECK(backoff.next(Errc::Protocol, 59s) == 4s);  // kicked at once: no reason to hurry
  CHECK(backoff.next(Errc::Network, 60s) == 1s);
  CHECK(backoff.next(Errc::Network, 0ms) == 2s);
  backoff.reset();
  CHECK(backoff.next(Errc::Network, 0ms) == 1s);
}

}  // namespace backoff_test

// SPDX-License-Identifier: MIT
#include "xep/xep0082_date.h"

#include <catch2/catch.hpp>

namespace xep0082_date_test {

using namespace xmppftd;

TEST_CASE("date: every form peers write, in UTC", "[date]") {
  const auto [text, unix_seconds] = GENERATE(table<std::string, long>({
      {"1969-07-21T02:56:15Z", -14159025},
      {"1969-07-20T21:56:15-05:00", -14159025},  // XEP-0082's own pair
      {"2009-07-14T04:52:25.650Z", 1247547145},
      {"2009-07-14T04:52:25.1234567890123Z", 1247547145},
      {"2009-07-14T04:52:25", 1247547145},
      {"2009-07-14T10:22:25+05:30", 1247547145},
      {"20090714T04:52:25", 1247547145},
      {"1970-01-01T00:00:00Z", 0},
      {"2016-12-31T23:59:60Z", 1483228800},
      {"2024-02-29T00:00:00Z", 1709164800},
  }));
  INFO(text);
  const auto moment = parse_date_time(text);
  REQUIRE(moment);
  CHECK(moment->time_since_epoch().count() == unix_seconds);
}

TEST_CASE("date: anything else is none", "[date]") {
  const auto* text =
      GENERATE("", "now", "2009-07-14", "2009-07-14 04:52:25", "2009-07-14T04:52",
               "2009-13-01T00:00:00Z", "2009-02-29T00:00:00Z", "2009-07-14T24:00:00Z",
               "2009-07-14T04:60:00Z", "2009-07-14T04:52:61Z", "2009-07-14T04:52:25.Z",
               "2009-07-14T04:52:25ZZ", "2009-07-14T04:52:25+0530", "2009-07-14T04:52:25+24:00",
               "-2009-07-14T04:52:25Z", "2009-0714T04:52:25Z", "200907-14T04:52:25Z",
               "+009-07-14T04:52:25Z", "2009-07-00T00:00:00Z", "2009-07-14T04:52:25 ");
  INFO(text);
  CHECK_FALSE(parse_date_time(text));
}

TEST_CASE("date: what is written reads back", "[date]") {
  const std::chrono::sys_seconds moment{
      std::chrono::seconds(GENERATE(0L, -14159025L, 1247547145L, 253402300799L))};
  CHECK(parse_date_time(to_date_time(moment)) == moment);
  CHECK(to_date_time(std::chrono::sys_seconds(std::chrono::seconds(1247547145))) ==
        "2009-07-14T04:52:25Z");
}

}  // namespace xep0082_date_test

// SPDX-License-Identifier: MIT
#include "config/values.h"

#include <catch2/catch.hpp>
#include <cstdlib>

namespace values_test {

using namespace xmppftd;
using namespace std::chrono_literals;

TEST_CASE("sizes: bytes, thousands, powers of 1024", "[config]") {
  CHECK(parse_size("500000").value() == 500000);
  CHECK(parse_size("500k").value() == 500000);
  CHECK(parse_size("2Mi").value() == 2u << 20);
  for (const auto* bad : {"", "fast", "-1", "1.5M", "2mi", "9999999999T", "2 Mi"})
    CHECK_FALSE(parse_size(bad));
}

TEST_CASE("durations need a unit", "[config]") {
  CHECK(parse_duration("500ms").value() == 500ms);
  CHECK(parse_duration("7d").value() == 168h);
  for (const auto* bad : {"", "5", "s", "1.5s", "5 s"}) CHECK_FALSE(parse_duration(bad));
}

TEST_CASE("paths: ~ and ${XDG...} expand, relative ones are refused", "[config]") {
  setenv("HOME", "/var/tmp", 1);  // a folder that is there
  setenv("XDG_DATA_HOME", "/data", 1);
  CHECK(expand_path("~/Inbox/").value() == "/var/tmp/Inbox");
  CHECK(expand_path("${XDG_DATA_HOME}/x").value() == "/data/x");
  CHECK_FALSE(expand_path("Inbox"));
  CHECK_FALSE(expand_path("${XDG_NO_SUCH}/x"));
}

TEST_CASE("did_you_mean: near words only", "[config]") {
  const std::string_view words[] = {"attempts", "first_delay"};
  CHECK(did_you_mean("atempts", words, 2) == "attempts");
  CHECK(did_you_mean("colour", words, 2).empty());
}

}  // namespace values_test

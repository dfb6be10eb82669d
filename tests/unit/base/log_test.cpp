// SPDX-License-Identifier: MIT
#include "base/log.h"

#include <catch2/catch.hpp>

using namespace xmppftd;

TEST_CASE("log: a peer's text cannot steer a terminal", "[log]") {
  CHECK(log::printable("a\x1b[31mb\nc") == "a?[31mb?c");
  CHECK(log::printable("x\xe2\x80\xae" "y") == "x?y");
  CHECK(log::printable(std::string(500, 'a')).size() == 200);
}

TEST_CASE("log: JIDs and names are shortened (RELIABILITY 5.5)", "[log]") {
  const auto shy = log::shy("ann@example.org/phone");
  CHECK(shy.substr(0, 16) == "a...@example.org");
  CHECK(shy.find("ann") == std::string::npos);
  CHECK(shy.find("phone") == std::string::npos);
  CHECK(shy != log::shy("amy@example.org/phone"));
  CHECK(log::shy_name("secret plan.pdf") == "....pdf");
  CHECK(log::shy_name("README") == "...");
}

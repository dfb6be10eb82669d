// SPDX-License-Identifier: MIT
#include "base/log.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>

#include "support/any_text.h"

namespace log_test {

using namespace xmppftd;

TEST_CASE("log: a peer's text cannot steer a terminal", "[log]") {
  CHECK(log::printable("a\x1b[31mb\nc") == "a?[31mb?c");
  CHECK(log::printable("x\xe2\x80\xae"
                       "y") == "x?y");
  CHECK(log::printable(std::string(500, 'a')).size() == 200);
}

TEST_CASE("log: JIDs and names are shortened", "[log]") {
  const auto shy = log::shy("ann@example.org/phone");
  CHECK(shy.substr(0, 16) == "a...@example.org");
  CHECK(shy.find("ann") == std::string::npos);
  CHECK(shy.find("phone") == std::string::npos);
  CHECK(shy != log::shy("amy@example.org/phone"));
  CHECK(log::shy_name("secret plan.pdf") == "....pdf");
  CHECK(log::shy_name("README") == "...");
}

TEST_CASE("log: whatever a fact quotes, it is one line of UTF-8 and names are no bytes", "[log]") {
  std::FILE* file = std::tmpfile();
  const int stderr_before = ::dup(STDERR_FILENO);
  ::dup2(::fileno(file), STDERR_FILENO);
  const auto texts = any_text::all(5000, true);
  for (const auto& text : texts)
    log::info("test", "saw " + text + ", " + log::shy(text) + ", " + log::shy_name(text) + ", " +
                          log::printable(text));
  ::dup2(stderr_before, STDERR_FILENO);
  ::close(stderr_before);
  std::rewind(file);
  std::string written;
  for (int c; (c = std::getc(file)) != EOF;) written += static_cast<char>(c);
  std::fclose(file);
  CHECK(any_text::is_bus_text(written));
  CHECK(std::count(written.begin(), written.end(), '\n') ==
        static_cast<std::ptrdiff_t>(texts.size()));
  for (const auto& text : texts) {
    REQUIRE(any_text::is_bus_text(log::shy(text) + log::shy_name(text) + log::printable(text)));
  }
}

}  // namespace log_test

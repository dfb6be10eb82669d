// SPDX-License-Identifier: MIT
#include "selector.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "failure.h"

namespace selector_test {

using namespace xmppftctl;

namespace {

JobNames parse(const std::vector<std::string>& words, const std::string& input = "") {
  std::istringstream in(input);
  return parse_job_names(words, in);
}

}  // namespace

TEST_CASE("jobs are named by id, range, batch, @last and @-", "[selector]") {
  const auto names = parse({"12", "3-9", "@k3f9", "@last", "@-"}, "40\n41 50-52\n@b2\n");
  CHECK(names.ids == std::vector<std::uint64_t>{12, 40, 41});
  CHECK(names.ranges == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{3, 9}, {50, 52}});
  CHECK(names.batches == std::vector<std::string>{"k3f9", "b2"});
  CHECK(names.last);
  CHECK(parse({}).empty());
  CHECK(parse({"@-"}, "\n").empty());
}

TEST_CASE("what is no job is shown with the grammar", "[selector]") {
  const auto bad = GENERATE("", "x", "0", "-", "-3", "3-", "9-3", "1-2-3", "@", "12x",
                            "99999999999999999999", "+1");
  CAPTURE(bad);
  CHECK_THROWS_MATCHES(parse({bad}), Failure, Catch::Predicate<Failure>([&](const Failure& f) {
                         return f.message.find("@BATCH") != std::string::npos &&
                                f.message.find("'" + std::string(bad) + "'") == 0;
                       }));
}

TEST_CASE("@- does not read itself again", "[selector]") {
  CHECK_THROWS_AS(parse({"@-"}, "@-"), Failure);
}

TEST_CASE("a range that would name everything is refused", "[selector]") {
  CHECK_NOTHROW(parse({"1-10000"}));
  CHECK_THROWS_AS(parse({"1-10001"}), Failure);
  CHECK_THROWS_AS(parse({"1-18446744073709551615"}), Failure);
}

}  // namespace selector_test

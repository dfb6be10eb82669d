// SPDX-License-Identifier: MIT
#include "bus/job_selector.h"

#include <catch2/catch.hpp>

namespace job_selector_test {

using namespace xmppftd;

TEST_CASE("selector: an empty one is refused, for it would mean every job", "[bus]") {
  CHECK_THROWS_AS(read_selector({}), sdbus::Error);
  CHECK_THROWS_AS(read_selector({{"all", sdbus::Variant(false)}}), sdbus::Error);
  CHECK_NOTHROW(read_selector({{"all", sdbus::Variant(true)}}));
  CHECK_NOTHROW(read_filter({}));
}

TEST_CASE("filter: every key is read, by type", "[bus]") {
  const auto filter =
      read_filter({{"ids", sdbus::Variant(std::vector<std::uint64_t>{3, 4})},
                   {"batch", sdbus::Variant(std::string("k3f9"))},
                   {"state", sdbus::Variant(std::vector<std::string>{"done", "failed"})},
                   {"direction", sdbus::Variant(std::string("in"))},
                   {"account", sdbus::Variant(sdbus::ObjectPath("/org/xmppft/Daemon1/accounts/2"))},
                   {"peer", sdbus::Variant(std::string("BOB@example.org"))},
                   {"since", sdbus::Variant(std::uint64_t{5})},
                   {"text", sdbus::Variant(std::string("jpg"))},
                   {"sort", sdbus::Variant(std::string("oldest"))}});
  CHECK(filter.ids == std::vector<JobId>{3, 4});
  CHECK(filter.batch == "k3f9");
  CHECK(filter.states == std::vector<JobState>{JobState::Done, JobState::Failed});
  CHECK(filter.direction == Direction::In);
  CHECK(filter.account == 2);
  CHECK(filter.peer == "bob@example.org");
  CHECK(filter.oldest_first);
}

TEST_CASE("filter: bad values are refused by name", "[bus]") {
  const VariantMap rows[] = {
      {{"state", sdbus::Variant(std::vector<std::string>{"sleeping"})}},
      {{"direction", sdbus::Variant(std::string("up"))}},
      {{"account", sdbus::Variant(sdbus::ObjectPath("/org/xmppft/Daemon1"))}},
      {{"peer", sdbus::Variant(std::string("bob@@x"))}},
      {{"sort", sdbus::Variant(std::string("size"))}},
      {{"ids", sdbus::Variant(std::vector<std::uint64_t>{})}},
      {{"id", sdbus::Variant(std::uint64_t{1})}}};
  for (const auto& row : rows) CHECK_THROWS_AS(read_filter(row), sdbus::Error);
}

}  // namespace job_selector_test

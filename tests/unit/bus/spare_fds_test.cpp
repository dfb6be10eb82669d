// SPDX-License-Identifier: MIT
#include "bus/spare_fds.h"

#include <catch2/catch.hpp>

namespace spare_fds_test {

using namespace xmppftd;

constexpr std::size_t kCount = 8;

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }
/// The number that the next descriptor gets.
int lowest_free() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)).get(); }

/// The soft limit of this process for a while.
struct Limit {
  rlimit before{};
  explicit Limit(int most) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit now{static_cast<rlim_t>(most), before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &now) == 0);
  }
  ~Limit() { ::setrlimit(RLIMIT_NOFILE, &before); }
};

// UBSan needs a pipe to look at an object, so in a full table it takes each for a wild pointer.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("spare descriptors: they stay while there are others, and are let go in a full table",
          "[bus]") {
  const int first = lowest_free();
  const Limit limit(first + 3 * static_cast<int>(kCount));
  SpareFds spare(kCount);
  REQUIRE(is_open(first));
  spare.let_go();
  CHECK(is_open(first));

  std::vector<UniqueFd> others;
  for (UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); fd;
       fd = UniqueFd(::dup(others.front().get())))
    others.push_back(std::move(fd));
  REQUIRE(lowest_free() == -1);
  SECTION("a full table") {}
  SECTION("one with a hole in it") { others.erase(others.begin() + 1); }
  spare.let_go();
  CHECK_FALSE(is_open(first));
  std::vector<UniqueFd> taken;
  for (std::size_t i = 0; i < kCount; ++i) CHECK(taken.emplace_back(::dup(others.front().get())));

  taken.clear();
  spare.hold();
  CHECK(is_open(first));
}
#endif

}  // namespace spare_fds_test

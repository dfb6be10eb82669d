// SPDX-License-Identifier: MIT
#include "sqlite/ballast.h"

#include <sys/stat.h>

#include "unit/sqlite/journal_fixture.h"

namespace ballast_test {

using namespace xmppftd;

namespace {

/// The room that it holds, 0 = there is none.
std::uint64_t held_by(const std::string& folder) {
  struct stat found {};
  if (::lstat((folder + "/ballast").c_str(), &found) != 0) return 0;
  CHECK((found.st_mode & 07777) == 0600);
  return static_cast<std::uint64_t>(found.st_blocks) * 512;
}

}  // namespace

TEST_CASE("ballast: holds its room until it is released, and again when there is some",
          "[ballast]") {
  const TempFolder folder;
  Ballast ballast(folder.path());
  CHECK_FALSE(ballast.released());
  CHECK(held_by(folder.path()) >= Ballast::kBytes);
  CHECK(ballast.release());
  CHECK(held_by(folder.path()) == 0);
  CHECK(ballast.released());
  CHECK_FALSE(ballast.release());
  ballast.restore();
  CHECK(held_by(folder.path()) >= Ballast::kBytes);
  CHECK_FALSE(ballast.released());
  CHECK(Ballast(folder.path()).release());  // an earlier process left it
}

}  // namespace ballast_test

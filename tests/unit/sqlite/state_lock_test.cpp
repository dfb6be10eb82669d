// SPDX-License-Identifier: MIT
#include "sqlite/state_lock.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/private_folder.h"
#include "journal_fixture.h"

namespace state_lock_test {

using namespace xmppftd;
namespace fs = std::filesystem;

TEST_CASE("state lock: the second daemon is told who holds it", "[lock]") {
  TempFolder temp;
  auto first = StateLock::take(temp.file("state"));
  REQUIRE(first);
  auto second = StateLock::take(temp.file("state"));
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::Exists);
  CHECK(second.error().detail.find("pid " + std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE("state lock: freed when its holder lets go or dies", "[lock]") {
  TempFolder temp;
  { REQUIRE(StateLock::take(temp.file("state"))); }
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = StateLock::take(temp.file("state"));
    ::_exit(lock ? 0 : 1);  // without destructors, as a killed process
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WEXITSTATUS(status) == 0);
  CHECK(StateLock::take(temp.file("state")));
}

TEST_CASE("state lock: neither follows a link nor waits on a FIFO", "[lock]") {
  TempFolder temp;
  fs::create_directory(temp.file("state"));
  std::ofstream(temp.file("precious")) << "content";
  SECTION("link") { fs::create_symlink(temp.file("precious"), temp.file("state/lock")); }
  SECTION("fifo") { REQUIRE(::mkfifo(temp.file("state/lock").c_str(), 0600) == 0); }
  SECTION("folder") { fs::create_directory(temp.file("state/lock")); }
  CHECK_FALSE(StateLock::take(temp.file("state")));
  CHECK(fs::file_size(temp.file("precious")) == 7);
}

TEST_CASE("private folder: made with its parents, refused when it is a file", "[lock]") {
  TempFolder temp;
  auto made = open_private_folder(temp.file("a/b/c"));
  REQUIRE(made);
  CHECK(fs::is_directory(temp.file("a/b/c")));
  std::ofstream(temp.file("file")) << "x";
  CHECK_FALSE(open_private_folder(temp.file("file")));
  CHECK(open_private_folder("relative").error().code == Errc::BadArgument);
}

}  // namespace state_lock_test

// SPDX-License-Identifier: MIT
#include "data/leftovers.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "model/file_info.h"
#include "temp_dir.h"

namespace leftovers_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kPart = ".xmppft-0123456789abcdef.part";
constexpr auto kBad = ".xmppft-0123456789abcdef.bad";

/// The folder is looked at so long after everything in it was touched.
unsigned sweep(const TempDir& dir, std::chrono::seconds after,
               const std::set<std::string>& in_use = {}) {
  const auto removed =
      remove_leftovers(dir.path(), in_use, std::chrono::system_clock::now() + after);
  REQUIRE(removed);
  return *removed;
}
bool there(const TempDir& dir, const std::string& name) {
  return std::filesystem::exists(std::filesystem::symlink_status(dir / name));
}

}  // namespace

TEST_CASE("leftovers: a part file is forgotten after 30 days, a bad one after 7", "[leftovers]") {
  const TempDir dir;
  write_file(dir / kPart, "x");
  write_file(dir / kBad, "x");
  CHECK(sweep(dir, 7 * 24h - 1min) == 0);
  CHECK(sweep(dir, 7 * 24h + 1min) == 1);
  CHECK_FALSE(there(dir, kBad));
  CHECK(sweep(dir, 30 * 24h - 1min) == 0);
  CHECK(sweep(dir, 30 * 24h + 1min) == 1);
  CHECK_FALSE(there(dir, kPart));
}

TEST_CASE("leftovers: what the journal names stays", "[leftovers]") {
  const TempDir dir;
  write_file(dir / kPart, "x");
  CHECK(sweep(dir, 1000 * 24h, {kPart}) == 0);
  CHECK(there(dir, kPart));
}

TEST_CASE("leftovers: an old modification time alone does not make a file old", "[leftovers]") {
  const TempDir dir;
  write_file(dir / kPart, "x");
  const struct timespec past[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, (dir / kPart).c_str(), past, 0) == 0);
  CHECK(sweep(dir, 0s) == 0);
}

TEST_CASE("leftovers: nothing by another name, and no folder, link or FIFO", "[leftovers]") {
  const TempDir dir;
  const auto name =
      GENERATE(as<std::string>{}, "notes.part", ".xmppft-.part", ".xmppft-0123456789abcde.part",
               ".xmppft-0123456789abcdef0.part", ".xmppft-0123456789ABCDEF.part",
               "xmppft-0123456789abcdef.part", ".xmppft-0123456789abcdef.part.txt",
               ".xmppft-0123456789abcdef", ".xmppft-0123456789abcdeg.part",
               ".xmppft-0123456789abcdef.part~", " .xmppft-0123456789abcdef.part");
  write_file(dir / name, "x");
  std::filesystem::create_directory(dir / ".xmppft-aaaaaaaaaaaaaaaa.part");
  std::filesystem::create_symlink(name, dir / ".xmppft-bbbbbbbbbbbbbbbb.part");
  REQUIRE(::mkfifo((dir / ".xmppft-cccccccccccccccc.part").c_str(), 0600) == 0);
  CHECK(sweep(dir, 1000 * 24h) == 0);
  CHECK(there(dir, name));
  CHECK(there(dir, ".xmppft-bbbbbbbbbbbbbbbb.part"));
}

TEST_CASE("leftovers: each new part file has a name by which it is found", "[leftovers]") {
  const TempDir dir;
  for (int i = 0; i < 50; ++i) write_file(dir / new_part_file_name(), "");
  CHECK(sweep(dir, 31 * 24h) == 50);
}

TEST_CASE("leftovers: a folder that is not there is an error and nothing more", "[leftovers]") {
  const TempDir dir;
  const auto removed = remove_leftovers(dir / "gone", {}, std::chrono::system_clock::now());
  REQUIRE_FALSE(removed);
  CHECK(removed.error().code == Errc::FileMissing);
}

}  // namespace leftovers_test

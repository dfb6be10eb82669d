// SPDX-License-Identifier: MIT
//
// What counts as a change of a file that is to be sent: all that can be done to its metadata, and
// all that can be done to its content behind the clock's back.
#include "data/content.h"

#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>
#include <utility>
#include <vector>

#include "data/source_file.h"
#include "temp_dir.h"

namespace content_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

using Deed = std::pair<std::string, std::function<void(const std::string& path)>>;

struct timespec modified(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mtim;
}

void set_modified(const std::string& path, struct timespec time) {
  const struct timespec times[2] = {{0, UTIME_OMIT}, time};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

void overwrite(const std::string& path, std::uint64_t offset, std::string_view bytes) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY));
  REQUIRE(write_all(fd.get(), view_of(bytes), offset));
}

/// Nothing of these touches a byte or the mtime.
const std::vector<Deed>& metadata() {
  static const std::vector<Deed> deeds = {
      {"chmod", [](auto& path) { ::chmod(path.c_str(), 0640); }},
      {"chown",
       [](auto& path) { static_cast<void>(::chown(path.c_str(), ::geteuid(), ::getegid())); }},
      {"hard link", [](auto& path) { ::link(path.c_str(), (path + ".link").c_str()); }},
      {"link and unlink",
       [](auto& path) {
         ::link(path.c_str(), (path + ".x").c_str());
         ::unlink((path + ".x").c_str());
       }},
      {"rename away and back",
       [](auto& path) {
         ::rename(path.c_str(), (path + ".away").c_str());
         ::rename((path + ".away").c_str(), path.c_str());
       }},
      {"attribute", [](auto& path) { ::setxattr(path.c_str(), "user.note", "x", 1, 0); }},
      {"atime",
       [](auto& path) {
         const struct timespec times[2] = {{1'200'000'000, 0}, {0, UTIME_OMIT}};
         ::utimensat(AT_FDCWD, path.c_str(), times, 0);
       }},
      {"mtime set to what it was", [](auto& path) { set_modified(path, modified(path)); }},
  };
  return deeds;
}

std::shared_ptr<OpenFile> queued(const TempDir& dir, std::uint64_t size) {
  write_file(dir / "f", noise(size));
  set_modified(dir / "f", {1'000'000'000, 5});
  auto file = open_source_file(dir / "f");
  REQUIRE(file);
  REQUIRE((*file)->identity.content != 0);
  return std::move(*file);
}

/// As at the start of a job, by path, and as before its last bytes, by descriptor.
bool unchanged(const TempDir& dir, const OpenFile& file) {
  auto known = file.identity;
  const bool by_descriptor = check_unchanged(file.fd.get(), known).ok();
  const bool by_path = reopen_source_file(dir / "f", nullptr, file.identity).ok();
  CHECK(by_descriptor == by_path);
  return by_descriptor;
}

constexpr std::uint64_t kSizes[] = {
    0, 1, 4096, 300'000, kMarkedWhole, kMarkedWhole + 1, 3 * kMarkedWhole};

}  // namespace

TEST_CASE("content: metadata alone is no change, for any size", "[content]") {
  for (const auto size : kSizes) {
    const TempDir dir;
    const auto file = queued(dir, size);
    for (const auto& [name, deed] : metadata()) {
      INFO(name << ", " << size << " bytes");
      deed(dir / "f");
      CHECK(unchanged(dir, *file));
    }
  }
}

TEST_CASE("content: a rewrite is seen though size and mtime are as before", "[content]") {
  for (const auto size : kSizes) {
    if (size == 0) continue;
    std::vector<Deed> rewrites = {
        {"all of it", [&](auto& path) { overwrite(path, 0, noise(size, 7)); }}};
    if (size <= kMarkedWhole)
      for (const auto at : {std::uint64_t{0}, size / 3, size / 2, size - 1})
        rewrites.emplace_back("byte " + std::to_string(at),
                              [at](auto& path) { overwrite(path, at, "\x01\x02" + (at & 1)); });
    for (const auto& [name, rewrite] : rewrites) {
      INFO(name << ", " << size << " bytes");
      const TempDir dir;
      const auto file = queued(dir, size);
      const auto before = read_file(dir / "f");
      rewrite(dir / "f");
      ::truncate((dir / "f").c_str(), static_cast<off_t>(size));
      set_modified(dir / "f", {1'000'000'000, 5});
      if (read_file(dir / "f") == before) continue;  // it wrote what was there
      CHECK_FALSE(unchanged(dir, *file));
    }
  }
}

TEST_CASE("content: a touch or an equal copy is no change where the mark covers all", "[content]") {
  for (const auto size : kSizes) {
    INFO(size << " bytes");
    const bool whole = size <= kMarkedWhole;
    const TempDir dir;
    const auto file = queued(dir, size);
    set_modified(dir / "f", {1'500'000'000, 0});
    CHECK(unchanged(dir, *file) == whole);

    std::filesystem::copy_file(dir / "f", dir / "copy");
    ::rename((dir / "copy").c_str(), (dir / "f").c_str());
    CHECK(reopen_source_file(dir / "f", nullptr, file->identity).ok() == whole);
  }
}

TEST_CASE("content: longer or shorter is changed, whatever the times say", "[content]") {
  for (const auto size : kSizes) {
    const TempDir dir;
    const auto file = queued(dir, size);
    ::truncate((dir / "f").c_str(), static_cast<off_t>(size + 1));
    set_modified(dir / "f", {1'000'000'000, 5});
    CHECK_FALSE(unchanged(dir, *file));
    if (size == 0) continue;
    ::truncate((dir / "f").c_str(), static_cast<off_t>(size - 1));
    set_modified(dir / "f", {1'000'000'000, 5});
    CHECK_FALSE(unchanged(dir, *file));
  }
}

TEST_CASE("content: a new device number is no change, an unmarked file is judged by its times",
          "[content]") {
  const TempDir dir;
  const auto file = queued(dir, 100);
  file->identity.device += 1;  // the next boot's
  CHECK(unchanged(dir, *file));
  file->identity.content = 0;  // from a journal of before
  CHECK(unchanged(dir, *file));
  ::chmod((dir / "f").c_str(), 0400);
  CHECK_FALSE(unchanged(dir, *file));
}

TEST_CASE("content: a held file is looked at itself", "[content]") {
  const TempDir dir;
  const auto file = queued(dir, 100);
  ::unlink((dir / "f").c_str());
  write_file(dir / "f", "another");
  const auto again = reopen_source_file(dir / "f", file, file->identity);
  REQUIRE(again);
  CHECK(*again == file);
  overwrite("/proc/self/fd/" + std::to_string(file->fd.get()), 0, "x");
  CHECK_FALSE(reopen_source_file(dir / "f", file, file->identity));
}

}  // namespace content_test

// SPDX-License-Identifier: MIT
#include "data/source_file.h"

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "data/content.h"
#include "temp_dir.h"

namespace source_file_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

template <class T>
Errc error_of(const Result<T>& opened) {
  return opened ? Errc::Internal : opened.error().code;
}

/// A file that a program has mapped, as databases do.
struct Mapping {
  explicit Mapping(const std::string& path) : fd(::open(path.c_str(), O_RDWR)) {
    bytes = static_cast<char*>(
        ::mmap(nullptr, kLength, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0));
    REQUIRE(bytes != MAP_FAILED);
  }
  ~Mapping() { ::munmap(bytes, kLength); }
  static constexpr std::size_t kLength = 4096;
  UniqueFd fd;
  char* bytes;
};

/// Longer than the clock of a file system takes to move.
void a_while() { ::usleep(50'000); }

}  // namespace

TEST_CASE("source: a write to a page that was mapped and dirty before is seen", "[source]") {
  const TempDir dir;
  struct statfs system {};
  REQUIRE(::statfs(dir.path().c_str(), &system) == 0);
  if (system.f_type == TMPFS_MAGIC) {
    WARN("SKIP: a file system in memory never tells");
    return;
  }
  write_file(dir / "db", std::string(kMarkedWhole + 4096, 'x'));  // its times decide
  Mapping database(dir / "db");
  database.bytes[0] = 'a';
  a_while();
  const auto queued = open_source_file(dir / "db");
  REQUIRE(queued);
  database.bytes[0] = 'b';  // nobody can see this one
  auto opened = reopen_source_file(dir / "db", nullptr, (*queued)->identity);
  REQUIRE(opened);
  a_while();
  database.bytes[0] = 'c';
  auto known = (*opened)->identity;
  CHECK(error_of(check_unchanged((*opened)->fd.get(), known)) == Errc::FileChanged);
}

TEST_CASE("source: a regular file is opened and its identity noted", "[source]") {
  const TempDir dir;
  write_file(dir / "a", "hello");
  const auto opened = open_source_file(dir / "a");
  REQUIRE(opened);
  struct stat status {};
  ::stat((dir / "a").c_str(), &status);
  CHECK((*opened)->identity.inode == status.st_ino);
  CHECK((*opened)->identity.device == status.st_dev);
  CHECK((*opened)->identity.size == 5);
  CHECK((*opened)->identity.modified_ns ==
        status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec);
  CHECK((::fcntl((*opened)->fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("source: links, folders, pipes, devices and /proc are refused (FN4)", "[source]") {
  const TempDir dir;
  write_file(dir / "secret", "key");
  ::symlink((dir / "secret").c_str(), (dir / "link").c_str());
  ::mkfifo((dir / "pipe").c_str(), 0600);  // opening it in the plain way would wait for a writer
  CHECK(error_of(open_source_file(dir / "link")) == Errc::NotRegularFile);
  CHECK(error_of(open_source_file(dir / "pipe")) == Errc::NotRegularFile);
  CHECK(error_of(open_source_file(dir.path())) == Errc::NotRegularFile);
  CHECK(error_of(open_source_file("/dev/null")) == Errc::NotRegularFile);
  CHECK(error_of(open_source_file("/proc/self/environ")) == Errc::NotRegularFile);
  CHECK(open_source_file(dir / "link").error().detail.find("readlink") != std::string::npos);
}

TEST_CASE("source: a missing file is named, with the kernel's words", "[source]") {
  const TempDir dir;
  const auto opened = open_source_file(dir / "none");
  REQUIRE(error_of(opened) == Errc::FileMissing);
  CHECK(opened.error().detail == (dir / "none") + ": No such file or directory; check the name");
  write_file(dir / "a", "");
  CHECK(error_of(open_source_file(dir / "a/b")) == Errc::FileMissing);
}

TEST_CASE("source: permission denied is Unreadable", "[source]") {
  const TempDir dir;
  write_file(dir / "mine", "x");
  ::chmod((dir / "mine").c_str(), 0);
  ::chmod(dir.path().c_str(), 0711);
  // Root may read everything, so a child that is nobody tries.
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    ::_exit(error_of(open_source_file(dir / "mine")) == Errc::Unreadable ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("source: a passed descriptor must be readable and regular (DB3)", "[source]") {
  const TempDir dir;
  write_file(dir / "a", "hello");
  const auto adopt = [&](const std::string& path, int flags) {
    return adopt_source_file(UniqueFd(::open(path.c_str(), flags)));
  };
  const auto good = adopt(dir / "a", O_RDONLY);
  REQUIRE(good);
  CHECK(good->file->identity.size == 5);
  CHECK((::fcntl(good->file->fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(adopt(dir / "a", O_RDWR));
  CHECK(error_of(adopt(dir / "a", O_WRONLY)) == Errc::BadFd);
  CHECK(error_of(adopt(dir / "a", O_PATH)) == Errc::BadFd);
  CHECK(error_of(adopt(dir.path(), O_RDONLY | O_DIRECTORY)) == Errc::BadFd);
  CHECK(error_of(adopt("/dev/zero", O_RDONLY)) == Errc::BadFd);
  CHECK(error_of(adopt("/proc/self/environ", O_RDONLY)) == Errc::BadFd);
  CHECK(error_of(adopt_source_file(UniqueFd())) == Errc::BadFd);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const UniqueFd writer(ends[1]);
  CHECK(error_of(adopt_source_file(UniqueFd(ends[0]))) == Errc::BadFd);
}

TEST_CASE("source: a descriptor's path is told only where it leads to that very file", "[source]") {
  const TempDir dir;
  write_file(dir / "a", "hello");
  write_file(dir / "b", "hello");
  ::symlink("a", (dir / "link").c_str());
  const auto path = [&](const std::string& said, const std::string& opened) {
    auto adopted = adopt_source_file(UniqueFd(::open((dir / opened).c_str(), O_RDONLY)), said);
    REQUIRE(adopted);
    CHECK(adopted->file->identity.content != 0);
    return adopted->path;
  };
  CHECK(path(dir / "a", "a") == dir / "a");
  // Client and daemon see different files there: what the client opened is meant.
  CHECK(path(dir / "b", "a") == dir / "a");
  CHECK(path(dir / "none", "a") == dir / "a");
  CHECK(path(dir / "link", "a") == dir / "a");
  CHECK(path("", "a") == dir / "a");
  const UniqueFd unnamed(::open((dir / "b").c_str(), O_RDONLY));
  ::unlink((dir / "b").c_str());
  CHECK(adopt_source_file(UniqueFd(::dup(unnamed.get())), dir / "b")->path.empty());
  write_file(dir / "b", "hello");
  CHECK(adopt_source_file(UniqueFd(::dup(unnamed.get())), dir / "b")->path.empty());
}

}  // namespace source_file_test

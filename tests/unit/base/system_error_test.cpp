// SPDX-License-Identifier: MIT
#include "base/system_error.h"

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <set>
#include <string>

namespace system_error_test {

using namespace xmppftd;

namespace {

bool says(const std::string& detail, const std::string& word) {
  return detail.find(word) != std::string::npos;
}

}  // namespace

TEST_CASE("system error: every errno value says what, why and what helps", "[system_error]") {
  const std::set<int> of_the_disk{EIO, EUCLEAN, EBADMSG, EREMOTEIO, EHWPOISON};
  for (int number = 1; number <= 133; ++number) {
    const auto error = system_error(number, "/in/notes.txt");
    INFO(number << " " << error.detail);
    const auto remedy = error.detail.find("; ");
    REQUIRE(remedy != std::string::npos);
    CHECK(error.detail.starts_with("/in/notes.txt: "));
    const char* words = ::strerrordesc_np(number);
    CHECK(says(error.detail.substr(0, remedy),
               words != nullptr ? words : "unknown error " + std::to_string(number)));
    CHECK(error.detail.size() > remedy + 10);
    CHECK(says(error.detail, "dmesg") == (of_the_disk.count(number) != 0));
    const std::set<Errc> kinds{Errc::FileMissing, Errc::Unreadable, Errc::NotRegularFile,
                               Errc::DiskFull,    Errc::Exists,     Errc::Unavailable,
                               Errc::Io};
    CHECK(kinds.count(error.code) != 0);
  }
}

TEST_CASE("system error: each class has its own kind and remedy", "[system_error]") {
  struct Row {
    int number;
    Errc code;
    const char* word;
  };
  const Row rows[] = {
      {EMFILE, Errc::Unavailable, "LimitNOFILE="},
      {EMFILE, Errc::Unavailable, "ulimit -n"},
      {ENFILE, Errc::Unavailable, "fs.file-max"},
      {ENOMEM, Errc::Unavailable, "memory"},
      {EAGAIN, Errc::Unavailable, "try again"},
      {ETIMEDOUT, Errc::Unavailable, "file server"},
      {ESTALE, Errc::Unavailable, "mount it again"},
      {EBUSY, Errc::Unavailable, "another program"},
      {ENOSPC, Errc::DiskFull, "free some space on that disk"},
      {EDQUOT, Errc::DiskFull, "quota"},
      {EROFS, Errc::Unreadable, "read-only"},
      {EACCES, Errc::Unreadable, "right"},
      {EPERM, Errc::Unreadable, "right"},
      {ENOENT, Errc::FileMissing, "check the name"},
      {ENOTDIR, Errc::FileMissing, "no folder"},
      {ENAMETOOLONG, Errc::FileMissing, "shorter"},
      {EISDIR, Errc::NotRegularFile, "folder"},
      {ELOOP, Errc::NotRegularFile, "symbolic links"},
      {EIO, Errc::Io, "dmesg"},
      {EFBIG, Errc::Io, "that large"},
      {ENODEV, Errc::Io, "device is gone"},
      {ENXIO, Errc::Io, "device is gone"},
  };
  for (const auto& row : rows) {
    const auto error = system_error(row.number, "x");
    INFO(error.detail);
    CHECK(error.code == row.code);
    CHECK(says(error.detail, row.word));
  }
}

TEST_CASE("system error: without a subject it is the reason alone", "[system_error]") {
  CHECK(system_error(ENOENT, "").detail == "No such file or directory; check the name");
}

}  // namespace system_error_test

// SPDX-License-Identifier: MIT
//
// Which folders are good to receive into, where they are, and what mode their files get.
#include "data/folder.h"

#include <sys/mount.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "data/access_list.h"
#include "data/part_file.h"
#include "temp_dir.h"

namespace folder_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

constexpr uid_t kUs = 1000;

/// A list as the kernel takes it: tag, rights, id.
struct ListEntry {
  std::uint16_t tag, rights;
  std::uint32_t id;
};
constexpr std::uint32_t kNobody = 0xffffffff;
bool set_list(const std::string& path, const char* which, const std::vector<ListEntry>& entries) {
  std::string bytes("\x02\0\0\0", 4);
  for (const auto& entry : entries) {
    bytes += {static_cast<char>(entry.tag), static_cast<char>(entry.tag >> 8),
              static_cast<char>(entry.rights), static_cast<char>(entry.rights >> 8)};
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(entry.id >> shift);
  }
  return ::setxattr(path.c_str(), which, bytes.data(), bytes.size(), 0) == 0;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("folder: good is what strangers cannot swap names in, for every mode and owner",
          "[folder]") {
  for (mode_t mode = 0; mode <= 07777; ++mode)
    for (const uid_t owner : {kUs, uid_t{0}, uid_t{1001}})
      for (const bool own_group : {false, true}) {
        const auto checked =
            check_rights({.mode = mode, .owner = owner, .own_group = own_group}, kUs, "/x");
        const bool sticky = (mode & 01000) != 0;
        const bool open = (mode & 0002) != 0 || ((mode & 0020) != 0 && !own_group);
        const bool good = (sticky && owner != 1001) || (owner == kUs && !open);
        if (checked.ok() != good)
          FAIL("mode " << std::oct << mode << " owner " << std::dec << owner);
        if (checked) continue;
        const auto& detail = checked.error().detail;
        // A remedy that works, and never one that breaks what others use.
        const bool chmod = detail.find("chmod") != std::string::npos;
        if (chmod && (sticky || owner != kUs)) FAIL(detail);
        if (owner != kUs && detail.find("choose a folder of your own") == std::string::npos)
          FAIL(detail);
        if (owner == kUs && own_group && chmod && detail.find("chmod o-w") == std::string::npos)
          FAIL(detail);
      }
}

TEST_CASE("folder: the real ones", "[folder]") {
  const TempDir dir;
  const auto check = [&](mode_t mode) {
    REQUIRE(::chmod(dir.path().c_str(), mode) == 0);
    return open_folder(dir.path()).ok();
  };
  CHECK(check(0700));
  CHECK(check(0755));
  CHECK(check(01777));
  CHECK_FALSE(check(0777));
  CHECK_FALSE(check(0707));
  CHECK(open_folder("/tmp").ok());
  // Root's group is root's alone here; a shared one is not.
  if (::geteuid() != 0) return;
  CHECK(check(0775));
  CHECK(check(02775));
  REQUIRE(::chown(dir.path().c_str(), 0, 1) == 0);
  CHECK_FALSE(check(0775));
  CHECK_FALSE(check(02775));
  REQUIRE(::chown(dir.path().c_str(), 65534, 0) == 0);
  CHECK_FALSE(check(01777));
}

TEST_CASE("folder: a link that leads to a good folder is followed", "[folder]") {
  const TempDir dir;
  ::mkdir((dir / "real").c_str(), 0700);
  ::symlink("real", (dir / "link").c_str());
  const auto part = create_part_file(dir / "link", new_part_file_name(), 0, 0);
  REQUIRE(part);
  CHECK(publish_part_file(**part, "a", false).value() == dir / "link");
  CHECK(exists(dir / "real/a"));
}

TEST_CASE("folder: an access list that lets others write is seen", "[folder]") {
  const TempDir dir;
  const char* const kList = "system.posix_acl_access";
  if (!set_list(
          dir.path(), kList,
          {{1, 7, kNobody}, {2, 7, 12345}, {4, 5, kNobody}, {16, 7, kNobody}, {32, 5, kNobody}})) {
    WARN("SKIPPED: this file system has no access control lists");
    return;
  }
  const auto opened = open_folder(dir.path());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::UnsafeFolder);
  set_list(dir.path(), kList,
           {{1, 7, kNobody}, {2, 7, 12345}, {4, 5, kNobody}, {16, 5, kNobody}, {32, 5, kNobody}});
  CHECK(open_folder(dir.path()));  // masked
}

TEST_CASE("folder: the default list says what mode its files get", "[folder]") {
  const TempDir dir;
  const auto mode = [&] {
    const UniqueFd folder(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY));
    return default_mode(folder.get());
  };
  CHECK_FALSE(mode());
  const char* const kList = "system.posix_acl_default";
  if (!set_list(dir.path(), kList, {{1, 7, kNobody}, {4, 5, kNobody}, {32, 0, kNobody}})) {
    WARN("SKIPPED: this file system has no access control lists");
    return;
  }
  CHECK(mode() == mode_t{0640});
  set_list(dir.path(), kList,
           {{1, 7, kNobody}, {2, 7, 12345}, {4, 0, kNobody}, {16, 7, kNobody}, {32, 4, kNobody}});
  CHECK(mode() == mode_t{0664});  // the mask stands in the group's place
}

TEST_CASE("sync: the part gets the mode it is to have, which is never one to run", "[folder]") {
  const TempDir dir;
  const auto part = create_part_file(dir.path(), new_part_file_name(), 0, 0).value();
  CHECK(mode_of(dir / part->name) == 0600);
  for (const mode_t mode : {0600, 0640, 0644, 0664}) {
    REQUIRE(sync_part_file(*part, 0, mode));
    CHECK(mode_of(dir / part->name) == mode);
  }
}

TEST_CASE("publish: a folder that was moved is followed to where it is", "[publish]") {
  const TempDir dir;
  ::mkdir((dir / "inbox").c_str(), 0700);
  const auto part = create_part_file(dir / "inbox", new_part_file_name(), 0, 0).value();
  ::rename((dir / "inbox").c_str(), (dir / "inbox.old").c_str());
  SECTION("nothing in its place") {}
  SECTION("another in its place") { ::mkdir((dir / "inbox").c_str(), 0700); }
  SECTION("a link to another in its place") { ::symlink("/tmp", (dir / "inbox").c_str()); }
  SECTION("a file in its place") { write_file(dir / "inbox", ""); }
  CHECK(publish_part_file(*part, "a", false).value() == dir / "inbox.old");
  CHECK(exists(dir / "inbox.old/a"));
  CHECK_FALSE(exists(dir / "inbox/a"));
}

TEST_CASE("publish: a folder that no path leads to is waited for", "[publish][root]") {
  const TempDir dir;
  ::mkdir((dir / "inbox").c_str(), 0700);
  const auto mounted = [&] {
    return ::mount("tmpfs", (dir / "inbox").c_str(), "tmpfs", 0, "size=1m,mode=0700") == 0;
  };
  if (!mounted()) {
    WARN("SKIPPED: mounting needs root");
    return;
  }
  const auto part = create_part_file(dir / "inbox", new_part_file_name(), 0, 0).value();
  const auto publish = [&] { return publish_part_file(*part, "a", false); };
  SECTION("covered by another mount") {
    REQUIRE(mounted());
    CHECK(publish().error().code == Errc::FileMissing);
    ::umount2((dir / "inbox").c_str(), MNT_DETACH);
    CHECK(publish().value() == dir / "inbox");
    CHECK(exists(dir / "inbox/a"));
    ::umount2((dir / "inbox").c_str(), MNT_DETACH);
  }
  SECTION("unmounted") {
    ::umount2((dir / "inbox").c_str(), MNT_DETACH);
    CHECK(publish().error().code == Errc::FileMissing);
  }
}

TEST_CASE("publish: a folder that was deleted with the part is no place to wait for", "[publish]") {
  const TempDir dir;
  ::mkdir((dir / "inbox").c_str(), 0700);
  const auto part = create_part_file(dir / "inbox", new_part_file_name(), 0, 0).value();
  std::filesystem::remove_all(dir / "inbox");
  CHECK(publish_part_file(*part, "a", false).error().code == Errc::Interrupted);
}

}  // namespace folder_test

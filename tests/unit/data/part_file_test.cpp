// SPDX-License-Identifier: MIT
#include "data/part_file.h"

#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>

#include "base/bytes.h"
#include "data/file_io.h"
#include "temp_dir.h"

namespace part_file_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

constexpr std::uint64_t kHuge = std::uint64_t{1} << 60;

std::shared_ptr<PartFile> part_in(const TempDir& dir, std::string_view content = "new") {
  auto part = create_part_file(dir.path(), new_part_file_name(), content.size(), 0).value();
  REQUIRE(write_all(part->file->fd.get(), view_of(content), 0));
  return part;
}

template <class T>
Errc error_of(const Result<T>& result) {
  return result ? Errc::Internal : result.error().code;
}

bool says(const Error& error, const std::string& words) {
  return error.detail.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("part: created empty, ours alone, under a name of no peer's choosing", "[part]") {
  const TempDir dir;
  const auto part = create_part_file(dir.path(), new_part_file_name(), 100'000, 0);
  REQUIRE(part);
  const auto& name = (*part)->name;
  CHECK(name.size() == 8 + 16 + 5);
  CHECK(name.rfind(".xmppft-", 0) == 0);
  CHECK(name.substr(24) == ".part");
  struct stat status {};
  REQUIRE(::lstat((dir / name).c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(status.st_size == 0);
  CHECK((*part)->file->identity.inode == status.st_ino);
  CHECK(create_part_file(dir.path(), new_part_file_name(), 0, 0).value()->name != name);
}

TEST_CASE("part: after a sync that failed no later one makes it good", "[part]") {
  // The kernel tells once that it lost what was written, and syncs the rest without a word.
  const TempDir dir;
  const auto part = part_in(dir);
  const int fd = part->file->fd.get();
  const UniqueFd good(::dup(fd));
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const UniqueFd reader(pipe[0]), writer(pipe[1]);
  REQUIRE(sync_part_data(*part));
  REQUIRE(::dup2(writer.get(), fd) == fd);  // which cannot be synced
  CHECK_FALSE(sync_part_data(*part));
  REQUIRE(::dup2(good.get(), fd) == fd);
  CHECK_FALSE(sync_part_data(*part));
  CHECK_FALSE(sync_part_file(*part, 3));
}

TEST_CASE("part: whether it could be created is told without creating it", "[part]") {
  const TempDir dir;
  CHECK(check_part_place(dir.path(), 100'000, 0));
  CHECK(error_of(check_part_place(dir / "missing", 0, 0)) == Errc::FileMissing);
  CHECK(error_of(check_part_place(dir.path(), kHuge, 0)) == Errc::DiskFull);
  CHECK(error_of(check_part_place(dir.path(), 0, kHuge)) == Errc::DiskFull);
  REQUIRE(::chmod(dir.path().c_str(), 0777) == 0);
  CHECK(error_of(check_part_place(dir.path(), 0, 0)) == Errc::UnsafeFolder);
  REQUIRE(::chmod(dir.path().c_str(), 0700) == 0);
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("part: room is reserved where the file system can", "[part]") {
  const TempDir dir;
  const auto part = create_part_file(dir.path(), new_part_file_name(), 1 << 20, 0).value();
  struct stat status {};
  ::fstat(part->file->fd.get(), &status);
  const UniqueFd probe(::open((dir / "probe").c_str(), O_RDWR | O_CREAT, 0600));
  CHECK(part->reserved == (::fallocate(probe.get(), FALLOC_FL_KEEP_SIZE, 0, 4096) == 0));
  if (part->reserved) CHECK(status.st_blocks * 512 >= 1 << 20);
  CHECK(status.st_size == 0);
}

TEST_CASE("part: a file whose size is not known reserves nothing, and what is to stay free stays",
          "[part]") {
  const TempDir dir;
  CHECK(check_part_place(dir.path(), std::nullopt, 0));
  CHECK(error_of(check_part_place(dir.path(), std::nullopt, kHuge)) == Errc::DiskFull);
  CHECK(error_of(create_part_file(dir.path(), new_part_file_name(), std::nullopt, kHuge)) ==
        Errc::DiskFull);
  CHECK(std::filesystem::is_empty(dir.path()));
  const auto part = create_part_file(dir.path(), new_part_file_name(), std::nullopt, 0).value();
  struct stat status {};
  ::fstat(part->file->fd.get(), &status);
  CHECK(status.st_blocks == 0);
  CHECK_FALSE(part->reserved);
  const auto reopen = [&](std::uint64_t keep_free) {
    return reopen_part_file(dir.path(), part->name, part->file->identity, 0, std::nullopt,
                            keep_free);
  };
  CHECK(error_of(reopen(kHuge)) == Errc::DiskFull);
  CHECK_FALSE(reopen(0).value().part->reserved);
}

TEST_CASE("part: a missing folder is answered with the remedy", "[part]") {
  const TempDir dir;
  const auto part = create_part_file(dir / "Downloads", new_part_file_name(), 1, 0);
  REQUIRE(error_of(part) == Errc::FileMissing);
  CHECK(says(part.error(), "mkdir -p '" + (dir / "Downloads") + "'"));
  write_file(dir / "file", "");
  CHECK(error_of(create_part_file(dir / "file", new_part_file_name(), 1, 0)) == Errc::FileMissing);
}

TEST_CASE("part: a folder that others can write to is refused", "[part]") {
  const TempDir dir;
  for (const mode_t mode : {0707, 0777}) {
    ::chmod(dir.path().c_str(), mode);
    const auto part = create_part_file(dir.path(), new_part_file_name(), 1, 0);
    REQUIRE(error_of(part) == Errc::UnsafeFolder);
    CHECK(says(part.error(), "-w '" + dir.path() + "'"));
  }
  CHECK(says(create_part_file(dir.path(), new_part_file_name(), 1, 0).error(), "mode 0777"));
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("part: a folder of another user is refused (FN2)", "[part]") {
  const TempDir dir;
  std::string foreign = "/usr";
  if (::geteuid() == 0) {
    REQUIRE(::chown(dir.path().c_str(), 65534, 65534) == 0);
    foreign = dir.path();
  }
  CHECK(error_of(create_part_file(foreign, new_part_file_name(), 1, 0)) == Errc::UnsafeFolder);
}

TEST_CASE("part: a file that does not fit is refused before the first byte, with the numbers",
          "[part]") {
  const TempDir dir;
  const auto too_big = create_part_file(dir.path(), new_part_file_name(), kHuge, 0);
  REQUIRE(error_of(too_big) == Errc::DiskFull);
  CHECK(says(too_big.error(), " are needed and "));
  CHECK(error_of(create_part_file(dir.path(), new_part_file_name(), 1, kHuge)) == Errc::DiskFull);
  CHECK(error_of(create_part_file(dir.path(), new_part_file_name(), 2, ~std::uint64_t{0})) ==
        Errc::DiskFull);
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("part: a full disk shows as DiskFull while writing", "[part][root]") {
  const TempDir dir;
  if (::mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=1m,mode=0700") != 0) {
    WARN("SKIPPED: mounting a small tmpfs needs root");
    return;
  }
  {
    CHECK(error_of(create_part_file(dir.path(), new_part_file_name(), 2 << 20, 0)) ==
          Errc::DiskFull);
    const auto part = create_part_file(dir.path(), new_part_file_name(), 0, 0).value();
    const auto written = write_all(part->file->fd.get(), view_of(std::string(2 << 20, 'x')), 0);
    REQUIRE(!written);
    CHECK(written.error().code == Errc::DiskFull);
    CHECK(says(written.error(), "No space left"));
    CHECK(discard_part_file(*part));
  }
  ::umount2(dir.path().c_str(), MNT_DETACH);
}

TEST_CASE("part: a failed sync is told", "[part]") {
  const TempDir dir;
  const auto part = part_in(dir);
  CHECK(sync_part_file(*part, 3));
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const UniqueFd writer(ends[1]);
  part->file->fd.reset(ends[0]);  // a pipe cannot be synced
  CHECK(error_of(sync_part_file(*part, 3)) == Errc::Io);
}

TEST_CASE("part: one that somebody cut or wrote to is not the file", "[part]") {
  const TempDir dir;
  const auto part = part_in(dir);
  REQUIRE(write_all(part->file->fd.get(), view_of("content"), 0));
  CHECK(sync_part_file(*part, 7));
  const auto size = GENERATE(0, 6, 8);
  REQUIRE(::truncate((dir / part->name).c_str(), size) == 0);
  CHECK(error_of(sync_part_file(*part, 7)) == Errc::Interrupted);
}

TEST_CASE("publish: killed after the exchange, the old file is not left under the part's name",
          "[publish]") {
  const TempDir dir;
  const auto part = part_in(dir);
  const auto identity = part->file->identity;
  write_file(dir / "a", "old");
  REQUIRE(exchange_names(part->folder.get(), part->name, "a") == 0);
  SECTION("after a restart") {
    CHECK(find_part_file(dir.path(), part->name, "a", identity).value().state ==
          PartState::Published);
  }
  SECTION("asked again") { CHECK(publish_part_file(*part, "a", true)); }
  CHECK_FALSE(std::filesystem::exists(dir / part->name));
  CHECK(std::filesystem::exists(dir / "a"));
}

TEST_CASE("publish: the part gets its name, mode 0600, and the part's name is free", "[publish]") {
  const TempDir dir;
  const auto part = part_in(dir);
  REQUIRE(publish_part_file(*part, "a.txt", false));
  CHECK(read_file(dir / "a.txt") == "new");
  CHECK_FALSE(exists(dir / part->name));
  struct stat status {};
  ::stat((dir / "a.txt").c_str(), &status);
  CHECK((status.st_mode & 07777) == 0600);
  // The rename repeated after a crash, at its end and between link and unlink.
  CHECK(publish_part_file(*part, "a.txt", false));
  ::link((dir / "a.txt").c_str(), (dir / part->name).c_str());
  CHECK(publish_part_file(*part, "a.txt", false));
  CHECK_FALSE(exists(dir / part->name));
}

TEST_CASE("publish: whatever has the name stays as it is (FN3)", "[publish]") {
  const bool overwrite = GENERATE(false, true);
  const TempDir dir;
  write_file(dir / "victim", "old");
  ::symlink((dir / "victim").c_str(), (dir / "link").c_str());
  ::symlink((dir / "nowhere").c_str(), (dir / "dangling").c_str());
  ::mkdir((dir / "folder").c_str(), 0700);
  const auto part = part_in(dir);
  for (const auto* name : {"link", "dangling", "folder"}) {
    CHECK(error_of(publish_part_file(*part, name, overwrite)) == Errc::Exists);
    CHECK(exists(dir / name));
  }
  if (!overwrite) CHECK(error_of(publish_part_file(*part, "victim", false)) == Errc::Exists);
  CHECK(read_file(dir / "victim") == "old");
  CHECK_FALSE(exists(dir / "nowhere"));
  CHECK(read_file(dir / part->name) == "new");
}

TEST_CASE("publish: overwriting replaces a regular file of ours, and only that", "[publish]") {
  const TempDir dir;
  write_file(dir / "a.txt", "old");
  ::link((dir / "a.txt").c_str(), (dir / "backup").c_str());
  const auto part = part_in(dir);
  REQUIRE(publish_part_file(*part, "a.txt", true));
  CHECK(read_file(dir / "a.txt") == "new");
  CHECK_FALSE(exists(dir / part->name));
  CHECK(read_file(dir / "backup") == "old");  // its other name keeps its content

  const auto fresh = part_in(dir);
  CHECK(publish_part_file(*fresh, "new.txt", true));
  if (::geteuid() != 0) return;
  write_file(dir / "foreign", "old");
  REQUIRE(::chown((dir / "foreign").c_str(), 65534, 65534) == 0);
  CHECK(error_of(publish_part_file(*part_in(dir), "foreign", true)) == Errc::Exists);
  CHECK(read_file(dir / "foreign") == "old");
}

TEST_CASE("publish: a name is one component", "[publish]") {
  const TempDir dir;
  const auto part = part_in(dir);
  for (const std::string name : {"", ".", "..", "a/b", "../a", "/a"})
    CHECK(error_of(publish_part_file(*part, name, true)) == Errc::BadArgument);
  CHECK(error_of(publish_part_file(*part, std::string("a\0b", 3), true)) == Errc::BadArgument);
}

TEST_CASE("publish: somebody else's file under the part's name is not published", "[publish]") {
  const TempDir dir;
  const auto part = part_in(dir);
  ::unlink((dir / part->name).c_str());
  write_file(dir / part->name, "planted");
  CHECK(error_of(publish_part_file(*part, "a.txt", false)) == Errc::Interrupted);
  CHECK_FALSE(exists(dir / "a.txt"));
}

TEST_CASE("publish: the folder is looked at again", "[publish]") {
  const TempDir dir;
  const auto part = part_in(dir);
  ::chmod(dir.path().c_str(), 0777);
  CHECK(error_of(publish_part_file(*part, "a.txt", false)) == Errc::UnsafeFolder);
  CHECK_FALSE(exists(dir / "a.txt"));
}

TEST_CASE("publish: each way of renaming refuses a taken name and frees the old one", "[publish]") {
  const auto renamer = GENERATE(rename_no_replace, rename_by_link, rename_after_look);
  const TempDir dir;
  const UniqueFd folder(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY));
  write_file(dir / "from", "new");
  write_file(dir / "taken", "old");
  ::symlink("taken", (dir / "link").c_str());
  CHECK(renamer(folder.get(), "from", "taken") == EEXIST);
  CHECK(renamer(folder.get(), "from", "link") == EEXIST);
  CHECK(read_file(dir / "taken") == "old");
  CHECK(renamer(folder.get(), "none", "other") == ENOENT);
  CHECK_FALSE(exists(dir / "other"));
  CHECK(renamer(folder.get(), "from", "to") == 0);
  CHECK(read_file(dir / "to") == "new");
  CHECK_FALSE(exists(dir / "from"));
}

TEST_CASE("publish: a way that the file system lacks is followed by the next", "[publish]") {
  const TempDir dir;
  const auto part = part_in(dir);
  const Renamer old_kernel = [](int, const std::string&, const std::string&) { return EINVAL; };
  const Renamer no_links = [](int, const std::string&, const std::string&) { return EPERM; };
  const Renamer full = [](int, const std::string&, const std::string&) { return ENOSPC; };
  const Renamer full_first[] = {full, rename_no_replace};
  CHECK(error_of(publish_part_file(*part, "a.txt", false, full_first)) == Errc::DiskFull);
  const Renamer none[] = {old_kernel, no_links};
  CHECK(error_of(publish_part_file(*part, "a.txt", false, none)) == Errc::BadArgument);
  const Renamer vfat[] = {old_kernel, no_links, rename_after_look};
  REQUIRE(publish_part_file(*part, "a.txt", false, vfat));
  CHECK(read_file(dir / "a.txt") == "new");
}

TEST_CASE("discard: removes the part, and nothing else that has its name", "[part]") {
  const TempDir dir;
  const auto part = part_in(dir);
  CHECK(discard_part_file(*part));
  CHECK_FALSE(exists(dir / part->name));
  CHECK(discard_part_file(*part));
  write_file(dir / part->name, "planted");
  CHECK(discard_part_file(*part));
  CHECK(read_file(dir / part->name) == "planted");
}

TEST_CASE("set aside: wrong content is kept as .bad, never under the real name", "[part]") {
  const TempDir dir;
  const auto part = part_in(dir, "wrong");
  CHECK(set_part_file_aside(*part));
  CHECK_FALSE(exists(dir / part->name));
  CHECK(read_file(dir / (part->name.substr(0, 24) + ".bad")) == "wrong");
}

TEST_CASE("recovery: says where publishing stood", "[part]") {
  const TempDir dir;
  const auto part = part_in(dir);
  const auto find = [&](const std::string& final_name) {
    return find_part_file(dir.path(), part->name, final_name, part->file->identity).value();
  };
  SECTION("before the rename") {
    const auto found = find("a.txt");
    REQUIRE(found.state == PartState::Part);
    CHECK(found.part->name == part->name);
    CHECK(found.part->file->identity.size == 3);
    CHECK(publish_part_file(*found.part, "a.txt", false));
    CHECK(read_file(dir / "a.txt") == "new");
  }
  SECTION("no final name chosen yet") { CHECK(find("").state == PartState::Part); }
  SECTION("after it") {
    REQUIRE(publish_part_file(*part, "a.txt", false));
    CHECK(find("a.txt").state == PartState::Published);
    CHECK(find("b.txt").state == PartState::Gone);
  }
  SECTION("between link and unlink") {
    ::link((dir / part->name).c_str(), (dir / "a.txt").c_str());
    CHECK(find("a.txt").state == PartState::Published);
    CHECK_FALSE(exists(dir / part->name));
    CHECK(read_file(dir / "a.txt") == "new");
    CHECK(publish_part_file(*part, "a.txt", false));
  }
  SECTION("another file has the names") {
    ::rename((dir / part->name).c_str(), (dir / "elsewhere").c_str());
    write_file(dir / part->name, "planted");
    write_file(dir / "a.txt", "the user's");
    CHECK(find("a.txt").state == PartState::Gone);
  }
  SECTION("a link to the part is not the part") {
    ::rename((dir / part->name).c_str(), (dir / "elsewhere").c_str());
    ::symlink("elsewhere", (dir / part->name).c_str());
    ::symlink("elsewhere", (dir / "a.txt").c_str());
    CHECK(find("a.txt").state == PartState::Gone);
  }
  SECTION("folder gone") {
    CHECK(find_part_file(dir / "none", part->name, "a", part->file->identity).value().state ==
          PartState::Gone);
  }
}

TEST_CASE("part: the device may have another number when it is found again", "[part]") {
  const TempDir dir;
  const auto part = create_part_file(dir.path(), new_part_file_name(), 3, 0).value();
  auto identity = part->file->identity;
  identity.device += 1;  // another loop device, a reboot that numbers them anew
  CHECK(find_part_file(dir.path(), part->name, "a", identity).value().state == PartState::Part);
  CHECK(reopen_part_file(dir.path(), part->name, identity, 2, 3, 0).value().part != nullptr);
  REQUIRE(publish_part_file(*part, "a", false));
  CHECK(find_part_file(dir.path(), part->name, "a", identity).value().state ==
        PartState::Published);
}

TEST_CASE("part: what was set aside for it is not asked for twice", "[part]") {
  const TempDir dir;
  constexpr std::uint64_t kSize = 64 << 20;
  auto part = create_part_file(dir.path(), new_part_file_name(), kSize, 0).value();
  const auto identity = part->file->identity;
  const auto name = part->name;
  if (!part->reserved) return;
  REQUIRE(write_all(part->file->fd.get(), view_of("0123456789"), 0));
  part.reset();
  struct statvfs disk {};
  REQUIRE(::statvfs(dir.path().c_str(), &disk) == 0);
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const auto kept = reopen_part_file(dir.path(), name, identity, 5, kSize, free - kSize / 2);
  REQUIRE(kept);
  CHECK(kept->bytes == 5);
  CHECK(kept->part->reserved);
  struct stat status {};
  REQUIRE(::fstat(kept->part->file->fd.get(), &status) == 0);
  CHECK(status.st_size == 5);
  CHECK(static_cast<std::uint64_t>(status.st_blocks) * 512 >= kSize);
}

TEST_CASE("part: what a power cut left behind a hole is not kept", "[part]") {
  const TempDir dir;
  constexpr std::uint64_t kMiB = 1 << 20;
  const bool reserves = GENERATE(true, false);
  auto part = create_part_file(dir.path(), new_part_file_name(),
                               reserves ? std::optional(4 * kMiB) : std::nullopt, 0)
                  .value();
  const int fd = part->file->fd.get();
  const auto written = noise(kMiB);
  const auto kept = [&] {
    const auto again =
        reopen_part_file(dir.path(), part->name, part->file->identity, 4 * kMiB, 4 * kMiB, 0);
    REQUIRE(again);
    return again->bytes;
  };
  REQUIRE(write_all(fd, view_of(written), 0));
  REQUIRE(write_all(fd, view_of(written), 2 * kMiB));
  if (::lseek(fd, 0, SEEK_HOLE) == static_cast<off_t>(3 * kMiB)) {
    WARN("SKIP this file system does not tell its holes");
    return;
  }
  CHECK(kept() == kMiB);
  REQUIRE(write_all(fd, view_of(written), kMiB));
  CHECK(kept() == 2 * kMiB);
}

}  // namespace part_file_test

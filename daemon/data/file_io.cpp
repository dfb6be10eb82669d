// SPDX-License-Identifier: MIT
#include "data/file_io.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace xmppftd {
namespace {

constexpr std::uint64_t kWriteBackEvery = 8 * 1024 * 1024;  // bytes

std::int64_t nanoseconds(const struct timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileIdentity identity_of(const struct stat& status) noexcept {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified_ns = nanoseconds(status.st_mtim),
          .changed_ns = nanoseconds(status.st_ctim)};
}

Result<FileIdentity> identity_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return system_error(errno, "looking at the open file");
  return identity_of(status);
}

bool same_file(const FileIdentity& a, const FileIdentity& b) noexcept {
  return a.device == b.device && a.inode == b.inode;
}

Result<void> read_exactly(int fd, std::span<std::uint8_t> into, std::uint64_t offset) {
  while (!into.empty()) {
    const auto n = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, "reading at byte " + std::to_string(offset));
    if (n == 0)
      return Error{Errc::FileChanged,
                   "the file ends at byte " + std::to_string(offset) + " now; send it again"};
    into = into.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<void> write_all(int fd, ByteView bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, "writing at byte " + std::to_string(offset));
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

std::string place_in(const ByteRange& range, std::uint64_t moved) {
  return "byte " + std::to_string(moved) +
         (range.open ? "" : " of " + std::to_string(range.length));
}

Error too_long(const ByteRange& range) {
  return {Errc::Protocol,
          "the peer sent more than the " + std::to_string(range.length) +
              (range.open ? " bytes that are taken of it" : " bytes it had announced")};
}

Error too_short(const ByteRange& range, std::uint64_t moved) {
  return {Errc::Interrupted, "the peer closed the stream at " + place_in(range, moved)};
}

void WriteBack::written_to(int fd, std::uint64_t offset) noexcept {
  if (offset - started_ < kWriteBackEvery) return;
  // Only a hint: a file system without it loses speed, nothing else.
  ::sync_file_range(fd, static_cast<off_t>(started_), static_cast<off_t>(offset - started_),
                    SYNC_FILE_RANGE_WRITE);
  started_ = offset;
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/system_error.h"
#include "model/job.h"

namespace xmppftd {

inline constexpr std::size_t kQuantum = 256 * 1024;  ///< bytes moved at a time
inline constexpr std::size_t kHeldBack = 64 * 1024;  ///< of each file sent

/// A worker's buffer, page-aligned.
struct alignas(4096) Quantum {
  std::uint8_t bytes[kQuantum];
};

FileIdentity identity_of(const struct stat& status) noexcept;
/// Errors: those of system_error().
Result<FileIdentity> identity_of(int fd);
/// The same inode, whatever its content.
bool same_file(const FileIdentity& a, const FileIdentity& b) noexcept;

/// Fills `into` from `offset`. Errors: FileChanged (the file ends before), those of system_error().
Result<void> read_exactly(int fd, std::span<std::uint8_t> into, std::uint64_t offset);
/// Writes all of `bytes` at `offset`. Errors: those of system_error().
Result<void> write_all(int fd, ByteView bytes, std::uint64_t offset);

/// "byte 5 of 10", of a range of which `moved` bytes are through.
std::string place_in(const ByteRange& range, std::uint64_t moved);
/// A stream that goes on behind its range: Protocol.
Error too_long(const ByteRange& range);
/// One that ended within it: Interrupted.
Error too_short(const ByteRange& range, std::uint64_t moved);

/// Starts write-back behind a writer every 8 MiB, so that dirty pages never pile up to the kernel's
/// limit.
class WriteBack {
 public:
  explicit WriteBack(std::uint64_t start) noexcept : started_(start) {}
  void written_to(int fd, std::uint64_t offset) noexcept;

 private:
  std::uint64_t started_;
};

}  // namespace xmppftd

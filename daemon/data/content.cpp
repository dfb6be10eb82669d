// SPDX-License-Identifier: MIT
#include "data/content.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/digest.h"
#include "data/file_io.h"

namespace xmppftd {
namespace {

constexpr std::uint64_t kPieces = 16;
constexpr std::uint64_t kPiece = kMarkedWhole / kPieces;

/// The kernel says nothing of the file that it did not say before.
bool untouched(const FileIdentity& a, const FileIdentity& b) noexcept {
  return a.inode == b.inode && a.size == b.size && a.modified_ns == b.modified_ns &&
         a.changed_ns == b.changed_ns;
}

Error changed(const FileIdentity& known, const FileIdentity& seen) {
  if (seen.size != known.size)
    return {Errc::FileChanged, "the file had " + std::to_string(known.size) + " bytes and has " +
                                   std::to_string(seen.size) + " now; send it again"};
  return {Errc::FileChanged, "the file was written to since it was queued; send it again"};
}

Result<void> digest_range(int fd, std::uint64_t offset, std::uint64_t length, Digest& digest) {
  std::vector<std::uint8_t> buffer(std::min<std::uint64_t>(length, kQuantum));
  while (length > 0) {
    const std::span<std::uint8_t> piece(buffer.data(), std::min<std::uint64_t>(length, kQuantum));
    if (auto read = read_exactly(fd, piece, offset); !read) return read;
    digest.update(piece);
    offset += piece.size();
    length -= piece.size();
  }
  return {};
}

}  // namespace

Result<std::uint64_t> fingerprint(int fd, std::uint64_t size) {
  Digest digest(HashAlgo::Sha256);
  if (size <= kMarkedWhole) {
    if (auto read = digest_range(fd, 0, size, digest); !read) return std::move(read).error();
  } else {
    const auto step = (size - kPiece) / (kPieces - 1);
    for (std::uint64_t i = 0; i < kPieces; ++i) {
      const auto offset = i + 1 < kPieces ? i * step : size - kPiece;
      if (auto read = digest_range(fd, offset, kPiece, digest); !read)
        return std::move(read).error();
    }
  }
  const auto hex = digest.finish().hex;
  std::uint64_t mark = 0;
  std::from_chars(hex.data(), hex.data() + 16, mark, 16);
  return mark == 0 ? 1 : mark;
}

Result<FileIdentity> marked_identity_of(int fd) {
  auto identity = identity_of(fd);
  if (!identity) return identity;
  auto content = fingerprint(fd, identity->size);
  if (!content && content.error().code != Errc::FileChanged) return std::move(content).error();
  auto after = identity_of(fd);
  if (!after) return after;
  if (content && untouched(*identity, *after)) after->content = *content;
  return after;
}

Result<void> check_unchanged(int fd, FileIdentity& known) {
  auto seen = identity_of(fd);
  if (!seen) return std::move(seen).error();
  if (!untouched(*seen, known)) {
    if (seen->size != known.size || known.content == 0) return changed(known, *seen);
    const bool whole = known.size <= kMarkedWhole;
    const bool same = seen->inode == known.inode && seen->modified_ns == known.modified_ns;
    if (!whole && !same) return changed(known, *seen);
    auto content = fingerprint(fd, seen->size);
    if (!content) return std::move(content).error();
    if (*content != known.content) return changed(known, *seen);
  }
  seen->content = known.content;
  known = *seen;
  return {};
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "data/range_digest.h"

namespace xmppftd {

/// The digest of a file that moves in blocks, see FileEnd::digest: of the blocks as they pass, or
/// where bytes lie before them by the hashers, who read those first.
class BlockDigest {
 public:
  BlockDigest(ThreadPool& hashers, const FileEnd& file, const ByteRange& range);
  BlockDigest(const BlockDigest&) = delete;
  BlockDigest& operator=(const BlockDigest&) = delete;
  /// Also where the end is still awaited: then nobody is called.
  ~BlockDigest();

  /// The next of the range, which the file holds.
  void update(ByteView block);
  std::uint64_t moved() const noexcept { return moved_; }  ///< bytes that passed
  /// Once, after all: before this returns, or on a hasher. Errors: FileChanged (the file is too
  /// short), Io.
  void finish(Callback<void(Result<Moved>)> done);

 private:
  std::uint64_t moved_ = 0;
  std::optional<Digest> passing_;
  std::shared_ptr<RangeDigest> behind_;  // shared with the hashers
};

}  // namespace xmppftd

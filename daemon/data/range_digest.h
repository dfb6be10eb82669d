// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "base/digest.h"
#include "data/thread_pool.h"
#include "io/bulk.h"

namespace xmppftd {

/// The digest of a range of a file, computed on the hashers through the page cache, behind whoever
/// moves the bytes: never past the bytes said to be there. With `reached(all)` at once it is the
/// digest of a range that lies still.
///
/// Shared: a slice under way keeps it, and with it the file, alive.
class RangeDigest : public std::enable_shared_from_this<RangeDigest> {
 public:
  /// `hashers` outlives every call here. `progress`, if any, tells the bytes digested.
  RangeDigest(ThreadPool& hashers, std::shared_ptr<OpenFile> file, HashAlgo algo, ByteRange range,
              std::shared_ptr<Progress> progress = nullptr);
  /// Of what FileEnd::digest promises of a move of this range, where reached() counts from the
  /// range's beginning; null when none was asked for.
  static std::shared_ptr<RangeDigest> of_move(ThreadPool& hashers, const FileEnd& file,
                                              const ByteRange& range);

  /// `bytes` more than there were at first can be read. Grows. One thread at a time.
  void reached(std::uint64_t bytes);
  /// What was reached is all: `done` gets its digest, on a hasher. Errors: FileChanged (too short),
  /// Io.
  void finish(Callback<void(Result<Hash>)> done);
  /// Any thread. A `done` not yet called never will be.
  void cancel();

 private:
  /// Is a slice due that nobody has posted? With mutex_ held; the caller posts it without.
  bool claim_slice();
  void post_slice();
  void slice();
  Result<void> hash_up_to(std::uint64_t limit);

  ThreadPool& hashers_;
  const std::shared_ptr<OpenFile> file_;
  const ByteRange range_;
  std::uint64_t there_ = 0;  // bytes of the range that could be read at first
  const std::shared_ptr<Progress> progress_;

  // Only slices touch these, and only one slice runs at a time.
  Digest digest_;
  std::uint64_t hashed_ = 0;
  std::optional<Error> error_;

  std::mutex mutex_;
  std::uint64_t reached_ = 0;  // guarded by mutex_
  bool scheduled_ = false;     // guarded by mutex_: a slice runs or waits for a thread
  std::uint64_t scheduled_at_ =
      0;  // guarded by mutex_: what had been reached when a slice last took its limit
  bool cancelled_ = false;             // guarded by mutex_
  Callback<void(Result<Hash>)> done_;  // guarded by mutex_
};

}  // namespace xmppftd

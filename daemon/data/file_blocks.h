// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "data/block_digest.h"
#include "data/file_io.h"
#include "io/bulk.h"

namespace xmppftd {

/// A range of a file read block by block, in order; the worker's half of a BlockReader. One thread
/// at a time.
class BlockSource {
 public:
  BlockSource(ThreadPool& hashers, FileEnd file, ByteRange range);
  /// The next `size` bytes (fewer at the end, none after it). The last 64 KiB are given only once
  /// the file was seen unchanged after they were read. Errors: FileChanged, Io; each later call
  /// gives the same one.
  Result<Bytes> read(std::size_t size);
  /// Before this returns, or on a hasher.
  void finish(Callback<void(Result<Moved>)> done);

 private:
  Result<Bytes> next(std::size_t size);

  const std::shared_ptr<OpenFile> file_;
  FileIdentity known_;  ///< the file as last seen
  const ByteRange range_;
  BlockDigest digest_;
  std::optional<Error> error_;
};

/// A range of a file written block by block; the worker's half of a BlockWriter. One thread at a
/// time.
class BlockSink {
 public:
  BlockSink(ThreadPool& hashers, FileEnd file, ByteRange range);
  /// Errors: Protocol (past the range: nothing of the block is written), DiskFull, Io; each later
  /// call gives the same one.
  Result<void> write(ByteView block);
  /// Before this returns, or on a hasher. Errors: Interrupted (the range is not full), and those of
  /// write().
  void finish(Callback<void(Result<Moved>)> done);

 private:
  const std::shared_ptr<OpenFile> file_;
  const ByteRange range_;
  BlockDigest digest_;
  WriteBack write_back_;
  std::optional<Error> error_;
};

}  // namespace xmppftd

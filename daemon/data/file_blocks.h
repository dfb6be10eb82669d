// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "data/file_io.h"
#include "io/bulk.h"

namespace xmppftd {

/// A range of a file read block by block, in order; the worker's half of a BlockReader. One thread
/// at a time.
class BlockSource {
 public:
  BlockSource(FileEnd file, ByteRange range);
  /// The next `size` bytes (fewer at the end, none after it). The last 64 KiB are given only once
  /// the file was seen unchanged after they were read. Errors: FileChanged, Io; each later call
  /// gives the same one.
  Result<Bytes> read(std::size_t size);
  Result<Moved> finish();

 private:
  Result<Bytes> next(std::size_t size);

  const std::shared_ptr<OpenFile> file_;
  FileIdentity known_;  ///< the file as last seen
  const ByteRange range_;
  std::optional<Digest> digest_;
  std::uint64_t moved_ = 0;
  std::optional<Error> error_;
};

/// A range of a file written block by block; the worker's half of a BlockWriter. One thread at a
/// time.
class BlockSink {
 public:
  BlockSink(FileEnd file, ByteRange range);
  /// Errors: Protocol (past the range: nothing of the block is written), DiskFull, Io; each later
  /// call gives the same one.
  Result<void> write(ByteView block);
  /// Errors: Interrupted (the range is not full), and those of write().
  Result<Moved> finish();

 private:
  const std::shared_ptr<OpenFile> file_;
  const ByteRange range_;
  std::optional<Digest> digest_;
  std::uint64_t moved_ = 0;
  WriteBack write_back_;
  std::optional<Error> error_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/callback.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "io/file.h"
#include "io/throttle.h"
#include "model/file_info.h"

namespace xmppftd {

/// Bytes moved so far within a range: stored relaxed by whoever moves them, sampled by the core.
struct alignas(64) Progress {
  std::atomic<std::uint64_t> bytes{0};
  /// nothing moves because of a limit that was set: not the peer's fault, and no stall
  std::atomic<bool> throttled{false};
};

/// What a finished move carried.
struct Moved {
  std::uint64_t bytes = 0;
  std::optional<Hash> hash;  ///< when asked for, see FileEnd::digest
  /// the peer's program said that it has them all (IBB: every block and the close)
  bool acknowledged = false;
};

/// How far into its file a received stream may write. What is beyond stays in the socket, and so
/// with its sender, until the core raises this: what is not on disk for good must not grow without
/// bound, for after a power cut it comes once more.
struct Reach {
  explicit Reach(std::uint64_t first_end) noexcept : end(first_end) {}
  std::atomic<std::uint64_t> end;
};

/// One end of a transfer on disk.
struct FileEnd {
  std::shared_ptr<OpenFile> file;
  /// Of the file from its first byte to the end of the range, so of all of it where the range ends
  /// with it: that is what peers compare. The bytes before the range, kept from an earlier
  /// transfer, are read beside the move. A file that is too short for that is FileChanged.
  std::optional<HashAlgo> digest = std::nullopt;
  /// A limit that this move shares with others, null = none. Shared by their workers too.
  std::shared_ptr<Throttle> throttle = nullptr;
  std::uint64_t rate = 0;  ///< the limit of this one alone to begin with, see Paced::set_rate()
  /// Of receive() alone; null = to the range's end. Waiting for it is no stall of the peer.
  std::shared_ptr<const Reach> reach = nullptr;
};

/// How a sent stream ends. A reset after all bytes were acknowledged is no failure; a peer that
/// acknowledges but never closes is a Timeout.
enum class StreamEnd {
  ShutdownAndWait,  ///< direct: SHUT_WR, then the peer's FIN (60 s)
  /// proxy: until the kernel's send queue is empty (60 s), then close; never half-close a proxy
  DrainAndClose,
};

/// What moves bytes at a pace. Time spent on keeping a limit is no stall of the peer, however long,
/// and Progress::throttled tells of it. But the peer's own patience ends: below some 1 kB/s it may
/// take us for dead, and one that sends blocks without waiting for their acknowledgement cannot be
/// slowed.
class Paced {
 public:
  virtual ~Paced() = default;
  /// Bytes per second of this one alone, beside FileEnd::throttle; 0 = no limit. Takes effect at
  /// once.
  virtual void set_rate(std::uint64_t bytes_per_second) = 0;
};

/// A move under way. Destroying it cancels within one quantum; its callback is then never called.
class BulkTask : public Paced {};

/// A digest under way, which no rate holds back. Destroying it cancels likewise.
class HashTask {
 public:
  virtual ~HashTask() = default;
};

/// A range of a file in blocks: in order, one after another.
class BlockReader : public Paced {
 public:
  /// The next `size` bytes of the range (fewer at its end). Up to 64 may be asked for ahead;
  /// answers come in order. The last 64 KiB of the file come only while its identity is unchanged.
  /// Errors: FileChanged, Io; after one, each later call gives the same.
  virtual void read(std::size_t size, Callback<void(Result<Bytes>)> done) = 0;
  /// After the last block: what was read.
  virtual void finish(Callback<void(Result<Moved>)> done) = 0;
};
class BlockWriter : public Paced {
 public:
  /// Appends to the range. `done` comes once the kernel has the bytes; in order. Errors: Io,
  /// DiskFull, Protocol (past the end of the range: nothing of the block is written); after one,
  /// each later call gives the same.
  virtual void write(Bytes block, Callback<void(Result<void>)> done) = 0;
  /// After the last block: what was written. Errors: Interrupted (the range is not full, and not
  /// open).
  virtual void finish(Callback<void(Result<Moved>)> done) = 0;
};

/// The workers as the core sees them. Callbacks come on the core's loop, exactly once, never before
/// the call returns, and not after the handle was destroyed. A file has one writer at a time: what
/// receive() or write_blocks() starts writes its first byte when the handle before it, destroyed,
/// has written its last.
class Bulk {
 public:
  using OnMoved = Callback<void(Result<Moved>)>;
  virtual ~Bulk() = default;

  /// File to socket. The last 64 KiB are held back until the file's identity is seen unchanged.
  /// Errors: FileChanged, Interrupted (peer gone), Timeout (60 s without a byte taken or
  /// acknowledged), Io.
  [[nodiscard]] virtual std::unique_ptr<BulkTask> send(UniqueFd socket, FileEnd file,
                                                       ByteRange range, StreamEnd end,
                                                       std::shared_ptr<Progress> progress,
                                                       OnMoved done) = 0;
  /// Socket to file; never a byte past the range, then closes: at the peer's end of stream, or 200
  /// ms after the last byte, in which a byte too many would show. A range that is open ends with
  /// the peer's end of stream, wherever that is. Errors: Interrupted (EOF before the end), Protocol
  /// (a byte too many), Timeout, DiskFull, Io.
  [[nodiscard]] virtual std::unique_ptr<BulkTask> receive(UniqueFd socket, FileEnd file,
                                                          ByteRange range,
                                                          std::shared_ptr<Progress> progress,
                                                          OnMoved done) = 0;
  /// Of `progress` (may be null) blocks set only `throttled`: the stream that carries them knows
  /// what has arrived.
  [[nodiscard]] virtual std::unique_ptr<BlockReader> read_blocks(
      FileEnd file, ByteRange range, std::shared_ptr<Progress> progress) = 0;
  [[nodiscard]] virtual std::unique_ptr<BlockWriter> write_blocks(
      FileEnd file, ByteRange range, std::shared_ptr<Progress> progress) = 0;
  /// The digest of exactly this range through the page cache, as fast as it can. Errors:
  /// FileChanged (too short), Io.
  [[nodiscard]] virtual std::unique_ptr<HashTask> hash(std::shared_ptr<OpenFile> file,
                                                       ByteRange range, HashAlgo algo,
                                                       std::shared_ptr<Progress> progress,
                                                       Callback<void(Result<Hash>)> done) = 0;
};

}  // namespace xmppftd

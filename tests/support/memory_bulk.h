// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <string>

#include "io/bulk.h"
#include "io/timer.h"
#include "support/fake_disk.h"

namespace xmppftd::test {

/// Workers without threads: they move bytes between sockets and a Disk's files, a piece at each
/// pump(), and end as the real ones do.
class MemoryBulk final : public Bulk {
 public:
  MemoryBulk(Disk& disk, Turns& turns, Timers& timers)
      : disk_(disk), turns_(turns), timers_(timers) {}

  /// Senders stop before this byte of a file until it is raised.
  std::uint64_t stop_at = std::numeric_limits<std::uint64_t>::max();
  /// What a sender puts on the wire in place of the file's content.
  std::function<void(std::string& content)> spoil;

  /// Moves what can be moved; false when nothing could.
  bool pump();
  std::size_t alive() const { return *handles_; }  ///< moves, readers and writers

  // Bulk
  std::unique_ptr<BulkTask> send(UniqueFd socket, FileEnd file, ByteRange range, StreamEnd end,
                                 std::shared_ptr<Progress> progress, OnMoved done) override;
  std::unique_ptr<BulkTask> receive(UniqueFd socket, FileEnd file, ByteRange range,
                                    std::shared_ptr<Progress> progress, OnMoved done) override;
  std::unique_ptr<BlockReader> read_blocks(FileEnd file, ByteRange range,
                                           std::shared_ptr<Progress> progress) override;
  std::unique_ptr<BlockWriter> write_blocks(FileEnd file, ByteRange range,
                                            std::shared_ptr<Progress> progress) override;
  std::unique_ptr<HashTask> hash(std::shared_ptr<OpenFile> file, ByteRange range, HashAlgo algo,
                                 std::shared_ptr<Progress> progress,
                                 Callback<void(Result<Hash>)> done) override;

 private:
  class Stream;
  class Sender;
  class Receiver;
  class Reader;
  class Writer;
  struct Hashing;
  std::string outgoing(const FileEnd& file, const ByteRange& range) const;
  /// Is the source what it was when it was opened, and long enough?
  Result<void> check(const FileEnd& file, const ByteRange& range) const;
  void write(const FileEnd& file, std::uint64_t at, ByteView bytes);
  Result<Moved> moved(const FileEnd& file, const ByteRange& range, std::uint64_t bytes) const;

  Disk& disk_;
  Turns& turns_;
  Timers& timers_;
  std::list<Stream*> streams_;
  std::shared_ptr<std::size_t> handles_ = std::make_shared<std::size_t>(0);
};

}  // namespace xmppftd::test

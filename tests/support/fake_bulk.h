// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/bulk.h"
#include "support/fake_timers.h"

namespace xmppftd::test {

/// Workers played by the test. Streams wait until it ends them; blocks are read from `content` and
/// written to `written` on the next turn() of the clock, unless held or ahead of their pace.
///
///   FakeBulk bulk(timers);
///   carrier->start(file, {0, 9}, handler);
///   auto& move = bulk.expect_send();
///   move.progress->bytes = 9;
///   move.end(Moved{9, {}});
class FakeBulk final : public Bulk {
 public:
  struct Stream {
    bool out = false;
    UniqueFd socket;
    FileEnd file;
    ByteRange range;
    StreamEnd how = StreamEnd::ShutdownAndWait;
    std::shared_ptr<Progress> progress;
    std::uint64_t rate = 0;  ///< as set last; the test keeps it or does not
    bool cancelled = false;
    OnMoved done;
    /// The worker's last word; nothing when it was cancelled.
    void end(Result<Moved> result);
    /// All of the range moved.
    void end_well() { end(Moved{range.length, std::nullopt, false}); }
  };

  explicit FakeBulk(FakeTimers& timers) : timers_(timers) {}

  std::string content;       ///< the file that blocks are read from
  Bytes written;             ///< the file that blocks are written to
  bool hold_writes = false;  ///< a slow disk: write_held() lets one through
  std::optional<Errc> reading_fails, writing_fails;

  Stream& expect_send() { return expect(true); }
  Stream& expect_receive() { return expect(false); }
  void expect_nothing();
  void write_held();
  std::size_t held() const { return held_.size(); }
  std::size_t block_handles() const { return *handles_; }  ///< readers and writers alive

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
  struct StreamHandle;
  struct Reader;
  struct Writer;
  Stream& expect(bool out);
  std::unique_ptr<BulkTask> add(Stream stream);

  FakeTimers& timers_;
  std::vector<std::shared_ptr<Stream>> streams_;
  std::deque<Stream*> started_;
  std::deque<Callback<void()>> held_;
  std::shared_ptr<std::size_t> handles_ = std::make_shared<std::size_t>(0);
};

/// A file end that names no file: the fakes do not look.
inline FileEnd some_file(std::optional<HashAlgo> digest = std::nullopt) {
  return {std::make_shared<OpenFile>(), digest};
}

}  // namespace xmppftd::test

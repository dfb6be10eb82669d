// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "data/thread_pool.h"
#include "data/worker.h"
#include "io/bulk.h"

namespace xmppftd {

/// Bulk over real threads: each move goes to the worker with the fewest streams, each digest to the
/// hashers. Where all workers hang in file systems that do not answer, there is one more. What
/// writes one file stays with one worker, whose inbox puts the end of a dropped stream before the
/// first byte of the next.
class BulkWorkers final : public Bulk {
 public:
  BulkWorkers(Poster& core, unsigned workers, std::chrono::milliseconds stall);

  /// Stops all threads; false where one did not end until then, and all must be left as it is.
  [[nodiscard]] bool end(std::chrono::steady_clock::time_point until);

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
  Worker& least_busy();
  Worker& writer_of(const std::shared_ptr<OpenFile>& file);
  template <class MakeTask>
  std::unique_ptr<BulkTask> stream(Worker& worker, UniqueFd socket, FileEnd file, ByteRange range,
                                   std::shared_ptr<Progress> progress, OnMoved done,
                                   MakeTask make_task);

  Poster& core_;
  const std::chrono::milliseconds stall_;
  ThreadPool hashers_;  // outlives the workers, which post to it
  std::vector<std::unique_ptr<Worker>> workers_;
  std::size_t next_ = 0;
  // of the files that are open
  std::map<std::weak_ptr<OpenFile>, Worker*, std::owner_less<>> writers_;
};

}  // namespace xmppftd

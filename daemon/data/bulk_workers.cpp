// SPDX-License-Identifier: MIT
#include "data/bulk_workers.h"

#include <utility>

#include "data/file_blocks.h"
#include "data/receive_task.h"
#include "data/send_task.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMostWorkers = 16;

class StreamMove final : public Move {
 public:
  StreamMove(Poster& core, Worker& worker)
      : waiting_(core), inbox_(worker.inbox()), worker_(worker) {}
  ~StreamMove() override {
    // Through the inbox, as the worker may be gone; then this task never runs.
    if (!waiting_.empty()) inbox_->post([&worker = worker_, id = id_] { worker.drop(id); });
  }
  Answer<Moved> expect(Bulk::OnMoved done) { return waiting_.expect<Moved>(std::move(done)); }
  void start(std::unique_ptr<StreamTask> task) { id_ = worker_.start(std::move(task)); }

 private:
  Waiting waiting_;
  const std::shared_ptr<Inbox> inbox_;
  Worker& worker_;
  Worker::TaskId id_ = 0;
};

class HashMove final : public Move {
 public:
  explicit HashMove(Poster& core) : waiting_(core) {}
  ~HashMove() override {
    if (!waiting_.empty()) digest_->cancel();
  }
  void start(std::shared_ptr<RangeDigest> digest, std::uint64_t bytes,
             Callback<void(Result<Hash>)> done) {
    digest_ = std::move(digest);
    auto answer = waiting_.expect<Hash>(std::move(done));
    digest_->reached(bytes);
    digest_->finish(
        [answer = std::move(answer)](Result<Hash> hash) mutable { answer.give(std::move(hash)); });
  }

 private:
  Waiting waiting_;
  std::shared_ptr<RangeDigest> digest_;
};

/// Runs `work` on the block end's worker and brings its result to `done`; skipped when nobody waits
/// any more.
template <class T, class Work>
void on_worker(Waiting& waiting, Inbox& inbox, Callback<void(Result<T>)> done, Work work) {
  inbox.post([answer = waiting.expect<T>(std::move(done)), work = std::move(work)]() mutable {
    if (answer.wanted()) answer.give(work());
  });
}

class WorkerBlockReader final : public BlockReader {
 public:
  WorkerBlockReader(Poster& core, Worker& worker, FileEnd file, ByteRange range)
      : waiting_(core),
        inbox_(worker.inbox()),
        source_(std::make_shared<BlockSource>(std::move(file), range)) {}
  void read(std::size_t size, Callback<void(Result<Bytes>)> done) override {
    on_worker<Bytes>(waiting_, *inbox_, std::move(done),
                     [source = source_, size] { return source->read(size); });
  }
  void finish(Callback<void(Result<Moved>)> done) override {
    on_worker<Moved>(waiting_, *inbox_, std::move(done),
                     [source = source_] { return source->finish(); });
  }

 private:
  Waiting waiting_;
  const std::shared_ptr<Inbox> inbox_;
  const std::shared_ptr<BlockSource> source_;  // shared with tasks that the worker has not run yet
};

class WorkerBlockWriter final : public BlockWriter {
 public:
  WorkerBlockWriter(Poster& core, Worker& worker, FileEnd file, ByteRange range)
      : waiting_(core),
        inbox_(worker.inbox()),
        sink_(std::make_shared<BlockSink>(std::move(file), range)) {}
  void write(Bytes block, Callback<void(Result<void>)> done) override {
    on_worker<void>(waiting_, *inbox_, std::move(done),
                    [sink = sink_, block = std::move(block)] { return sink->write(block); });
  }
  void finish(Callback<void(Result<Moved>)> done) override {
    on_worker<Moved>(waiting_, *inbox_, std::move(done), [sink = sink_] { return sink->finish(); });
  }

 private:
  Waiting waiting_;
  const std::shared_ptr<Inbox> inbox_;
  const std::shared_ptr<BlockSink> sink_;  // shared with tasks that the worker has not run yet
};

}  // namespace

BulkWorkers::BulkWorkers(Poster& core, unsigned workers, std::chrono::milliseconds stall)
    : core_(core), stall_(stall), hashers_("xmppft-hash", workers) {
  for (unsigned i = 0; i < workers; ++i) workers_.push_back(std::make_unique<Worker>());
}

bool BulkWorkers::end(std::chrono::steady_clock::time_point until) {
  bool all = true;
  for (auto& worker : workers_) all = worker->end(until) && all;
  return hashers_.end(until) && all;
}

Worker& BulkWorkers::least_busy() {
  // Ties go round, so that block ends spread too.
  next_ = (next_ + 1) % workers_.size();
  Worker* best = nullptr;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    auto& worker = *workers_[(next_ + i) % workers_.size()];
    if (!worker.hangs() && (best == nullptr || worker.load() < best->load())) best = &worker;
  }
  if (best != nullptr) return *best;
  if (workers_.size() == kMostWorkers) return *workers_[next_];
  return *workers_.emplace_back(std::make_unique<Worker>());
}

Worker& BulkWorkers::writer_of(const std::shared_ptr<OpenFile>& file) {
  std::erase_if(writers_, [](const auto& one) { return one.first.expired(); });
  const auto [found, is_new] = writers_.try_emplace(file, nullptr);
  if (is_new) found->second = &least_busy();
  return *found->second;
}

StreamParts BulkWorkers::parts(UniqueFd socket, FileEnd file, ByteRange range,
                               std::shared_ptr<Progress> progress, Answer<Moved> answer) {
  std::shared_ptr<RangeDigest> digest;
  if (file.digest) digest = std::make_shared<RangeDigest>(hashers_, file, range);
  return {.socket = std::move(socket),
          .file = std::move(file),
          .range = range,
          .progress = std::move(progress),
          .digest = std::move(digest),
          .stall = stall_,
          .answer = std::move(answer)};
}

std::unique_ptr<Move> BulkWorkers::send(UniqueFd socket, FileEnd file, ByteRange range,
                                        StreamEnd end, std::shared_ptr<Progress> progress,
                                        OnMoved done) {
  auto move = std::make_unique<StreamMove>(core_, least_busy());
  move->start(std::make_unique<SendTask>(parts(std::move(socket), std::move(file), range,
                                               std::move(progress), move->expect(std::move(done))),
                                         end, Worker::Clock::now()));
  return move;
}

std::unique_ptr<Move> BulkWorkers::receive(UniqueFd socket, FileEnd file, ByteRange range,
                                           std::shared_ptr<Progress> progress, OnMoved done) {
  auto move = std::make_unique<StreamMove>(core_, writer_of(file.file));
  move->start(
      std::make_unique<ReceiveTask>(parts(std::move(socket), std::move(file), range,
                                          std::move(progress), move->expect(std::move(done))),
                                    Worker::Clock::now()));
  return move;
}

std::unique_ptr<BlockReader> BulkWorkers::read_blocks(FileEnd file, ByteRange range) {
  return std::make_unique<WorkerBlockReader>(core_, least_busy(), std::move(file), range);
}

std::unique_ptr<BlockWriter> BulkWorkers::write_blocks(FileEnd file, ByteRange range) {
  auto& writer = writer_of(file.file);  // before the file moves away
  return std::make_unique<WorkerBlockWriter>(core_, writer, std::move(file), range);
}

std::unique_ptr<Move> BulkWorkers::hash(std::shared_ptr<OpenFile> file, ByteRange range,
                                        HashAlgo algo, std::shared_ptr<Progress> progress,
                                        Callback<void(Result<Hash>)> done) {
  auto move = std::make_unique<HashMove>(core_);
  move->start(std::make_shared<RangeDigest>(hashers_, FileEnd{std::move(file), algo}, range,
                                            std::move(progress)),
              range.length, std::move(done));
  return move;
}

}  // namespace xmppftd

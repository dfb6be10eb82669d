// SPDX-License-Identifier: MIT
#include "data/bulk_workers.h"

#include <utility>

#include "data/block_work.h"
#include "data/file_blocks.h"
#include "data/receive_task.h"
#include "data/send_task.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMostWorkers = 16;

class StreamMove final : public BulkTask {
 public:
  StreamMove(Poster& core, Worker& worker, std::uint64_t rate)
      : waiting_(core),
        inbox_(worker.inbox()),
        worker_(worker),
        limit_(std::make_shared<Throttle>(rate)) {}
  ~StreamMove() override {
    if (waiting_.empty()) return;
    // Through the inbox, as the worker may be gone; then this task never runs.
    inbox_->post([&worker = worker_, id = id_] { worker.drop(id); });
    if (digest_) digest_->cancel();
  }
  void set_rate(std::uint64_t bytes_per_second) override { limit_->set_rate(bytes_per_second); }
  Answer<Moved> expect(Bulk::OnMoved done) { return waiting_.expect<Moved>(std::move(done)); }
  const std::shared_ptr<Throttle>& limit() const { return limit_; }
  void start(std::unique_ptr<StreamTask> task, std::shared_ptr<RangeDigest> digest) {
    digest_ = std::move(digest);
    id_ = worker_.start(std::move(task));
  }

 private:
  Waiting waiting_;
  const std::shared_ptr<Inbox> inbox_;
  Worker& worker_;
  const std::shared_ptr<Throttle> limit_;  // shared with the task
  std::shared_ptr<RangeDigest> digest_;
  Worker::TaskId id_ = 0;
};

class Hashing final : public HashTask {
 public:
  explicit Hashing(Poster& core) : waiting_(core) {}
  ~Hashing() override {
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

/// Core's half of a block end; `Blocks` is the worker's.
template <class Blocks>
class BlockEnd {
 public:
  BlockEnd(Poster& core, Worker& worker, ThreadPool& hashers, FileEnd file, ByteRange range,
           std::shared_ptr<Progress> progress)
      : waiting_(core),
        inbox_(worker.inbox()),
        limit_(std::make_shared<Throttle>(file.rate)),
        work_(
            std::make_shared<BlockWork>(worker, Pace(limit_, file.throttle), std::move(progress))),
        blocks_(std::make_shared<Blocks>(hashers, std::move(file), range)) {}
  BlockEnd(const BlockEnd&) = delete;
  BlockEnd& operator=(const BlockEnd&) = delete;
  ~BlockEnd() {
    if (!waiting_.empty()) inbox_->post([work = work_] { work->drop(); });
  }
  void set_rate(std::uint64_t bytes_per_second) { limit_->set_rate(bytes_per_second); }

  /// `action` moves a block; `size` says of what it answers how many bytes that were.
  template <class T, class Action, class Size>
  void move(Callback<void(Result<T>)> done, Action action, Size size) {
    auto piece = [answer = waiting_.expect<T>(std::move(done)), blocks = blocks_,
                  action = std::move(action), size]() mutable -> std::uint64_t {
      if (!answer.wanted()) return 0;
      Result<T> result = action(*blocks);
      const std::uint64_t bytes = result ? size(result) : 0;
      answer.give(std::move(result));
      return bytes;
    };
    inbox_->post(
        [work = work_, piece = std::move(piece)]() mutable { work->move(std::move(piece)); });
  }
  void finish(Callback<void(Result<Moved>)> done) {
    auto task = [answer = waiting_.expect<Moved>(std::move(done)), blocks = blocks_]() mutable {
      if (!answer.wanted()) return;
      blocks->finish([answer = std::move(answer)](Result<Moved> moved) mutable {
        answer.give(std::move(moved));
      });
    };
    inbox_->post([work = work_, task = std::move(task)]() mutable { work->end(std::move(task)); });
  }

 private:
  Waiting waiting_;
  const std::shared_ptr<Inbox> inbox_;
  // Shared with tasks that the worker has not run yet.
  const std::shared_ptr<Throttle> limit_;
  const std::shared_ptr<BlockWork> work_;
  const std::shared_ptr<Blocks> blocks_;
};

class WorkerBlockReader final : public BlockReader {
 public:
  template <class... Parts>
  explicit WorkerBlockReader(Parts&&... parts) : end_(std::forward<Parts>(parts)...) {}
  void set_rate(std::uint64_t bytes_per_second) override { end_.set_rate(bytes_per_second); }
  void read(std::size_t size, Callback<void(Result<Bytes>)> done) override {
    end_.move(
        std::move(done), [size](BlockSource& source) { return source.read(size); },
        [](const Result<Bytes>& block) { return block->size(); });
  }
  void finish(Callback<void(Result<Moved>)> done) override { end_.finish(std::move(done)); }

 private:
  BlockEnd<BlockSource> end_;
};

class WorkerBlockWriter final : public BlockWriter {
 public:
  template <class... Parts>
  explicit WorkerBlockWriter(Parts&&... parts) : end_(std::forward<Parts>(parts)...) {}
  void set_rate(std::uint64_t bytes_per_second) override { end_.set_rate(bytes_per_second); }
  void write(Bytes block, Callback<void(Result<void>)> done) override {
    const auto size = block.size();
    end_.move(
        std::move(done), [block = std::move(block)](BlockSink& sink) { return sink.write(block); },
        [size](const Result<void>&) { return size; });
  }
  void finish(Callback<void(Result<Moved>)> done) override { end_.finish(std::move(done)); }

 private:
  BlockEnd<BlockSink> end_;
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

std::unique_ptr<BulkTask> BulkWorkers::send(UniqueFd socket, FileEnd file, ByteRange range,
                                            StreamEnd end, std::shared_ptr<Progress> progress,
                                            OnMoved done) {
  return stream(least_busy(), std::move(socket), std::move(file), range, std::move(progress),
                std::move(done), [end](StreamParts parts) {
                  return std::make_unique<SendTask>(std::move(parts), end, Worker::Clock::now());
                });
}

std::unique_ptr<BulkTask> BulkWorkers::receive(UniqueFd socket, FileEnd file, ByteRange range,
                                               std::shared_ptr<Progress> progress, OnMoved done) {
  auto& writer = writer_of(file.file);  // before the file moves away
  return stream(writer, std::move(socket), std::move(file), range, std::move(progress),
                std::move(done), [](StreamParts parts) {
                  return std::make_unique<ReceiveTask>(std::move(parts), Worker::Clock::now());
                });
}

template <class MakeTask>
std::unique_ptr<BulkTask> BulkWorkers::stream(Worker& worker, UniqueFd socket, FileEnd file,
                                              ByteRange range, std::shared_ptr<Progress> progress,
                                              OnMoved done, MakeTask make_task) {
  auto move = std::make_unique<StreamMove>(core_, worker, file.rate);
  auto digest = RangeDigest::of_move(hashers_, file, range);
  Pace pace(move->limit(), file.throttle);
  move->start(make_task({.socket = std::move(socket),
                         .file = std::move(file),
                         .range = range,
                         .progress = std::move(progress),
                         .digest = digest,
                         .pace = std::move(pace),
                         .stall = stall_,
                         .answer = move->expect(std::move(done))}),
              digest);
  return move;
}

std::unique_ptr<BlockReader> BulkWorkers::read_blocks(FileEnd file, ByteRange range,
                                                      std::shared_ptr<Progress> progress) {
  return std::make_unique<WorkerBlockReader>(core_, least_busy(), hashers_, std::move(file), range,
                                             std::move(progress));
}

std::unique_ptr<BlockWriter> BulkWorkers::write_blocks(FileEnd file, ByteRange range,
                                                       std::shared_ptr<Progress> progress) {
  auto& writer = writer_of(file.file);  // before the file moves away
  return std::make_unique<WorkerBlockWriter>(core_, writer, hashers_, std::move(file), range,
                                             std::move(progress));
}

std::unique_ptr<HashTask> BulkWorkers::hash(std::shared_ptr<OpenFile> file, ByteRange range,
                                            HashAlgo algo, std::shared_ptr<Progress> progress,
                                            Callback<void(Result<Hash>)> done) {
  auto hashing = std::make_unique<Hashing>(core_);
  hashing->start(
      std::make_shared<RangeDigest>(hashers_, std::move(file), algo, range, std::move(progress)),
      range.length, std::move(done));
  return hashing;
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "support/fake_bulk.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "support/paced_turns.h"

namespace xmppftd::test {
namespace {

constexpr std::uint64_t kHeldBack = 64 * 1024;  // as the workers do

Error too_short() { return {Errc::FileChanged, "the file ends before the range"}; }

}  // namespace

void FakeBulk::Stream::end(Result<Moved> result) {
  socket.reset();
  if (!cancelled && done) std::exchange(done, nullptr)(std::move(result));
}

struct FakeBulk::StreamHandle final : BulkTask {
  explicit StreamHandle(std::shared_ptr<Stream> its_stream) : stream(std::move(its_stream)) {}
  ~StreamHandle() override {
    stream->cancelled = static_cast<bool>(stream->done);
    stream->socket.reset();
  }
  void set_rate(std::uint64_t bytes_per_second) override { stream->rate = bytes_per_second; }
  std::shared_ptr<Stream> stream;
};

FakeBulk::Stream& FakeBulk::expect(bool out) {
  if (started_.empty()) FAIL("no stream was started");
  Stream& stream = *started_.front();
  started_.pop_front();
  REQUIRE(stream.out == out);
  return stream;
}

void FakeBulk::expect_nothing() {
  if (!started_.empty()) FAIL("a stream was started");
}

std::unique_ptr<BulkTask> FakeBulk::add(Stream stream) {
  stream.rate = stream.file.rate;
  streams_.push_back(std::make_shared<Stream>(std::move(stream)));
  started_.push_back(streams_.back().get());
  return std::make_unique<StreamHandle>(streams_.back());
}

std::unique_ptr<BulkTask> FakeBulk::send(UniqueFd socket, FileEnd file, ByteRange range,
                                         StreamEnd end, std::shared_ptr<Progress> progress,
                                         OnMoved done) {
  return add({true, std::move(socket), std::move(file), range, end, std::move(progress), 0, false,
              std::move(done)});
}

std::unique_ptr<BulkTask> FakeBulk::receive(UniqueFd socket, FileEnd file, ByteRange range,
                                            std::shared_ptr<Progress> progress, OnMoved done) {
  return add({false,
              std::move(socket),
              std::move(file),
              range,
              {},
              std::move(progress),
              0,
              false,
              std::move(done)});
}

std::unique_ptr<HashTask> FakeBulk::hash(std::shared_ptr<OpenFile>, ByteRange range, HashAlgo algo,
                                         std::shared_ptr<Progress> progress,
                                         Callback<void(Result<Hash>)> done) {
  struct Hashing final : HashTask {
    std::unique_ptr<Timer> soon;
  };
  auto hashing = std::make_unique<Hashing>();
  hashing->soon = timers_.after(
      {}, [this, range, algo, progress = std::move(progress), done = std::move(done)]() mutable {
        auto callback = std::move(done);  // which may destroy us
        if (range.end() > content.size()) return callback(too_short());
        if (progress) progress->bytes = range.length;
        callback(Digest::of(algo,
                            view_of(std::string_view(content).substr(range.offset, range.length))));
      });
  return hashing;
}

struct FakeBulk::Reader final : BlockReader {
  Reader(FakeBulk& its_bulk, FileEnd its_file, ByteRange its_range,
         std::shared_ptr<Progress> progress)
      : bulk(its_bulk),
        file(std::move(its_file)),
        range(its_range),
        known(its_bulk.content),
        turns(its_bulk.timers_, file, std::move(progress)),
        handles(its_bulk.handles_) {
    ++*handles;
  }
  ~Reader() override { --*handles; }
  void set_rate(std::uint64_t bytes_per_second) override { turns.set_rate(bytes_per_second); }
  void read(std::size_t size, Callback<void(Result<Bytes>)> done) override {
    const auto bytes = std::min<std::uint64_t>(size, range.length - asked);
    asked += bytes;
    turns.move(bytes, [this, bytes, done = std::move(done)]() mutable {
      auto callback = std::move(done);
      callback(next(bytes));  // may destroy us
    });
  }
  void finish(Callback<void(Result<Moved>)> done) override {
    turns.end([this, done = std::move(done)]() mutable {
      auto callback = std::move(done);
      if (failure) return callback(*failure);
      const std::string_view content = bulk.content;
      Moved all{moved, std::nullopt, false};
      if (file.digest && range.offset + moved > content.size()) return callback(too_short());
      if (file.digest)
        all.hash = Digest::of(*file.digest, view_of(content.substr(0, range.offset + moved)));
      callback(all);
    });
  }
  Result<Bytes> next(std::uint64_t bytes) {
    const auto from = range.offset + moved;
    if (bulk.reading_fails && !failure) failure = Error{*bulk.reading_fails, "reading"};
    if (!failure && from + bytes > bulk.content.size()) failure = too_short();
    if (!failure && range.end() - from - bytes < kHeldBack && bulk.content != known)
      failure = Error{Errc::FileChanged, "the file changed"};
    if (failure) return *failure;
    moved += bytes;
    const auto piece = std::string_view(bulk.content).substr(from, bytes);
    return Bytes(piece.begin(), piece.end());
  }
  FakeBulk& bulk;
  FileEnd file;
  ByteRange range;
  std::string known;  // the file when we began
  std::uint64_t asked = 0, moved = 0;
  std::optional<Error> failure;
  PacedTurns turns;
  std::shared_ptr<std::size_t> handles;
};

struct FakeBulk::Writer final : BlockWriter {
  Writer(FakeBulk& its_bulk, FileEnd its_file, ByteRange its_range,
         std::shared_ptr<Progress> progress)
      : bulk(its_bulk),
        file(std::move(its_file)),
        range(its_range),
        turns(its_bulk.timers_, file, std::move(progress)),
        handles(its_bulk.handles_) {
    ++*handles;
  }
  ~Writer() override {
    --*handles;
    *alive = false;
  }
  void set_rate(std::uint64_t bytes_per_second) override { turns.set_rate(bytes_per_second); }
  void write(Bytes block, Callback<void(Result<void>)> done) override {
    const auto size = block.size();
    auto work = [this, here = alive, bytes = std::move(block), done = std::move(done)]() mutable {
      if (!*here) return;
      auto callback = std::move(done);
      callback(take(bytes));  // may destroy us
    };
    if (bulk.hold_writes)
      bulk.held_.emplace_back(std::move(work));
    else
      turns.move(size, std::move(work));
  }
  void finish(Callback<void(Result<Moved>)> done) override {
    turns.end([this, done = std::move(done)]() mutable {
      auto callback = std::move(done);
      if (failure) return callback(*failure);
      if (moved < range.length && !range.open)
        return callback(Error{Errc::Interrupted, "bytes are missing"});
      Moved all{moved, std::nullopt, false};
      if (file.digest)
        all.hash = Digest::of(*file.digest, ByteView(bulk.written).first(range.offset + moved));
      callback(all);
    });
  }
  Result<void> take(const Bytes& block) {
    if (bulk.writing_fails && !failure) failure = Error{*bulk.writing_fails, "writing"};
    if (!failure && moved + block.size() > range.length)
      failure = Error{Errc::Protocol, "a byte too many"};
    if (failure) return *failure;
    const auto at = range.offset + moved;
    bulk.written.resize(std::max<std::size_t>(bulk.written.size(), at + block.size()));
    std::copy(block.begin(), block.end(), bulk.written.begin() + static_cast<std::ptrdiff_t>(at));
    moved += block.size();
    return {};
  }
  FakeBulk& bulk;
  FileEnd file;
  ByteRange range;
  std::uint64_t moved = 0;
  std::optional<Error> failure;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  PacedTurns turns;
  std::shared_ptr<std::size_t> handles;
};

void FakeBulk::write_held() {
  REQUIRE_FALSE(held_.empty());
  auto work = std::move(held_.front());
  held_.pop_front();
  work();
}

std::unique_ptr<BlockReader> FakeBulk::read_blocks(FileEnd file, ByteRange range,
                                                   std::shared_ptr<Progress> progress) {
  return std::make_unique<Reader>(*this, std::move(file), range, std::move(progress));
}

std::unique_ptr<BlockWriter> FakeBulk::write_blocks(FileEnd file, ByteRange range,
                                                    std::shared_ptr<Progress> progress) {
  return std::make_unique<Writer>(*this, std::move(file), range, std::move(progress));
}

}  // namespace xmppftd::test

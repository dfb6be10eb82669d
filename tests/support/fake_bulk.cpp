// SPDX-License-Identifier: MIT
#include "support/fake_bulk.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

namespace xmppftd::test {

/// Callbacks for the next turn of the clock; those still waiting go with their owner.
class NextTurn {
 public:
  explicit NextTurn(FakeTimers& timers) : timers_(timers) {}
  void call(Callback<void()> callback) {
    const auto id = ++last_;
    running_[id] = timers_.after(std::chrono::milliseconds(0),
                                 [this, id, run = std::move(callback)]() mutable {
                                   const auto keep = running_.extract(id);
                                   auto now = std::move(run);
                                   now();  // may destroy us
                                 });
  }

 private:
  FakeTimers& timers_;
  unsigned long last_ = 0;
  std::map<unsigned long, std::unique_ptr<Timer>> running_;
};

void FakeBulk::Stream::end(Result<Moved> result) {
  socket.reset();
  if (!cancelled && done) std::exchange(done, nullptr)(std::move(result));
}

struct FakeBulk::StreamHandle final : Move {
  explicit StreamHandle(std::shared_ptr<Stream> its_stream) : stream(std::move(its_stream)) {}
  ~StreamHandle() override {
    stream->cancelled = static_cast<bool>(stream->done);
    stream->socket.reset();
  }
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

std::unique_ptr<Move> FakeBulk::add(Stream stream) {
  streams_.push_back(std::make_shared<Stream>(std::move(stream)));
  started_.push_back(streams_.back().get());
  return std::make_unique<StreamHandle>(streams_.back());
}

std::unique_ptr<Move> FakeBulk::send(UniqueFd socket, FileEnd file, ByteRange range, StreamEnd end,
                                     std::shared_ptr<Progress> progress, OnMoved done) {
  return add({true, std::move(socket), std::move(file), range, end, std::move(progress), false,
              std::move(done)});
}

std::unique_ptr<Move> FakeBulk::receive(UniqueFd socket, FileEnd file, ByteRange range,
                                        std::shared_ptr<Progress> progress, OnMoved done) {
  return add({false,
              std::move(socket),
              std::move(file),
              range,
              {},
              std::move(progress),
              false,
              std::move(done)});
}

std::unique_ptr<Move> FakeBulk::hash(std::shared_ptr<OpenFile>, ByteRange range, HashAlgo algo,
                                     std::shared_ptr<Progress>, Callback<void(Result<Hash>)> done) {
  struct Hashing final : Move {
    explicit Hashing(FakeTimers& timers) : next(timers) {}
    NextTurn next;
  };
  auto hashing = std::make_unique<Hashing>(timers_);
  auto digest =
      Digest::of(algo, view_of(std::string_view(content).substr(range.offset, range.length)));
  hashing->next.call([callback = std::move(done), digest]() mutable { callback(digest); });
  return hashing;
}

struct FakeBulk::Reader final : BlockReader {
  Reader(FakeBulk& its_bulk, FileEnd its_file, ByteRange its_range)
      : bulk(its_bulk),
        file(std::move(its_file)),
        range(its_range),
        next(its_bulk.timers_),
        handles(its_bulk.handles_) {
    ++*handles;
  }
  ~Reader() override { --*handles; }
  void read(std::size_t size, Callback<void(Result<Bytes>)> done) override {
    Result<Bytes> answer = Error{bulk.reading_fails.value_or(Errc::Io), "reading"};
    if (!bulk.reading_fails) {
      const auto left = range.length - moved;
      const auto piece = std::string_view(bulk.content)
                             .substr(range.offset + moved, std::min<std::uint64_t>(size, left));
      moved += piece.size();
      answer = Bytes(piece.begin(), piece.end());
    }
    next.call([callback = std::move(done), answer]() mutable { callback(std::move(answer)); });
  }
  void finish(Callback<void(Result<Moved>)> done) override {
    Moved all{moved, std::nullopt, false};
    if (file.digest)
      all.hash = Digest::of(*file.digest,
                            view_of(std::string_view(bulk.content).substr(range.offset, moved)));
    next.call([callback = std::move(done), all]() mutable { callback(all); });
  }
  FakeBulk& bulk;
  FileEnd file;
  ByteRange range;
  std::uint64_t moved = 0;
  NextTurn next;
  std::shared_ptr<std::size_t> handles;
};

struct FakeBulk::Writer final : BlockWriter {
  Writer(FakeBulk& its_bulk, FileEnd its_file, ByteRange its_range)
      : bulk(its_bulk),
        file(std::move(its_file)),
        range(its_range),
        next(its_bulk.timers_),
        handles(its_bulk.handles_) {
    ++*handles;
  }
  ~Writer() override {
    --*handles;
    *alive = false;
  }
  void write(Bytes block, Callback<void(Result<void>)> done) override {
    auto work = [this, here = alive, bytes = std::move(block),
                 callback = std::move(done)]() mutable {
      if (!*here) return;
      if (bulk.writing_fails) return callback(Error{*bulk.writing_fails, "writing"});
      if (moved + bytes.size() > range.length)
        return callback(Error{Errc::Protocol, "a byte too many"});
      moved += bytes.size();
      bulk.written.insert(bulk.written.end(), bytes.begin(), bytes.end());
      callback(Result<void>());
    };
    if (bulk.hold_writes)
      bulk.held_.emplace_back(std::move(work));
    else
      next.call(std::move(work));
  }
  void finish(Callback<void(Result<Moved>)> done) override {
    Moved all{moved, std::nullopt, false};
    if (file.digest) all.hash = Digest::of(*file.digest, bulk.written);
    next.call([callback = std::move(done), all]() mutable { callback(all); });
  }
  FakeBulk& bulk;
  FileEnd file;
  ByteRange range;
  std::uint64_t moved = 0;
  NextTurn next;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  std::shared_ptr<std::size_t> handles;
};

void FakeBulk::write_held() {
  REQUIRE_FALSE(held_.empty());
  auto work = std::move(held_.front());
  held_.pop_front();
  work();
}

std::unique_ptr<BlockReader> FakeBulk::read_blocks(FileEnd file, ByteRange range) {
  return std::make_unique<Reader>(*this, std::move(file), range);
}

std::unique_ptr<BlockWriter> FakeBulk::write_blocks(FileEnd file, ByteRange range) {
  return std::make_unique<Writer>(*this, std::move(file), range);
}

}  // namespace xmppftd::test

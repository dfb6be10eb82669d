// SPDX-License-Identifier: MIT
#include "support/memory_bulk.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "support/paced_turns.h"

namespace xmppftd::test {
namespace {

constexpr std::size_t kPiece = 4096;
constexpr std::uint64_t kHeldBack = 64 * 1024;  // as the workers do
constexpr std::chrono::seconds kSilence{60};    // as the workers'

/// Counts itself, and tells whether it is still there.
struct Handle {
  explicit Handle(std::shared_ptr<std::size_t> its_count) : count(std::move(its_count)) {
    ++*count;
  }
  ~Handle() {
    --*count;
    *alive = false;
  }
  std::shared_ptr<std::size_t> count;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

}  // namespace

std::string MemoryBulk::outgoing(const FileEnd& file, const ByteRange& range) const {
  const auto& all = disk_.inodes.at(file.file->identity.inode).content;
  auto content = all.substr(std::min<std::size_t>(range.offset, all.size()), range.length);
  if (spoil) spoil(content);
  return content;
}

Result<void> MemoryBulk::check(const FileEnd& file, const ByteRange& range) const {
  const auto now = disk_.identity_of(file.file->identity.inode);
  if (range.end() <= now.size && now == file.file->identity) return {};
  return Error{Errc::FileChanged, "the file changed"};
}

void MemoryBulk::write(const FileEnd& file, std::uint64_t at, ByteView bytes) {
  auto& inode = disk_.inodes.at(file.file->identity.inode);
  inode.content.resize(std::max<std::size_t>(inode.content.size(), at + bytes.size()));
  std::copy(bytes.begin(), bytes.end(), inode.content.begin() + static_cast<std::ptrdiff_t>(at));
  inode.size = inode.content.size();
}

Result<Moved> MemoryBulk::moved(const FileEnd& file, const ByteRange& range,
                                std::uint64_t bytes) const {
  const std::string_view content = disk_.inodes.at(file.file->identity.inode).content;
  Moved all{bytes, std::nullopt, false};
  if (!file.digest) return all;
  if (range.offset + bytes > content.size())
    return Error{Errc::FileChanged, "the file ends before the range"};
  all.hash = Digest::of(*file.digest, view_of(content.substr(0, range.offset + bytes)));
  return all;
}

class MemoryBulk::Stream : public BulkTask {
 public:
  Stream(MemoryBulk& bulk, UniqueFd socket, FileEnd file, ByteRange range,
         std::shared_ptr<Progress> progress, OnMoved done)
      : bulk_(bulk),
        socket_(std::move(socket)),
        file_(std::move(file)),
        range_(range),
        progress_(progress ? std::move(progress) : std::make_shared<Progress>()),
        done_(std::move(done)),
        handle_(bulk.handles_) {
    bulk_.streams_.push_back(this);
    heard();
  }
  ~Stream() override { bulk_.streams_.remove(this); }
  void set_rate(std::uint64_t bytes_per_second) override { limit_->set_rate(bytes_per_second); }
  virtual bool pump() = 0;
  bool ended() const { return !done_; }

 protected:
  /// How many bytes may move now, `most` at most; 0 = none, for the pace is kept.
  std::uint64_t allowed(std::uint64_t most) {
    const auto now = bulk_.timers_.now();
    const auto left = pace_.due() > now ? pace_.due() - now : Timers::Clock::duration::zero();
    const bool throttled = left > left.zero();
    if (progress_->throttled.exchange(throttled) != throttled) heard();
    if (!throttled) return pace_.piece(most);
    forgive();
    // Only so that whoever moves the clock stops here.
    turn_ = bulk_.timers_.after(
        std::min(std::chrono::ceil<std::chrono::milliseconds>(left), Pace::kLookAgain), [] {});
    return 0;
  }
  void moved(std::uint64_t bytes) {
    moved_ += bytes;
    progress_->bytes = std::min(moved_, range_.length);
    pace_.pay(bytes, bulk_.timers_.now());
    heard();
  }
  /// Bytes moved: the other end has another minute.
  void heard() {
    silence_ = bulk_.timers_.after(kSilence, [this] {
      end(Error{Errc::Timeout, "no byte moved for 60 s"});
    });
  }
  void forgive() { silence_.reset(); }  ///< it is we who keep the other end waiting
  bool end(Result<Moved> how) {
    silence_.reset();
    turn_.reset();
    socket_.reset();
    std::exchange(done_, nullptr)(std::move(how));  // may destroy us
    return true;
  }
  bool end_well() { return end(bulk_.moved(file_, range_, range_.length)); }
  bool interrupted() { return end(Error{Errc::Interrupted, "the stream ended early"}); }

  MemoryBulk& bulk_;
  UniqueFd socket_;
  FileEnd file_;
  ByteRange range_;
  std::shared_ptr<Progress> progress_;
  OnMoved done_;
  Handle handle_;
  std::uint64_t moved_ = 0;

 private:
  const std::shared_ptr<Throttle> limit_ = std::make_shared<Throttle>(file_.rate);
  Pace pace_{limit_, file_.throttle};
  std::unique_ptr<Timer> silence_, turn_;
};

class MemoryBulk::Sender final : public Stream {
 public:
  Sender(MemoryBulk& bulk, UniqueFd socket, FileEnd file, ByteRange range, StreamEnd how,
         std::shared_ptr<Progress> progress, OnMoved done)
      : Stream(bulk, std::move(socket), std::move(file), range, std::move(progress),
               std::move(done)),
        how_(how),
        content_(bulk.outgoing(file_, range_)) {}

  bool pump() override {
    if (moved_ < content_.size()) return send_some();
    if (how_ == StreamEnd::ShutdownAndWait && !std::exchange(half_closed_, true)) {
      ::shutdown(socket_.get(), SHUT_WR);
      heard();
      return true;
    }
    char byte;
    const auto n = ::recv(socket_.get(), &byte, 1, 0);
    if (n < 0 && errno == EAGAIN)
      return how_ == StreamEnd::DrainAndClose && unread() == 0 && handed_over();
    if (n > 0) return true;
    return n == 0 && unread() == 0 ? handed_over() : interrupted();
  }

 private:
  bool send_some() {
    const auto tail = range_.length - std::min(range_.length, kHeldBack);
    if (moved_ >= tail && !std::exchange(checked_, true))
      if (auto same = bulk_.check(file_, range_); !same) return end(std::move(same).error());
    auto upto = std::min<std::uint64_t>(content_.size(), bulk_.stop_at);
    if (!checked_) upto = std::min(upto, tail);
    if (moved_ >= upto) {
      forgive();
      char byte;  // a peer that goes is seen
      return ::recv(socket_.get(), &byte, 1, MSG_PEEK) == 0 && interrupted();
    }
    const auto size = allowed(std::min<std::uint64_t>(kPiece, upto - moved_));
    if (size == 0) return false;
    const auto n = ::send(socket_.get(), content_.data() + moved_, size, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN ? false : interrupted();
    moved(static_cast<std::uint64_t>(n));
    return true;
  }
  bool handed_over() {
    if (auto same = bulk_.check(file_, range_); !same) return end(std::move(same).error());
    return end_well();
  }
  int unread() const {
    int bytes = 0;
    ::ioctl(socket_.get(), SIOCOUTQ, &bytes);
    return bytes;
  }

  StreamEnd how_;
  std::string content_;
  bool checked_ = false;
  bool half_closed_ = false;
};

class MemoryBulk::Receiver final : public Stream {
 public:
  using Stream::Stream;
  bool pump() override {
    std::array<std::uint8_t, kPiece> buffer;
    const auto left = range_.length - moved_;
    const auto size = left == 0 ? 1 : allowed(std::min<std::uint64_t>(buffer.size(), left));
    if (size == 0) return false;
    const auto n = ::recv(socket_.get(), buffer.data(), size, 0);
    if (n < 0 && errno == EAGAIN) {
      if (left == 0 && !grace_)
        grace_ = bulk_.timers_.after(std::chrono::milliseconds(200), [this] { end_well(); });
      return false;
    }
    if (n == 0 && range_.open) return end(bulk_.moved(file_, range_, moved_));
    if (n <= 0) return left == 0 ? end_well() : interrupted();
    if (left == 0) return end(Error{Errc::Protocol, "a byte too many"});
    bulk_.write(file_, range_.offset + moved_,
                ByteView(buffer.data(), static_cast<std::size_t>(n)));
    moved(static_cast<std::uint64_t>(n));
    return true;
  }

 private:
  std::unique_ptr<Timer> grace_;
};

class MemoryBulk::Reader final : public BlockReader {
 public:
  Reader(MemoryBulk& bulk, FileEnd file, ByteRange range, std::shared_ptr<Progress> progress)
      : bulk_(bulk),
        file_(std::move(file)),
        range_(range),
        content_(bulk.outgoing(file_, range)),
        turns_(bulk.timers_, file_, std::move(progress),
               [this] { return bulk_.stop_at <= moved_; }),
        handle_(bulk.handles_) {}
  void set_rate(std::uint64_t bytes_per_second) override { turns_.set_rate(bytes_per_second); }
  void read(std::size_t size, Callback<void(Result<Bytes>)> done) override {
    const auto bytes = std::min<std::uint64_t>(size, range_.length - asked_);
    asked_ += bytes;
    turns_.move(bytes, [this, bytes, done = std::move(done)]() mutable {
      auto answer = std::move(done);
      answer(next(bytes));  // may destroy us
    });
  }
  void finish(Callback<void(Result<Moved>)> done) override {
    turns_.end([this, done = std::move(done)]() mutable {
      auto answer = std::move(done);
      if (failure_) return answer(*failure_);
      answer(bulk_.moved(file_, range_, std::min(moved_, range_.length)));
    });
  }

 private:
  Result<Bytes> next(std::uint64_t size) {
    const bool last = moved_ + size >= range_.length;
    const auto& all = bulk_.disk_.inodes.at(file_.file->identity.inode).content;
    if (!failure_ && range_.offset + moved_ + size > all.size())
      failure_ = Error{Errc::FileChanged, "the file ends before the range"};
    if (!failure_ && moved_ + size + kHeldBack > range_.length)
      if (auto same = bulk_.check(file_, range_); !same) failure_ = std::move(same).error();
    if (failure_) return *failure_;
    // A surplus comes in a last block that is too long.
    const auto piece = content_.substr(std::min<std::size_t>(moved_, content_.size()),
                                       last ? std::string::npos : size);
    moved_ += piece.size();
    return Bytes(piece.begin(), piece.end());
  }

  MemoryBulk& bulk_;
  FileEnd file_;
  ByteRange range_;
  std::string content_;
  std::uint64_t asked_ = 0, moved_ = 0;
  std::optional<Error> failure_;
  PacedTurns turns_;
  Handle handle_;
};

class MemoryBulk::Writer final : public BlockWriter {
 public:
  Writer(MemoryBulk& bulk, FileEnd file, ByteRange range, std::shared_ptr<Progress> progress)
      : bulk_(bulk),
        file_(std::move(file)),
        range_(range),
        turns_(bulk.timers_, file_, std::move(progress)),
        handle_(bulk.handles_) {}
  void set_rate(std::uint64_t bytes_per_second) override { turns_.set_rate(bytes_per_second); }
  void write(Bytes block, Callback<void(Result<void>)> done) override {
    const auto size = block.size();
    turns_.move(size, [this, block = std::move(block), done = std::move(done)]() mutable {
      auto answer = std::move(done);
      answer(take(block));  // may destroy us
    });
  }
  void finish(Callback<void(Result<Moved>)> done) override {
    turns_.end([this, done = std::move(done)]() mutable {
      auto answer = std::move(done);
      if (failure_) return answer(*failure_);
      if (moved_ < range_.length && !range_.open)
        return answer(Error{Errc::Interrupted, "bytes are missing"});
      answer(bulk_.moved(file_, range_, moved_));
    });
  }

 private:
  Result<void> take(const Bytes& block) {
    if (!failure_ && moved_ + block.size() > range_.length)
      failure_ = Error{Errc::Protocol, "a byte too many"};
    if (failure_) return *failure_;
    bulk_.write(file_, range_.offset + moved_, block);
    moved_ += block.size();
    return {};
  }

  MemoryBulk& bulk_;
  FileEnd file_;
  ByteRange range_;
  std::uint64_t moved_ = 0;
  std::optional<Error> failure_;
  PacedTurns turns_;
  Handle handle_;
};

struct MemoryBulk::Hashing final : HashTask {
  explicit Hashing(std::shared_ptr<std::size_t> count) : handle(std::move(count)) {}
  Handle handle;
};

bool MemoryBulk::pump() {
  bool moved = false;
  const std::list<Stream*> now = streams_;
  for (Stream* stream : now)  // one that ends may destroy others
    if (std::find(streams_.begin(), streams_.end(), stream) != streams_.end() && !stream->ended())
      moved |= stream->pump();
  return moved;
}

std::unique_ptr<BulkTask> MemoryBulk::send(UniqueFd socket, FileEnd file, ByteRange range,
                                           StreamEnd end, std::shared_ptr<Progress> progress,
                                           OnMoved done) {
  return std::make_unique<Sender>(*this, std::move(socket), std::move(file), range, end,
                                  std::move(progress), std::move(done));
}

std::unique_ptr<BulkTask> MemoryBulk::receive(UniqueFd socket, FileEnd file, ByteRange range,
                                              std::shared_ptr<Progress> progress, OnMoved done) {
  return std::make_unique<Receiver>(*this, std::move(socket), std::move(file), range,
                                    std::move(progress), std::move(done));
}

std::unique_ptr<BlockReader> MemoryBulk::read_blocks(FileEnd file, ByteRange range,
                                                     std::shared_ptr<Progress> progress) {
  return std::make_unique<Reader>(*this, std::move(file), range, std::move(progress));
}

std::unique_ptr<BlockWriter> MemoryBulk::write_blocks(FileEnd file, ByteRange range,
                                                      std::shared_ptr<Progress> progress) {
  return std::make_unique<Writer>(*this, std::move(file), range, std::move(progress));
}

std::unique_ptr<HashTask> MemoryBulk::hash(std::shared_ptr<OpenFile> file, ByteRange range,
                                           HashAlgo algo, std::shared_ptr<Progress> progress,
                                           Callback<void(Result<Hash>)> done) {
  auto hashing = std::make_unique<Hashing>(handles_);
  turns_.later([this, alive = hashing->handle.alive, file = std::move(file), range, algo,
                progress = std::move(progress), done = std::move(done)]() mutable {
    if (!*alive) return;
    auto answer = std::move(done);
    const std::string_view content = disk_.inodes.at(file->identity.inode).content;
    if (range.end() > content.size())
      return answer(Error{Errc::FileChanged, "the file ends before the range"});
    if (progress) progress->bytes = range.length;
    answer(Digest::of(algo, view_of(content.substr(range.offset, range.length))));
  });
  return hashing;
}

}  // namespace xmppftd::test

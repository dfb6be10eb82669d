// SPDX-License-Identifier: MIT
#include "support/memory_bulk.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <optional>
#include <utility>

namespace xmppftd::test {
namespace {

constexpr std::size_t kPiece = 4096;
constexpr std::chrono::seconds kSilence{60};  // as the workers'

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
  std::string content =
      disk_.inodes.at(file.file->identity.inode).content.substr(range.offset, range.length);
  if (spoil) spoil(content);
  return content;
}

void MemoryBulk::write(const FileEnd& file, std::uint64_t at, ByteView bytes) {
  auto& inode = disk_.inodes.at(file.file->identity.inode);
  inode.content.resize(std::max<std::size_t>(inode.content.size(), at + bytes.size()));
  std::copy(bytes.begin(), bytes.end(), inode.content.begin() + static_cast<std::ptrdiff_t>(at));
  inode.size = inode.content.size();
}

Moved MemoryBulk::moved(const FileEnd& file, const ByteRange& range, std::uint64_t bytes) const {
  const auto& content = disk_.inodes.at(file.file->identity.inode).content;
  Moved all{bytes, std::nullopt, false};
  if (file.digest)
    all.hash =
        Digest::of(*file.digest, view_of(std::string_view(content).substr(range.offset, bytes)));
  return all;
}

class MemoryBulk::Stream : public Move {
 public:
  Stream(MemoryBulk& bulk, UniqueFd socket, FileEnd file, ByteRange range,
         std::shared_ptr<Progress> progress, OnMoved done)
      : bulk_(bulk),
        socket_(std::move(socket)),
        file_(std::move(file)),
        range_(range),
        progress_(std::move(progress)),
        done_(std::move(done)),
        handle_(bulk.handles_) {
    bulk_.streams_.push_back(this);
    heard();
  }
  ~Stream() override { bulk_.streams_.remove(this); }
  virtual bool pump() = 0;
  bool ended() const { return !done_; }

 protected:
  /// Bytes moved: the other end has another minute.
  void heard() {
    silence_ = bulk_.timers_.after(kSilence, [this] {
      end(Error{Errc::Timeout, "no byte moved for 60 s"});
    });
  }
  void forgive() { silence_.reset(); }  ///< it is we who keep the other end waiting
  bool end(Result<Moved> how) {
    silence_.reset();
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
  std::unique_ptr<Timer> silence_;
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
      return how_ == StreamEnd::DrainAndClose && unread() == 0 && end_well();
    if (n > 0) return true;
    return n == 0 && unread() == 0 ? end_well() : interrupted();
  }

 private:
  bool send_some() {
    const auto upto = std::min<std::uint64_t>(content_.size(), bulk_.stop_at);
    if (moved_ >= upto) {
      forgive();
      char byte;  // a peer that goes is seen
      return ::recv(socket_.get(), &byte, 1, MSG_PEEK) == 0 && interrupted();
    }
    const auto n = ::send(socket_.get(), content_.data() + moved_,
                          std::min<std::uint64_t>(kPiece, upto - moved_), MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN ? false : interrupted();
    moved_ += static_cast<std::uint64_t>(n);
    progress_->bytes = std::min(moved_, range_.length);
    heard();
    return true;
  }
  int unread() const {
    int bytes = 0;
    ::ioctl(socket_.get(), SIOCOUTQ, &bytes);
    return bytes;
  }

  StreamEnd how_;
  std::string content_;
  bool half_closed_ = false;
};

class MemoryBulk::Receiver final : public Stream {
 public:
  using Stream::Stream;
  bool pump() override {
    std::array<std::uint8_t, kPiece> buffer;
    const auto left = range_.length - moved_;
    const auto n = ::recv(socket_.get(), buffer.data(),
                          left == 0 ? 1 : std::min<std::uint64_t>(buffer.size(), left), 0);
    if (n < 0 && errno == EAGAIN) {
      if (left == 0 && !grace_)
        grace_ = bulk_.timers_.after(std::chrono::milliseconds(200), [this] { end_well(); });
      return false;
    }
    if (n <= 0) return left == 0 ? end_well() : interrupted();
    if (left == 0) return end(Error{Errc::Protocol, "a byte too many"});
    bulk_.write(file_, range_.offset + moved_,
                ByteView(buffer.data(), static_cast<std::size_t>(n)));
    moved_ += static_cast<std::uint64_t>(n);
    progress_->bytes = moved_;
    heard();
    return true;
  }

 private:
  std::unique_ptr<Timer> grace_;
};

class MemoryBulk::Reader final : public BlockReader {
 public:
  Reader(MemoryBulk& bulk, FileEnd file, ByteRange range)
      : bulk_(bulk),
        file_(std::move(file)),
        range_(range),
        content_(bulk.outgoing(file_, range)),
        handle_(bulk.handles_) {}
  void read(std::size_t size, Callback<void(Result<Bytes>)> done) override {
    waiting_.push_back({size, std::move(done)});
    serve();
  }
  void finish(Callback<void(Result<Moved>)> done) override {
    auto all = bulk_.moved(file_, range_, range_.length);
    bulk_.turns_.later([alive = handle_.alive, done = std::move(done), all]() mutable {
      if (*alive) done(all);
    });
  }

 private:
  /// Tries again on every turn of the clock while the bulk holds it back.
  void serve() {
    if (waiting_.empty() || timer_) return;
    timer_ =
        bulk_.timers_.after(std::chrono::milliseconds(bulk_.stop_at <= moved_ ? 100 : 0), [this] {
          timer_.reset();
          if (bulk_.stop_at > moved_) {
            auto [size, done] = std::move(waiting_.front());
            waiting_.pop_front();
            // A surplus comes in a last block that is too long.
            const bool last = moved_ + size >= range_.length;
            const auto piece = content_.substr(std::min<std::size_t>(moved_, content_.size()),
                                               last ? std::string::npos : size);
            moved_ += piece.size();
            const auto alive = handle_.alive;
            done(Bytes(piece.begin(), piece.end()));
            if (!*alive) return;
          }
          serve();
        });
  }

  MemoryBulk& bulk_;
  FileEnd file_;
  ByteRange range_;
  std::string content_;
  std::uint64_t moved_ = 0;
  std::deque<std::pair<std::size_t, Callback<void(Result<Bytes>)>>> waiting_;
  std::unique_ptr<Timer> timer_;
  Handle handle_;
};

class MemoryBulk::Writer final : public BlockWriter {
 public:
  Writer(MemoryBulk& bulk, FileEnd file, ByteRange range)
      : bulk_(bulk), file_(std::move(file)), range_(range), handle_(bulk.handles_) {}
  void write(Bytes block, Callback<void(Result<void>)> done) override {
    bulk_.turns_.later(
        [this, alive = handle_.alive, block = std::move(block), done = std::move(done)]() mutable {
          if (!*alive) return;
          auto answer = std::move(done);
          if (moved_ + block.size() > range_.length)
            return answer(Error{Errc::Protocol, "a byte too many"});
          bulk_.write(file_, range_.offset + moved_, block);
          moved_ += block.size();
          answer({});
        });
  }
  void finish(Callback<void(Result<Moved>)> done) override {
    bulk_.turns_.later([this, alive = handle_.alive, done = std::move(done)]() mutable {
      if (!*alive) return;
      auto answer = std::move(done);
      if (moved_ < range_.length) return answer(Error{Errc::Interrupted, "bytes are missing"});
      answer(bulk_.moved(file_, range_, moved_));
    });
  }

 private:
  MemoryBulk& bulk_;
  FileEnd file_;
  ByteRange range_;
  std::uint64_t moved_ = 0;
  Handle handle_;
};

struct MemoryBulk::Hashing final : Move {
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

std::unique_ptr<Move> MemoryBulk::send(UniqueFd socket, FileEnd file, ByteRange range,
                                       StreamEnd end, std::shared_ptr<Progress> progress,
                                       OnMoved done) {
  return std::make_unique<Sender>(*this, std::move(socket), std::move(file), range, end,
                                  std::move(progress), std::move(done));
}

std::unique_ptr<Move> MemoryBulk::receive(UniqueFd socket, FileEnd file, ByteRange range,
                                          std::shared_ptr<Progress> progress, OnMoved done) {
  return std::make_unique<Receiver>(*this, std::move(socket), std::move(file), range,
                                    std::move(progress), std::move(done));
}

std::unique_ptr<BlockReader> MemoryBulk::read_blocks(FileEnd file, ByteRange range) {
  return std::make_unique<Reader>(*this, std::move(file), range);
}

std::unique_ptr<BlockWriter> MemoryBulk::write_blocks(FileEnd file, ByteRange range) {
  return std::make_unique<Writer>(*this, std::move(file), range);
}

std::unique_ptr<Move> MemoryBulk::hash(std::shared_ptr<OpenFile> file, ByteRange range,
                                       HashAlgo algo, std::shared_ptr<Progress>,
                                       Callback<void(Result<Hash>)> done) {
  auto hashing = std::make_unique<Hashing>(handles_);
  const auto hash = *moved({std::move(file), algo}, range, range.length).hash;
  turns_.later([alive = hashing->handle.alive, done = std::move(done), hash]() mutable {
    if (!*alive) return;
    auto answer = std::move(done);
    answer(hash);
  });
  return hashing;
}

}  // namespace xmppftd::test

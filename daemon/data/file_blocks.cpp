// SPDX-License-Identifier: MIT
#include "data/file_blocks.h"

#include <algorithm>
#include <utility>

#include "data/content.h"

namespace xmppftd {
BlockSource::BlockSource(ThreadPool& hashers, FileEnd file, ByteRange range)
    : file_(file.file), known_(file_->identity), range_(range), digest_(hashers, file, range) {}

Result<Bytes> BlockSource::read(std::size_t size) {
  if (error_) return *error_;
  auto block = next(size);
  if (!block) {
    error_ = std::move(block).error();
    return *error_;
  }
  digest_.update(*block);
  return block;
}

Result<Bytes> BlockSource::next(std::size_t size) {
  const auto left = range_.length - digest_.moved();
  Bytes block(std::min<std::uint64_t>(size, left));
  const int fd = file_->fd.get();
  if (auto read = read_exactly(fd, block, range_.end() - left); !read)
    return std::move(read).error();
  if (left - block.size() < kHeldBack)
    if (auto unchanged = check_unchanged(fd, known_); !unchanged)
      return std::move(unchanged).error();
  return block;
}

void BlockSource::finish(Callback<void(Result<Moved>)> done) {
  if (error_) return done(*error_);
  digest_.finish(std::move(done));
}

BlockSink::BlockSink(ThreadPool& hashers, FileEnd file, ByteRange range)
    : file_(file.file), range_(range), digest_(hashers, file, range), write_back_(range.offset) {}

Result<void> BlockSink::write(ByteView block) {
  if (error_) return *error_;
  const int fd = file_->fd.get();
  const auto left = range_.length - digest_.moved();
  if (block.size() > left) {
    error_ = Error{Errc::Protocol, "the peer sent more than the " + std::to_string(range_.length) +
                                       " bytes it had announced"};
    return *error_;
  }
  if (auto written = write_all(fd, block, range_.end() - left); !written) {
    error_ = std::move(written).error();
    return *error_;
  }
  digest_.update(block);
  write_back_.written_to(fd, range_.offset + digest_.moved());
  return {};
}

void BlockSink::finish(Callback<void(Result<Moved>)> done) {
  if (error_) return done(*error_);
  if (digest_.moved() < range_.length)
    return done(Error{Errc::Interrupted, "the peer closed the stream at byte " +
                                             std::to_string(digest_.moved()) + " of " +
                                             std::to_string(range_.length)});
  digest_.finish(std::move(done));
}

}  // namespace xmppftd

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
  if (block.size() > range_.length - digest_.moved()) {
    error_ = too_long(range_);
    return *error_;
  }
  if (auto written = write_all(fd, block, range_.offset + digest_.moved()); !written) {
    error_ = std::move(written).error();
    return *error_;
  }
  digest_.update(block);
  write_back_.written_to(fd, range_.offset + digest_.moved());
  return {};
}

void BlockSink::finish(Callback<void(Result<Moved>)> done) {
  if (error_) return done(*error_);
  if (digest_.moved() < range_.length && !range_.open)
    return done(too_short(range_, digest_.moved()));
  digest_.finish(std::move(done));
}

}  // namespace xmppftd

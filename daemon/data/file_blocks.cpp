// SPDX-License-Identifier: MIT
#include "data/file_blocks.h"

#include <algorithm>
#include <utility>

#include "data/content.h"

namespace xmppftd {
namespace {

std::optional<Digest> digest_for(const FileEnd& file) {
  if (!file.digest) return std::nullopt;
  return Digest(*file.digest);
}

Moved moved(std::uint64_t bytes, std::optional<Digest>& digest) {
  Moved all{bytes, std::nullopt};
  if (digest) all.hash = digest->finish();
  digest.reset();
  return all;
}

}  // namespace

BlockSource::BlockSource(FileEnd file, ByteRange range)
    : file_(std::move(file.file)),
      known_(file_->identity),
      range_(range),
      digest_(digest_for(file)) {}

Result<Bytes> BlockSource::read(std::size_t size) {
  if (error_) return *error_;
  auto block = next(size);
  if (!block) {
    error_ = std::move(block).error();
    return *error_;
  }
  if (digest_) digest_->update(*block);
  moved_ += block->size();
  return block;
}

Result<Bytes> BlockSource::next(std::size_t size) {
  Bytes block(std::min<std::uint64_t>(size, range_.length - moved_));
  const int fd = file_->fd.get();
  if (auto read = read_exactly(fd, block, range_.offset + moved_); !read)
    return std::move(read).error();
  if (range_.length - moved_ - block.size() < kHeldBack)
    if (auto unchanged = check_unchanged(fd, known_); !unchanged)
      return std::move(unchanged).error();
  return block;
}

Result<Moved> BlockSource::finish() {
  if (error_) return *error_;
  return moved(moved_, digest_);
}

BlockSink::BlockSink(FileEnd file, ByteRange range)
    : file_(std::move(file.file)),
      range_(range),
      digest_(digest_for(file)),
      write_back_(range.offset) {}

Result<void> BlockSink::write(ByteView block) {
  if (error_) return *error_;
  const int fd = file_->fd.get();
  if (block.size() > range_.length - moved_) {
    error_ = Error{Errc::Protocol, "the peer sent more than the " + std::to_string(range_.length) +
                                       " bytes it had announced"};
    return *error_;
  }
  if (auto written = write_all(fd, block, range_.offset + moved_); !written) {
    error_ = std::move(written).error();
    return *error_;
  }
  if (digest_) digest_->update(block);
  moved_ += block.size();
  write_back_.written_to(fd, range_.offset + moved_);
  return {};
}

Result<Moved> BlockSink::finish() {
  if (error_) return *error_;
  if (moved_ < range_.length)
    return Error{Errc::Interrupted, "the peer closed the stream at byte " + std::to_string(moved_) +
                                        " of " + std::to_string(range_.length)};
  return moved(moved_, digest_);
}

}  // namespace xmppftd

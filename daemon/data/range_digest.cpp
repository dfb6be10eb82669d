// SPDX-License-Identifier: MIT
#include "data/range_digest.h"

#include <fcntl.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "data/file_io.h"

namespace xmppftd {
namespace {

constexpr std::uint64_t kSlice = 4 * 1024 * 1024;  // bytes of one file before the next file's turn
constexpr std::uint64_t kWorthWaking = 1024 * 1024;

}  // namespace

RangeDigest::RangeDigest(ThreadPool& hashers, std::shared_ptr<OpenFile> file, HashAlgo algo,
                         ByteRange range, std::shared_ptr<Progress> progress)
    : hashers_(hashers),
      file_(std::move(file)),
      range_(range),
      progress_(std::move(progress)),
      digest_(algo) {}

std::shared_ptr<RangeDigest> RangeDigest::of_move(ThreadPool& hashers, const FileEnd& file,
                                                  const ByteRange& range) {
  if (!file.digest) return nullptr;
  auto digest =
      std::make_shared<RangeDigest>(hashers, file.file, *file.digest, ByteRange{0, range.end()});
  digest->there_ = digest->reached_ = range.offset;
  return digest;
}

void RangeDigest::reached(std::uint64_t bytes) {
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    reached_ = there_ + bytes;
    due = reached_ - scheduled_at_ >= kWorthWaking && claim_slice();
  }
  if (due) post_slice();
}

void RangeDigest::finish(Callback<void(Result<Hash>)> done) {
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    done_ = std::move(done);
    due = claim_slice();
  }
  if (due) post_slice();
}

void RangeDigest::cancel() {
  Callback<void(Result<Hash>)> unused;
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  unused = std::move(done_);
}

bool RangeDigest::claim_slice() { return !cancelled_ && !std::exchange(scheduled_, true); }

void RangeDigest::post_slice() {
  hashers_.post([self = shared_from_this()] { self->slice(); });
}

void RangeDigest::slice() {
  std::uint64_t limit = 0;
  {
    const std::lock_guard lock(mutex_);
    if (cancelled_) return;
    limit = std::min(reached_, hashed_ + kSlice);
    scheduled_at_ = limit;
  }
  if (!error_)
    if (auto hashed = hash_up_to(limit); !hashed) error_ = std::move(hashed).error();

  Callback<void(Result<Hash>)> done;
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    scheduled_ = false;
    if (done_ && (error_ || hashed_ == reached_)) {
      done = std::move(done_);
    } else if (done_ || (!error_ && reached_ - hashed_ >= kWorthWaking)) {
      due = claim_slice();
    }
  }
  if (due) post_slice();
  if (done) done(error_ ? Result<Hash>(*error_) : Result<Hash>(digest_.finish()));
}

Result<void> RangeDigest::hash_up_to(std::uint64_t limit) {
  thread_local const auto buffer = std::make_unique<Quantum>();
  if (hashed_ == 0) ::posix_fadvise(file_->fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  while (hashed_ < limit) {
    const std::span<std::uint8_t> bytes(buffer->bytes,
                                        std::min<std::uint64_t>(kQuantum, limit - hashed_));
    if (auto read = read_exactly(file_->fd.get(), bytes, range_.offset + hashed_); !read)
      return read;
    digest_.update(bytes);
    hashed_ += bytes.size();
    if (progress_ != nullptr) progress_->bytes.store(hashed_, std::memory_order_relaxed);
  }
  return {};
}

}  // namespace xmppftd

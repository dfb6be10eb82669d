// SPDX-License-Identifier: MIT
#include "data/block_digest.h"

#include <utility>

namespace xmppftd {

BlockDigest::BlockDigest(ThreadPool& hashers, const FileEnd& file, const ByteRange& range) {
  if (!file.digest) return;
  if (range.offset == 0) {
    passing_.emplace(*file.digest);
  } else {
    behind_ = RangeDigest::of_move(hashers, file, range);
  }
}

BlockDigest::~BlockDigest() {
  if (behind_) behind_->cancel();
}

void BlockDigest::update(ByteView block) {
  moved_ += block.size();
  if (passing_) passing_->update(block);
  if (behind_) behind_->reached(moved_);
}

void BlockDigest::finish(Callback<void(Result<Moved>)> done) {
  Moved all{moved_, std::nullopt};
  if (passing_) all.hash = std::exchange(passing_, std::nullopt)->finish();
  if (!behind_) return done(std::move(all));
  behind_->finish([all = std::move(all), done = std::move(done)](Result<Hash> hash) mutable {
    if (!hash) return done(std::move(hash).error());
    all.hash = std::move(hash).value();
    done(std::move(all));
  });
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "transfer/checkpoints.h"

#include <utility>

#include "base/log.h"

namespace xmppftd {

Checkpoints::Checkpoints(JobList& jobs, Files& files, Timers& timers, Job& job,
                         std::shared_ptr<PartFile> part, std::function<std::uint64_t()> written)
    : jobs_(jobs),
      files_(files),
      timers_(timers),
      job_(job),
      part_(std::move(part)),
      written_(std::move(written)),
      synced_(written_()),
      last_(timers.now()) {
  look();
}

void Checkpoints::look() {
  const bool all_came = job_.now().state != JobState::Active;
  if (all_came && synced_ == written_()) return timer_.reset();
  timer_ = timers_.after(kLook, [this] { look(); });
  const auto bytes = written_();
  if (syncing_ || bytes <= synced_) return;
  if (bytes - synced_ >= kBytes || timers_.now() - last_ >= kTime) sync(bytes);
}

/// An error is left to whoever syncs the whole file at the end: a file that failed once fails
/// there.
void Checkpoints::sync(std::uint64_t bytes) {
  syncing_ = true;
  files_.sync_data(part_, alive_.wrap([this, bytes](Result<void> how) {
    syncing_ = false;
    last_ = timers_.now();
    if (!how) return log::warning("receive", how.error().detail);
    synced_ = bytes;
    jobs_.checkpoint(job_, bytes);
  }));
}

}  // namespace xmppftd

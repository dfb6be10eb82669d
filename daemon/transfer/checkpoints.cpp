// SPDX-License-Identifier: MIT
#include "transfer/checkpoints.h"

#include <algorithm>
#include <utility>

namespace xmppftd {

Checkpoints::Checkpoints(JobList& jobs, Files& files, Timers& timers, Job& job,
                         std::shared_ptr<PartFile> part, std::function<std::uint64_t()> written,
                         std::function<void(Error)> failed)
    : jobs_(jobs),
      files_(files),
      timers_(timers),
      job_(job),
      part_(std::move(part)),
      written_(std::move(written)),
      failed_(std::move(failed)),
      reach_(std::make_shared<Reach>(job_.now().durable + kAhead)),
      synced_(job_.now().durable),
      seen_(written_()),
      last_(timers.now()) {
  look();
}

void Checkpoints::look() {
  const auto bytes = written_();
  const bool all_came = job_.now().state != JobState::Active;
  if (all_came && synced_ == bytes) return timer_.reset();
  const auto came = bytes - std::exchange(seen_, bytes);
  pause_ = std::clamp(came < kBytes / 4 ? pause_ * 2 : pause_ / 2, kLookFast, kLook);
  timer_ = timers_.after(pause_, [this] { look(); });
  if (syncing_ || bytes <= synced_) return;
  if (bytes - synced_ >= kBytes || timers_.now() - last_ >= kTime) sync(bytes);
}

void Checkpoints::sync(std::uint64_t bytes) {
  syncing_ = true;
  files_.sync_data(part_, alive_.wrap([this, bytes](Result<void> how) {
    if (!how) {
      timer_.reset();
      const auto failed = failed_;
      return failed(std::move(how).error());
    }
    syncing_ = false;
    last_ = timers_.now();
    synced_ = bytes;
    jobs_.checkpoint(job_, bytes);
    reach_->end.store(bytes + kAhead, std::memory_order_relaxed);
    look();
  }));
}

}  // namespace xmppftd

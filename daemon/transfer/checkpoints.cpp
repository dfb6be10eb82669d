// SPDX-License-Identifier: MIT
#include "transfer/checkpoints.h"

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
  }));
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "transfer/progress_watch.h"

namespace xmppftd {
namespace {

constexpr std::chrono::seconds kLookEvery{5};
constexpr std::chrono::seconds kStalledAfter{15};
constexpr std::chrono::minutes kSlowOver{5};
constexpr std::uint64_t kSlowBytes = 256 * 300;

}  // namespace

ProgressWatch::ProgressWatch(JobList& jobs, Timers& timers, Sample sample, Creeps creeps)
    : jobs_(jobs), timers_(timers), sample_(std::move(sample)), creeps_(std::move(creeps)) {}

void ProgressWatch::add(JobId id) {
  if (watched_.count(id) != 0) return;
  const auto bytes = sample_(id).value_or(JobSample{}).transferred;
  const auto now = timers_.now();
  watched_.emplace(id, Watched{RateMeter(now, bytes), bytes, now, bytes, now});
  if (!timer_) timer_ = timers_.after(kLookEvery, [this] { look(); });
}

JobProgress ProgressWatch::progress(const JobRecord& record) {
  JobProgress progress{record.transferred, 0, std::nullopt};
  if (record.state != JobState::Active) return progress;
  if (const auto sample = sample_(record.id)) progress.transferred = sample->transferred;
  const auto found = watched_.find(record.id);
  if (found == watched_.end()) return progress;
  auto& meter = found->second.meter;
  meter.sample(timers_.now(), progress.transferred);
  progress.rate = meter.rate();
  if (const auto size = record.file.size; progress.rate > 0 && size >= progress.transferred)
    progress.left =
        std::chrono::seconds((*size - progress.transferred + progress.rate - 1) / progress.rate);
  return progress;
}

void ProgressWatch::look() {
  for (auto it = watched_.begin(); it != watched_.end();) {
    const auto one = it++;
    Job* job = jobs_.find(one->first);
    const auto sample = sample_(one->first);
    if (job == nullptr || job->now().state != JobState::Active || !sample)
      watched_.erase(one);
    else
      look_at(*job, one->second, *sample);
  }
  timer_ = watched_.empty() ? nullptr : timers_.after(kLookEvery, [this] { look(); });
}

void ProgressWatch::look_at(Job& job, Watched& watched, const JobSample& sample) {
  const auto now = timers_.now();
  const auto bytes = sample.transferred;
  watched.meter.sample(now, bytes);
  if (bytes != watched.bytes) {
    watched.bytes = bytes;
    watched.moved_at = now;
  }
  // We keep a limit of our own: the peer's time begins anew.
  if (sample.throttled) {
    watched.moved_at = watched.mark_at = now;
    watched.mark = bytes;
    watched.slow = false;
  }
  const bool stalled = now - watched.moved_at >= kStalledAfter;
  if ((job.now().reason == JobReason::Stalled) != stalled) {
    job.edit().transferred = bytes;
    if (stalled) watched.before_stall = job.now().reason;
    job.change(JobState::Active, stalled ? JobReason::Stalled : watched.before_stall);
    jobs_.commit(job);
  }
  if (now - watched.mark_at >= kSlowOver) {
    watched.slow = bytes - watched.mark < kSlowBytes;
    watched.mark = bytes;
    watched.mark_at = now;
  }
  if (const bool creeps = stalled || watched.slow; creeps != watched.creeps) {
    watched.creeps = creeps;
    creeps_(job.id(), creeps);
  }
}

}  // namespace xmppftd

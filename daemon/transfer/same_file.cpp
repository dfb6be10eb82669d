// SPDX-License-Identifier: MIT
#include "transfer/same_file.h"

#include "transfer/job_filter.h"

namespace xmppftd {
namespace {

template <class T>
bool both_equal(const std::optional<T>& a, const std::optional<T>& b) {
  return a && b && *a == *b;
}

bool contradict(const std::optional<Hash>& a, const std::optional<Hash>& b) {
  return a && b && a->algo == b->algo && a->hex != b->hex;
}

}  // namespace

bool is_same_file(const JobRecord& job, AccountId account, const Offer& offer, Likeness likeness) {
  const auto& file = offer.file;
  if (job.account != account || bare_part(job.peer) != offer.peer.bare().str()) return false;
  if (job.file.name != safe_file_name(file.name) || job.file.size != file.size) return false;
  if (job.file.hash && file.hash && *job.file.hash != *file.hash) return false;
  if (!job.file_id.empty() && !offer.file_id.empty()) return job.file_id == offer.file_id;
  const bool all_equal = job.file.hash == file.hash && job.file.modified == file.modified;
  if (likeness == Likeness::SameMoment) return all_equal;
  if (likeness == Likeness::Proven) return all_equal && (file.hash || file.modified);
  return both_equal(job.file.hash, file.hash) || both_equal(job.file.modified, file.modified);
}

bool is_offered_again(const JobRecord& job, AccountId account, const Offer& offer, WallTime lost_at,
                      std::chrono::seconds relink_within) {
  const auto waited = wall_now() - lost_at;
  const bool just_lost = waited >= std::chrono::seconds(0) && waited < relink_within;
  return (just_lost && is_same_file(job, account, offer, Likeness::SameMoment)) ||
         is_same_file(job, account, offer, Likeness::AnyTime);
}

Job* find_done(JobList& jobs, AccountId account, const Offer& offer) {
  for (const JobId id : jobs.index().done_as(offer.file_id))
    if (Job* job = jobs.find(id); is_same_file(job->now(), account, offer, Likeness::AnyTime) &&
                                  !contradict(job->now().hash, offer.file.hash))
      return job;
  return nullptr;
}

Job* find_ended(JobList& jobs, AccountId account, const Offer& offer, const QueueConfig& config) {
  if (!offer.can_confirm) return nullptr;
  for (const JobId id : jobs.index().unaware()) {
    Job* job = jobs.find(id);
    const auto& record = job->now();
    if (!is_terminal(record.state) || record.unaware_since == WallTime{}) continue;
    const bool was_away = record.unaware_since < record.finished_at;
    const auto waited = wall_now() - record.unaware_since;
    const bool in_time = waited >= std::chrono::seconds(0) &&
                         waited < (was_away ? config.resume_within : config.refuse_again_within);
    if (in_time &&
        is_offered_again(record, account, offer, record.unaware_since, config.relink_within))
      return job;
  }
  return nullptr;
}

}  // namespace xmppftd

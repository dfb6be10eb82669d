// SPDX-License-Identifier: MIT
#include "transfer/recovery.h"

#include "transfer/job_view.h"

namespace xmppftd {
namespace {

void end(JobRecord& record, JobState state, JobReason reason, std::string detail) {
  record.state = state;
  record.reason = reason;
  record.error_name = error_name_of(reason);
  record.error_detail = std::move(detail);
  record.finished_at = wall_now();
  record.next_attempt_at = record.waiting_since = {};
}

bool recover_out(JobRecord& record) {
  if (!is_persistent(record)) {
    end(record, JobState::Failed, JobReason::Interrupted,
        "xmppftd was restarted, and this file came as a descriptor without a path");
    return true;
  }
  const bool charged = record.state != JobState::Queued;
  if (!charged && record.reason != JobReason::Backoff && record.next_attempt_at == WallTime{})
    return false;
  if (charged && record.attempt > 0) --record.attempt;
  record.state = JobState::Queued;
  record.reason = JobReason::WaitingSlot;
  record.next_attempt_at = {};
  record.transferred = record.offset = 0;
  return true;
}

bool recover_in(JobRecord& record) {
  if (record.publishing) {
    if (record.state == JobState::Verifying && record.reason != JobReason::AwaitingFolder)
      return false;
    record.state = JobState::Verifying;
    record.reason = JobReason::None;  // until the folder was looked at again
    return true;
  }
  if (record.state == JobState::Queued || record.state == JobState::Paused) return false;
  // A rule takes it: its sender, which offers again by itself, finds the same job.
  if (record.state == JobState::Offered && record.reason == JobReason::WaitingSlot &&
      !record.file_id.empty())
    return false;
  if (record.state == JobState::Offered && !record.accepted) {
    end(record, JobState::Cancelled, JobReason::Withdrawn,
        "xmppftd was restarted before anybody answered the offer");
    return true;
  }
  record.state = JobState::Queued;
  record.reason = JobReason::WaitingPeer;
  record.waiting_since = wall_now();
  return true;
}

}  // namespace

bool recover(JobRecord& record) {
  if (!is_live(record.state)) return false;
  return record.direction == Direction::Out ? recover_out(record) : recover_in(record);
}

}  // namespace xmppftd

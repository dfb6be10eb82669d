// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "io/carrier.h"
#include "model/job.h"

namespace xmppftd {

/// How content was verified that was compared by this algorithm. SHA-1 has no word of its own and
/// counts for nothing.
HashState verified_by(HashAlgo algo) noexcept;

/// One file's life: its record, the guard of its legal moves, and the line between what is and what
/// may be told. Replies and signals tell shown(), which is what the journal has; decisions are
/// taken on now().
class Job {
 public:
  /// `on_disk`: the journal has this record already.
  Job(JobRecord record, bool on_disk);

  JobId id() const noexcept { return now_.id; }
  const JobRecord& now() const noexcept { return now_; }
  /// Null until the journal has it for the first time. Valid until the next change or commit.
  const JobRecord* shown() const noexcept;

  /// The record, to be changed. What was shown stays so until committed() hears of this version.
  JobRecord& edit();
  /// To another state, or to another reason in the same one. An illegal move is a bug: asserted,
  /// and refused with a log line. A terminal state is entered once and stamps the time.
  bool change(JobState to, JobReason reason = JobReason::None);

  /// So many bytes of its part file are synced. Nobody is told of this, so it makes no version.
  void set_durable(std::uint64_t bytes);

  /// Which way its bytes go now.
  void set_label(const StreamLabel& label);

  std::uint64_t version() const noexcept { return version_; }
  /// The journal has everything up to `version`. True when that makes news to tell.
  bool committed(std::uint64_t version);

 private:
  JobRecord now_;
  std::unique_ptr<JobRecord> shown_;  // where it differs from now_
  bool on_disk_;
  std::uint64_t version_ = 0;
};

}  // namespace xmppftd

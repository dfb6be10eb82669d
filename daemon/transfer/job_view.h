// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/job.h"

namespace xmppftd {

/// Where a job's bytes are right now; sampled, never stored.
struct JobProgress {
  /// bytes of the file, offset included; never falls within an attempt
  std::uint64_t transferred = 0;
  std::uint64_t rate = 0;                    ///< bytes/s over the last seconds; 0 unless active
  std::optional<std::chrono::seconds> left;  ///< none = unknown
};

/// What a running job says when it is looked at.
struct JobSample {
  std::uint64_t transferred = 0;  ///< bytes of the file, offset included
  bool throttled = false;         ///< Progress::throttled
};

/// A job as replies and signals may tell it: what is on disk, plus its progress.
struct JobView {
  const JobRecord& record;  ///< valid until control goes back to the loop
  JobProgress progress;
};

/// Does the job survive a restart? False for a descriptor without a path.
bool is_persistent(const JobRecord& record) noexcept;

/// "file-changed" -> "FileChanged": the last part of a job error's D-Bus name.
std::string error_name_of(JobReason reason);

}  // namespace xmppftd

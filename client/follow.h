// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "context.h"
#include "progress.h"

namespace xmppftctl {

/// Until when follow() stays.
enum class Until { AllFinished, AnyFinished, Started, Interrupted };

/// Shows jobs in `view` (may be null) until the daemon says that `until` is reached; with no ids,
/// all jobs until interrupted. Nothing is missed: the end comes from WaitJobs, which counts what
/// was reached before the call. Returns the jobs of `ids` as they are at the end. Throws Failure:
/// --timeout passed, daemon gone, NoSuchJob.
std::vector<Job> follow(Context& context, const std::vector<std::uint64_t>& ids, Until until,
                        JobView* view);

/// The view that --wait and `queue wait` use: bars if stderr is a terminal, else a line per change
/// of state on stderr; null for --json and --quiet.
std::unique_ptr<JobView> waiting_view(const Output& out);

/// Waits for jobs that a command just started, prints one result line each (or nothing for --json)
/// and returns kOk or kJobFailed. `finished`, if given, takes the jobs.
int wait_and_tell(Context& context, const std::vector<std::uint64_t>& ids,
                  std::vector<Job>* finished = nullptr);

/// Says on stderr where the story of jobs that failed or were cancelled is told.
void hint_at_failures(const Output& out, const std::vector<Job>& jobs);

/// kJobFailed if any of them failed or was cancelled, or did not end although the wait for that is
/// over: its state is not one of the daemon's.
int exit_code_of(const std::vector<Job>& jobs, Until until);

}  // namespace xmppftctl

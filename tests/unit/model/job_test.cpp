// SPDX-License-Identifier: MIT
#include "model/job.h"

#include <catch2/catch.hpp>

namespace job_test {

using namespace xmppftd;

TEST_CASE("job: words are those of the D-Bus API, both ways", "[job]") {
  CHECK(to_string(JobState::Queued) == "queued");
  CHECK(to_string(JobReason::WaitingSlot) == "waiting-slot");
  CHECK(to_string(JobReason::None).empty());
  CHECK(job_state_from("verifying") == JobState::Verifying);
  CHECK(job_reason_from("hash-mismatch") == JobReason::HashMismatch);
  CHECK_FALSE(job_state_from("sleeping"));
}

TEST_CASE("job: a word that is not ours is Unknown, and stays as it is until it is changed",
          "[job]") {
  JobRecord job;
  CHECK(to_string(job.state) == "queued");
  job.reason = Word<JobReason>::unknown("napping");
  const JobRecord copy = job;
  CHECK(copy.reason == JobReason::Unknown);
  CHECK(to_string(copy.reason) == "napping");
  job.reason = JobReason::Held;
  CHECK(to_string(job.reason) == "held");
  CHECK(to_string(copy.reason) == "napping");
}

TEST_CASE("job: nothing is done with one in an unknown state", "[job]") {
  CHECK_FALSE(is_live(JobState::Unknown));
  CHECK_FALSE(is_terminal(JobState::Unknown));
  CHECK_FALSE(is_under_way(JobState::Unknown));
  for (auto direction : {Direction::Out, Direction::In})
    for (int other = 0; other <= static_cast<int>(JobState::Unknown); ++other) {
      CHECK_FALSE(can_change(direction, JobState::Unknown, static_cast<JobState>(other)));
      CHECK_FALSE(can_change(direction, static_cast<JobState>(other), JobState::Unknown));
    }
}

TEST_CASE("job: a terminal state is left only by an outgoing retry", "[job]") {
  for (auto end : {JobState::Done, JobState::Failed, JobState::Cancelled})
    for (int to = 0; to <= static_cast<int>(JobState::Cancelled); ++to) {
      const auto target = static_cast<JobState>(to);
      CHECK_FALSE(can_change(Direction::In, end, target));
      CHECK(can_change(Direction::Out, end, target) ==
            (end != JobState::Done && target == JobState::Queued));
    }
}

TEST_CASE("job: nothing is done that was not verified", "[job]") {
  for (int from = 0; from <= static_cast<int>(JobState::Cancelled); ++from)
    CHECK(can_change(Direction::In, static_cast<JobState>(from), JobState::Done) ==
          (static_cast<JobState>(from) == JobState::Verifying));
}

}  // namespace job_test

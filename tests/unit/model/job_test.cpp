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

TEST_CASE("job: a terminal state is left only by an outgoing retry", "[job]") {
  for (auto end : {JobState::Done, JobState::Failed, JobState::Cancelled})
    for (int to = 0; to <= static_cast<int>(JobState::Cancelled); ++to) {
      const auto target = static_cast<JobState>(to);
      CHECK_FALSE(can_move(Direction::In, end, target));
      CHECK(can_move(Direction::Out, end, target) ==
            (end != JobState::Done && target == JobState::Queued));
    }
}

TEST_CASE("job: nothing is done that was not verified", "[job]") {
  for (int from = 0; from <= static_cast<int>(JobState::Cancelled); ++from)
    CHECK(can_move(Direction::In, static_cast<JobState>(from), JobState::Done) ==
          (static_cast<JobState>(from) == JobState::Verifying));
}

}  // namespace job_test

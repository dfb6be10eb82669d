// SPDX-License-Identifier: MIT
#include "transfer/job.h"

#include <catch2/catch.hpp>

namespace job_test {

using namespace xmppftd;

namespace {

Job queued_job(bool on_disk) {
  JobRecord record;
  record.id = 7;
  return Job(std::move(record), on_disk);
}

}  // namespace

TEST_CASE("job: unknown to everybody until the journal has it", "[job]") {
  Job job = queued_job(false);
  CHECK(job.shown() == nullptr);
  CHECK(job.committed(job.version()));
  REQUIRE(job.shown() != nullptr);
  CHECK(job.shown()->state == JobState::Queued);
}

TEST_CASE("job: what is shown changes only with the commit of the newest version", "[job]") {
  Job job = queued_job(true);
  job.change(JobState::Offered, JobReason::AwaitingPeer);
  const auto first = job.version();
  CHECK(job.now().state == JobState::Offered);
  CHECK(job.shown()->state == JobState::Queued);
  job.change(JobState::Connecting);
  CHECK_FALSE(job.committed(first));
  CHECK(job.shown()->state == JobState::Queued);
  CHECK(job.committed(job.version()));
  CHECK(job.shown()->state == JobState::Connecting);
}

TEST_CASE("job: a terminal state stamps the time", "[job]") {
  Job job = queued_job(true);
  job.change(JobState::Cancelled, JobReason::User);
  CHECK(job.now().finished_at != WallTime{});
}

}  // namespace job_test

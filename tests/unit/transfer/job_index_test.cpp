// SPDX-License-Identifier: MIT
#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "transfer/job_filter.h"
#include "transfer/job_index.h"

namespace job_index_test {

using namespace xmppftd;

namespace {

/// The same list without an index: every question walks it.
struct Walk {
  std::map<JobId, JobRecord> stored;

  std::uint32_t count(JobState state) const {
    return static_cast<std::uint32_t>(std::count_if(
        stored.begin(), stored.end(), [&](const auto& job) { return job.second.state == state; }));
  }
  template <class Is>
  std::set<JobId> those(Is is) const {
    std::set<JobId> ids;
    for (const auto& [id, record] : stored)
      if (is(record)) ids.insert(id);
    return ids;
  }
  bool has_live(AccountId account, const std::string& bare) const {
    return std::any_of(stored.begin(), stored.end(), [&](const auto& job) {
      return !is_terminal(job.second.state) && job.second.account == account &&
             bare_part(job.second.peer) == bare;
    });
  }
  bool has_batch(const std::string& name) const {
    return std::any_of(stored.begin(), stored.end(),
                       [&](const auto& job) { return job.second.batch == name; });
  }
};

const std::vector<std::string> kPeers{"a@b", "a@b.c", "b@b", "a@b/r"};
const std::vector<std::string> kBatches{"", "k3f9", "other"};

}  // namespace

TEST_CASE("job index: answers what a walk over all jobs would", "[index]") {
  std::minstd_rand dice(GENERATE(1u, 2u, 3u));
  const auto below = [&](std::size_t end) { return static_cast<std::size_t>(dice() % end); };
  JobIndex index;
  Walk walk;
  JobId next = 1;
  for (int step = 0; step < 2000; ++step) {
    if (walk.stored.empty() || below(4) == 0) {
      JobRecord record;
      record.id = next++;
      record.account = 1 + below(2);
      record.peer = kPeers[below(kPeers.size())];
      record.batch = kBatches[below(kBatches.size())];
      index.entered(record);
      index.storing(record);
      index.stored(nullptr, &record);
      walk.stored[record.id] = record;
    } else {
      auto found = walk.stored.begin();
      std::advance(found, static_cast<std::ptrdiff_t>(below(walk.stored.size())));
      const auto before = found->second;
      auto& now = found->second;
      if (below(4) == 0) {
        index.stored(&before, nullptr);
        index.left(before);
        walk.stored.erase(found);
      } else {
        now.state = static_cast<JobState>(below(static_cast<std::size_t>(JobState::Cancelled) + 1));
        now.unaware_since = below(2) == 0 ? WallTime{} : wall_now();
        now.peer = kPeers[below(kPeers.size())];  // another resource may go on with it
        index.storing(now);
        index.stored(&before, &now);
      }
    }
    if (step % 50 != 0) continue;
    for (int i = 0; i <= static_cast<int>(JobState::Cancelled); ++i)
      REQUIRE(index.count(static_cast<JobState>(i)) == walk.count(static_cast<JobState>(i)));
    REQUIRE(index.moving() == walk.those([](const JobRecord& record) {
      return record.state == JobState::Connecting || record.state == JobState::Active ||
             record.state == JobState::Verifying;
    }));
    REQUIRE(index.unaware() == walk.those([](const JobRecord& record) {
      const bool ended = record.state == JobState::Cancelled || record.state == JobState::Failed;
      return ended && record.unaware_since != WallTime{};
    }));
    for (const AccountId account : {1u, 2u, 3u})
      for (const auto& peer : kPeers)
        REQUIRE(index.has_live(account, peer) == walk.has_live(account, peer));
    for (const auto& batch : kBatches)
      REQUIRE(index.has_batch(batch) == (!batch.empty() && walk.has_batch(batch)));
  }
}

TEST_CASE("job index: a cancelled job is unaware from the moment it is on its way to the disk",
          "[index]") {
  JobIndex index;
  JobRecord record;
  record.id = 7;
  index.entered(record);
  index.stored(nullptr, &record);
  auto now = record;
  now.state = JobState::Cancelled;
  now.unaware_since = wall_now();
  index.storing(now);
  CHECK(index.unaware() == std::set<JobId>{7});
  index.stored(&record, &now);
  CHECK(index.unaware() == std::set<JobId>{7});
  auto told = now;
  told.unaware_since = {};
  index.storing(told);
  index.stored(&now, &told);
  CHECK(index.unaware().empty());
}

}  // namespace job_index_test

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/job.h"

namespace xmppftd {

/// What is asked about all jobs together, kept as their records change, so that no question walks
/// the whole list.
///
/// Told of every job three times: when it enters the list, whenever another version of its record
/// is on disk, and when it leaves.
class JobIndex {
 public:
  void entered(const JobRecord& record);
  /// `before`: what was on disk, null when nothing was. `now`: what is, null when nothing is any
  /// more.
  void stored(const JobRecord* before, const JobRecord* now);
  void left(const JobRecord& record);
  /// This version is on its way to the disk.
  void storing(const JobRecord& record);

  std::uint32_t count(JobState state) const noexcept {
    return counts_[static_cast<std::size_t>(state)];
  }
  /// Connecting, active or verifying, by id.
  const std::set<JobId>& moving() const noexcept { return moving_; }
  /// Does a job that has not ended concern this bare address?
  bool has_live(AccountId account, std::string_view bare) const;
  bool has_batch(std::string_view name) const { return batches_.find(name) != batches_.end(); }
  /// Ended jobs whose sender may still offer its file, unaware. Some may have heard meanwhile.
  const std::set<JobId>& unaware() const noexcept { return unaware_; }
  /// Incoming jobs that are done, of files with this id; none for "".
  std::vector<JobId> done_as(std::string_view file_id) const;

 private:
  using Peer = std::pair<AccountId, std::string_view>;
  struct PeerLess {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return Peer(a.first, a.second) < Peer(b.first, b.second);
    }
  };
  void add(const JobRecord& record);
  void subtract(const JobRecord& record);

  std::array<std::uint32_t, static_cast<std::size_t>(JobState::Unknown) + 1> counts_{};
  std::set<JobId> moving_, unaware_;
  std::map<std::pair<AccountId, std::string>, std::size_t, PeerLess> live_;
  std::map<std::string, std::size_t, std::less<>> batches_;
  std::multimap<std::string, JobId, std::less<>> done_;  ///< by file id
};

}  // namespace xmppftd

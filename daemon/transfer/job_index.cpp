// SPDX-License-Identifier: MIT
#include "transfer/job_index.h"

#include "transfer/job_filter.h"

namespace xmppftd {
namespace {

bool is_moving(JobState state) noexcept {
  return state == JobState::Connecting || state == JobState::Active || state == JobState::Verifying;
}

bool is_unaware(const JobRecord& record) noexcept {
  return record.unaware_since != WallTime{} &&
         (record.state == JobState::Cancelled || record.state == JobState::Failed);
}

bool is_done_as(const JobRecord& record) noexcept {
  return record.state == JobState::Done && record.direction == Direction::In &&
         !record.file_id.empty();
}

template <class Counts, class Found>
void take_one(Counts& counts, Found found) {
  if (found != counts.end() && --found->second == 0) counts.erase(found);
}

}  // namespace

void JobIndex::entered(const JobRecord& record) {
  if (!record.batch.empty()) ++batches_[record.batch];
}

void JobIndex::left(const JobRecord& record) {
  if (!record.batch.empty()) take_one(batches_, batches_.find(record.batch));
}

void JobIndex::storing(const JobRecord& record) {
  if (is_unaware(record)) unaware_.insert(record.id);
}

void JobIndex::stored(const JobRecord* before, const JobRecord* now) {
  if (before != nullptr) subtract(*before);
  if (now != nullptr) add(*now);
}

void JobIndex::add(const JobRecord& record) {
  ++counts_[static_cast<std::size_t>(JobState(record.state))];
  if (is_moving(record.state)) moving_.insert(record.id);
  if (is_unaware(record)) unaware_.insert(record.id);
  if (is_done_as(record)) done_.emplace(record.file_id, record.id);
  if (!is_live(record.state)) return;
  const Peer peer{record.account, bare_part(record.peer)};
  auto found = live_.find(peer);
  if (found == live_.end())
    found = live_.emplace(std::pair(peer.first, std::string(peer.second)), 0).first;
  ++found->second;
}

void JobIndex::subtract(const JobRecord& record) {
  --counts_[static_cast<std::size_t>(JobState(record.state))];
  moving_.erase(record.id);
  unaware_.erase(record.id);
  if (is_done_as(record)) {
    const auto [first, last] = done_.equal_range(record.file_id);
    for (auto found = first; found != last; ++found)
      if (found->second == record.id) {
        done_.erase(found);
        break;
      }
  }
  if (is_live(record.state))
    take_one(live_, live_.find(Peer{record.account, bare_part(record.peer)}));
}

std::vector<JobId> JobIndex::done_as(std::string_view file_id) const {
  std::vector<JobId> ids;
  const auto [first, last] = done_.equal_range(file_id);
  for (auto found = first; found != last; ++found) ids.push_back(found->second);
  return ids;
}

bool JobIndex::has_live(AccountId account, std::string_view bare) const {
  return live_.find(Peer{account, bare}) != live_.end();
}

}  // namespace xmppftd

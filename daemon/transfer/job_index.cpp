// SPDX-License-Identifier: MIT
#include "transfer/job_index.h"

#include "transfer/job_filter.h"

namespace xmppftd {
namespace {

bool is_moving(JobState state) noexcept {
  return state == JobState::Connecting || state == JobState::Active || state == JobState::Verifying;
}

bool is_unaware(const JobRecord& record) noexcept {
  return record.state == JobState::Cancelled && record.unaware_since != WallTime{};
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
  if (is_live(record.state))
    take_one(live_, live_.find(Peer{record.account, bare_part(record.peer)}));
}

bool JobIndex::has_live(AccountId account, std::string_view bare) const {
  return live_.find(Peer{account, bare}) != live_.end();
}

}  // namespace xmppftd

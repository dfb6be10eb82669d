// SPDX-License-Identifier: MIT
#include "bus/job_objects.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "bus/names.h"
#include "transfer/verb.h"

namespace xmppftd {
namespace {

/// What of a job differs from what was told last; always those that say how it ended once it has.
std::vector<std::string> differences(const JobRecord& told, const JobRecord& now) {
  std::vector<std::string> names;
  const auto look = [&](const char* name, bool differs) {
    if (differs) names.emplace_back(name);
  };
  const bool ended = is_terminal(now.state);
  look("Account", ended);  // it is there no longer when its removal ended the job
  look("PeerFull", told.peer_full != now.peer_full);
  look("StartedAt", told.started_at != now.started_at);
  look("FinishedAt", ended);
  look("Name", told.file.name != now.file.name);
  look("Uri", ended || told.path != now.path);
  look("MimeType", told.file.mime_type != now.file.mime_type);
  look("Description", told.file.description != now.file.description);
  look("Size", told.file.size != now.file.size);
  look("Priority", told.priority != now.priority);
  look("State", told.state != now.state);
  look("StateReason", ended || told.reason != now.reason);
  look("Error",
       ended || told.error_name != now.error_name || told.error_detail != now.error_detail);
  look("Actions", actions_of(told) != actions_of(now));
  look("Offset", told.offset != now.offset);
  look("Method", told.method != now.method);
  look("MethodDetail", told.route != now.route || told.host != now.host || told.port != now.port);
  look("Attempt", told.attempt != now.attempt);
  look("NextAttemptAt", told.next_attempt_at != now.next_attempt_at);
  look("Hash", told.hash != now.hash);
  look("HashState", ended || told.hash_state != now.hash_state);
  look("Delivery", told.delivery != now.delivery);
  return names;
}
const std::vector<std::string> kProgress{"Transferred", "Rate", "Eta"};

}  // namespace

JobObjects::JobObjects(sdbus::IConnection& connection, TransferQueue& queue, AccountPorts& accounts,
                       Timers& timers, std::chrono::milliseconds progress_interval)
    : connection_(connection),
      queue_(queue),
      accounts_(accounts),
      timers_(timers),
      progress_interval_(progress_interval) {}

void JobObjects::changed(const JobView& job) {
  const JobId id = job.record.id;
  const bool hot = is_under_way(job.record.state);
  auto found = entries_.find(id);
  if (found == entries_.end()) {
    if (!hot) return;  // it was no object, and what ended is not made one for it
    try {
      ensure(id);
    } catch (const std::exception& problem) {
      // The job goes on without it.
      return log::warning("bus", job_path(id) + " cannot be shown: " + problem.what());
    }
    found = entries_.find(id);
  } else {
    auto names = differences(found->second.told, job.record);
    // a change of state tells the bytes with it
    names.insert(names.end(), kProgress.begin(), kProgress.end());
    found->second.object->tell_changed(names);
  }
  Entry& entry = found->second;
  entry.told = job.record;
  entry.told_bytes = job.progress.transferred;
  if (is_terminal(entry.told.state))
    linger(id, entry);
  else if (entry.told.state == JobState::Queued)
    drop_if_unused(id);
  if (hot && !progress_) progress_ = timers_.after(progress_interval_, [this] { tell_progress(); });
}

void JobObjects::linger(JobId id, Entry& entry) {
  if (std::exchange(entry.lingers, true)) return;
  lingering_.push_back({id, timers_.now() + kLinger});
  if (lingering_.size() > kLingering || !lingered_) end_lingering();
}

/// Of those whose time is over or that are too many. Then waits for the next.
void JobObjects::end_lingering() {
  while (!lingering_.empty() &&
         (lingering_.size() > kLingering || lingering_.front().until <= timers_.now())) {
    const JobId id = lingering_.front().id;
    lingering_.pop_front();
    const auto found = entries_.find(id);
    if (found == entries_.end()) continue;  // it was removed from the list
    found->second.lingers = false;
    drop_if_unused(id);
  }
  lingered_.reset();
  if (lingering_.empty()) return;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(lingering_.front().until - timers_.now());
  lingered_ = timers_.after(left, [this] { end_lingering(); });
}

void JobObjects::removed(JobId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  found->second.object->withdraw();
  for (auto& [client, pins] : pins_)
    pins.erase(std::remove(pins.begin(), pins.end(), id), pins.end());
  entries_.erase(found);
}

void JobObjects::pin(JobId id, const Caller& client) {
  ensure(id).clients.insert(client);
  auto& pins = pins_[client];
  pins.erase(std::remove(pins.begin(), pins.end(), id), pins.end());
  pins.push_back(id);
  if (pins.size() <= kPinsPerClient) return;
  const JobId oldest = pins.front();
  pins.pop_front();
  entries_.at(oldest).clients.erase(client);
  drop_if_unused(oldest);
}

void JobObjects::client_left(const Caller& client) {
  const auto found = pins_.find(client);
  if (found == pins_.end()) return;
  const auto pins = std::move(found->second);
  pins_.erase(found);
  for (const JobId id : pins) {
    entries_.at(id).clients.erase(client);
    drop_if_unused(id);
  }
}

JobObjects::Entry& JobObjects::ensure(JobId id) {
  if (const auto found = entries_.find(id); found != entries_.end()) return found->second;
  Entry entry;
  entry.object = std::make_unique<JobObject>(connection_, queue_, accounts_, id);
  if (const auto* record = queue_.find(id)) entry.told = *record;
  entry.object->announce();
  return entries_.emplace(id, std::move(entry)).first->second;
}

void JobObjects::drop_if_unused(JobId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  const Entry& entry = found->second;
  if (!entry.clients.empty() || entry.lingers || is_under_way(entry.told.state)) return;
  entry.object->withdraw();
  entries_.erase(found);
}

void JobObjects::tell_progress() {
  progress_.reset();
  bool any = false;
  for (auto& [id, entry] : entries_) {
    if (!is_under_way(entry.told.state)) continue;
    any = true;
    const auto bytes = queue_.progress(id).transferred;
    if (bytes == entry.told_bytes) continue;
    entry.told_bytes = bytes;
    entry.object->tell_changed(kProgress);
  }
  // An offer may wait for days: only moving jobs keep the clock running.
  any = any && !queue_.active_jobs().empty();
  if (any) progress_ = timers_.after(progress_interval_, [this] { tell_progress(); });
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "transfer/send_lanes.h"

#include <algorithm>

#include "transfer/deadline.h"
#include "transfer/job_filter.h"
#include "transfer/job_view.h"
#include "transfer/verdict.h"

namespace xmppftd {
namespace {

using std::chrono::milliseconds;

/// Jobs of one lane that are told at a time what they wait for.
constexpr std::size_t kSlice = 256;
/// Jobs that a lane told to wait for its pause: few, for only those that were refused.
constexpr int kRefusedTogether = 16;

}  // namespace

SendLanes::SendLanes(const QueueWorld& world, const QueueConfig& config, JobList& jobs,
                     Owner& owner)
    : world_(world), config_(config), jobs_(jobs), owner_(owner) {}

SendLanes::Key SendLanes::key_of(const Job& job) {
  Key key{job.now().account, job.now().peer, ""};
  for (const auto& method : job.now().methods) key.methods += method.str() + " ";
  return key;
}

void SendLanes::changed() {
  if (!closed_) owner_.on_lanes_changed();
}

// In and out

void SendLanes::line_up(Job& job) {
  line_up_silently(job);
  lanes_[key_of(job)].fresh.push_back(job.id());
  changed();
}

void SendLanes::line_up_silently(const Job& job) {
  lanes_[key_of(job)].jobs.emplace(-job.now().priority, job.id());
}

void SendLanes::line_up_awaiting(Job& job) {
  deadlines_[job.id()] =
      world_.timers.now() + time_left(job.now().waiting_since, config_.give_up_after);
  Lane& lane = lanes_[key_of(job)];  // it goes on waiting, after a look
  if (!lane.absent) lane.absent = Error{Errc::PeerOffline, job.now().error_detail};
  lane.look = true;
  line_up(job);
}

void SendLanes::leave(const Job& job) {
  deadlines_.erase(job.id());
  const auto lane = lanes_.find(key_of(job));
  if (lane == lanes_.end()) return;
  lane->second.jobs.erase({-job.now().priority, job.id()});
  std::erase(lane->second.turns, job.id());
}

bool SendLanes::has_jobs(const Key& key) const {
  const auto lane = lanes_.find(key);
  return lane != lanes_.end() && !lane->second.jobs.empty();
}

void SendLanes::sweep(const std::function<bool(const Key&)>& has_running) {
  std::erase_if(lanes_, [&](const auto& one) {
    const auto& [key, lane] = one;
    if (!lane.jobs.empty() || !lane.turns.empty() || lane.absent || lane.pause) return false;
    return lane.refusals == 0 || !has_running(key);  // its only job may be refused again
  });
}

// Starting

bool SendLanes::is_ready(const Key& key, const Lane& lane) const {
  if (lane.jobs.empty() || lane.pause || (lane.absent && !lane.look)) return false;
  return reason_for(key, lane) != JobReason::WaitingAccount;
}

std::optional<SendLanes::Started> SendLanes::start_next(
    const std::function<bool(const Key& key, JobId first)>& has_share) {
  auto best = lanes_.end();
  for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
    if (!is_ready(lane->first, lane->second)) continue;
    const auto& first = *lane->second.jobs.begin();
    if (best != lanes_.end() && *best->second.jobs.begin() < first) continue;
    if (has_share(lane->first, first.second)) best = lane;
  }
  if (best == lanes_.end()) return std::nullopt;
  auto& [key, lane] = *best;
  const JobId id = lane.jobs.begin()->second;
  lane.jobs.erase(lane.jobs.begin());
  lane.look = false;
  lane.turns.push_back(id);
  return Started{id, key, lane.absent ? Look(*this, key) : Look()};
}

std::optional<JobId> SendLanes::turn(const Key& key) const {
  const auto lane = lanes_.find(key);
  if (lane == lanes_.end() || lane->second.turns.empty()) return std::nullopt;
  return lane->second.turns.front();
}

void SendLanes::end_turn(const Key& key, JobId id) {
  if (const auto lane = lanes_.find(key); lane != lanes_.end()) std::erase(lane->second.turns, id);
}

std::vector<SendLanes::Key> SendLanes::keys_with_turns() const {
  std::vector<Key> keys;
  for (const auto& [key, lane] : lanes_)
    if (!lane.turns.empty()) keys.push_back(key);
  return keys;
}

// Peers that are not there

void SendLanes::peer_found(const Key& key, JobId id) {
  deadlines_.erase(id);
  auto& lane = lanes_[key];
  lane.absent.reset();
  lane.look_again.reset();
  changed();  // others may join it
}

bool SendLanes::peer_absent(const Key& key, JobId id, const Error& why) {
  Lane& lane = lanes_[key];
  if (lane.absent && (lane.absent->code != why.code || lane.absent->detail != why.detail))
    lane.all_stale();  // they wait for something else now
  lane.absent = why;
  const auto now = world_.timers.now();
  return deadlines_.try_emplace(id, now + config_.give_up_after).first->second > now;
}

void SendLanes::looked_in_vain(const Key& key) {
  const auto lane = lanes_.find(key);
  if (closed_ || lane == lanes_.end() || !lane->second.absent) return;
  if (lane->second.jobs.empty())
    lane->second.absent.reset();  // who comes next looks anyway
  else
    lane->second.look = true;
  changed();
}

/// Presence wakes the lane of a contact; for others, and against presence that got lost, we look
/// now and then.
void SendLanes::look_later(const Key& key) {
  Lane& lane = lanes_[key];
  if (lane.jobs.empty()) return;
  milliseconds delay = config_.look_again_after;
  const auto now = world_.timers.now();
  for (const auto& [priority, id] : lane.jobs)
    if (const auto found = deadlines_.find(id); found != deadlines_.end() && found->second > now)
      delay = std::min(delay, std::chrono::ceil<milliseconds>(found->second - now));
  lane.look_again = world_.timers.after(delay, [this, key] { look_now(key); });
}

void SendLanes::look_now(Key key) {
  Lane& lane = lanes_[key];
  const auto now = world_.timers.now();
  const auto jobs = lane.jobs;
  // while offline ourselves we cannot
  const bool could_know = reason_for(key, lane) == JobReason::WaitingPeer;
  for (const auto& [priority, id] : jobs) {
    const auto found = deadlines_.find(id);
    if (!could_know || found == deadlines_.end() || found->second > now) continue;
    owner_.on_peer_never_came(*jobs_.find(id), *lane.absent);
  }
  if (lane.jobs.empty()) {
    lane.absent.reset();
  } else {
    lane.look = true;
    look_later(key);
  }
  changed();
}

void SendLanes::account_online(AccountId account) {
  for (auto lane = lanes_.lower_bound({account, {}, {}});
       lane != lanes_.end() && lane->first.account == account; ++lane)
    lane->second.look = lane->second.absent.has_value();
  changed();
}

void SendLanes::for_lanes_of(AccountId account, std::string_view bare,
                             const std::function<void(Lane& lane)>& act) {
  // Lanes are in order: the bare address, then its full ones, with others in between ("a@b",
  // "a@b.c", "a@b/r").
  for (auto lane = lanes_.lower_bound({account, std::string(bare), {}}); lane != lanes_.end();
       ++lane) {
    if (lane->first.account != account || !lane->first.peer.starts_with(bare)) break;
    if (bare_part(lane->first.peer) == bare) act(lane->second);
  }
}

void SendLanes::peer_changed(AccountId account, std::string_view bare) {
  for_lanes_of(account, bare, [this](Lane& lane) {
    if (!lane.absent) return;
    lane.look = true;
    changed();
  });
}

// "Not now"

milliseconds SendLanes::refused(const Key& key, const std::string& why) {
  Lane& lane = lanes_[key];
  lane.said = why;
  if (!lane.pause)
    pause(key, lane);  // what was offered together is refused together: that counts once
  return std::max(milliseconds(1),
                  std::chrono::ceil<milliseconds>(lane.paused_until - world_.timers.now()));
}

void SendLanes::took(const Key& key) { lanes_[key].refusals = 0; }

void SendLanes::pause(const Key& key, Lane& lane) {
  const auto delay = owner_.pause_after(++lane.refusals);
  lane.paused_until = world_.timers.now() + delay;
  lane.pause = world_.timers.after(delay, [this, key] { end_pause(lanes_[key]); });
}

void SendLanes::end_pause(Lane& lane) {
  lane.pause.reset();
  auto place = lane.jobs.begin();  // those that were refused stand first
  for (int i = 0; i < kRefusedTogether && place != lane.jobs.end(); ++i, ++place)
    lane.fresh.push_back(place->second);
  changed();
}

void SendLanes::peer_ready(AccountId account, std::string_view bare) {
  for_lanes_of(account, bare, [this](Lane& lane) {
    if (!lane.pause) return;
    lane.refusals = 0;
    end_pause(lane);
  });
}

// Why they wait

Wait SendLanes::wait_of(const Job& job) const {
  const auto found = lanes_.find(key_of(job));
  if (found == lanes_.end()) return {};
  const auto& [key, lane] = *found;
  switch (reason_for(key, lane)) {
    case JobReason::WaitingPeer:
      if (const auto end = deadlines_.find(job.id()); end != deadlines_.end())
        return {"", wall_time_at(end->second, world_.timers), lane.absent->detail};
      break;
    case JobReason::WaitingSlot:
      if (lane.pause) return {kNotNow, wall_time_at(lane.paused_until, world_.timers), lane.said};
      break;
    default: break;
  }
  return {};
}

JobReason SendLanes::reason_for(const Key& key, const Lane& lane) const {
  const auto* account = world_.accounts.find(key.account);
  if (account == nullptr || !account->online()) return JobReason::WaitingAccount;
  return lane.absent ? JobReason::WaitingPeer : JobReason::WaitingSlot;
}

void SendLanes::tell_reasons() {
  if (telling_) return;
  std::vector<Job*> told;
  const auto tell = [&](JobId id, const Lane& lane) {
    if (set_reason(id, lane)) told.push_back(jobs_.find(id));
  };
  for (auto& [key, lane] : lanes_) {
    if (const auto reason = reason_for(key, lane);
        reason != lane.reason || lane.fresh.size() > kSlice) {
      lane.reason = reason;
      lane.all_stale();
    }
    for (const JobId id : std::exchange(lane.fresh, {}))
      if (const Job* job = jobs_.find(id);
          job != nullptr && lane.jobs.count({-job->now().priority, id}) != 0)
        tell(id, lane);
    if (!lane.stale) continue;
    auto place = lane.jobs.lower_bound(*lane.stale);
    for (; place != lane.jobs.end() && told.size() < kSlice; ++place) tell(place->second, lane);
    lane.stale = place == lane.jobs.end() ? std::nullopt : std::optional(*place);
  }
  if (told.empty()) return;
  telling_ = true;
  jobs_.commit(told, [this] {
    telling_ = false;
    changed();
  });
}

/// False when the job says so already.
bool SendLanes::set_reason(JobId id, const Lane& lane) {
  Job& job = *jobs_.find(id);
  if (lane.reason == JobReason::WaitingPeer)
    deadlines_.try_emplace(id, world_.timers.now() + config_.give_up_after);
  else if (lane.reason == JobReason::WaitingSlot)
    deadlines_.erase(id);
  if (lane.reason == JobReason::WaitingSlot && lane.pause && job.now().reason == JobReason::Backoff)
    return false;
  const auto name = lane.absent ? error_name_of(verdict_of(lane.absent->code).reason) : "";
  const bool says_why = !lane.absent || (job.now().error_name == name &&
                                         job.now().error_detail == lane.absent->detail);
  if (job.now().reason == lane.reason && says_why) return false;
  job.change(JobState::Queued, lane.reason);
  auto& record = job.edit();
  record.next_attempt_at = {};
  if (lane.reason == JobReason::WaitingSlot) record.waiting_since = {};
  if (lane.reason != JobReason::WaitingPeer) return true;
  if (record.waiting_since == WallTime{}) record.waiting_since = wall_now();
  record.error_name = name;
  record.error_detail = lane.absent->detail;
  return true;
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "transfer/send_desk.h"

#include <algorithm>

#include "base/log.h"
#include "transfer/job_view.h"
#include "transfer/verdict.h"

namespace xmppftd {

using std::chrono::milliseconds;

SendDesk::SendDesk(const TransferQueue::World& world, const QueueConfig& config, JobBook& book, Later& later, Owner& owner)
    : world_(world), config_(config), book_(book), later_(later), owner_(owner) {}
SendDesk::~SendDesk() = default;

SendDesk::LaneKey SendDesk::lane_of(const Job& job) { return {job.now().account, job.now().peer}; }

void SendDesk::adopt(Job& job, std::shared_ptr<OpenFile> held) {
  if (held) held_[job.id()] = std::move(held);
  if (const auto since = job.now().waiting_since; since != WallTime{}) {
    // The wall clock counts only what passed while we were not running, and never all of it: it may have been set.
    const milliseconds whole = config_.give_up_after;
    const auto waited = std::chrono::duration_cast<milliseconds>(wall_now() - since);
    const milliseconds least = std::min<milliseconds>(whole, std::chrono::hours(1));
    deadlines_[job.id()] = world_.timers.now() + std::clamp(whole - waited, least, whole);
    Lane& lane = lanes_[lane_of(job)];  // it goes on waiting, after a look
    lane.absent = lane.look = true;
  }
  line_up(job);
}

void SendDesk::line_up(Job& job) {
  Lane& lane = lanes_[lane_of(job)];
  lane.jobs.emplace(-job.now().priority, job.id());
  lane.fresh = true;
  wake();
}

std::optional<std::uint64_t> SendDesk::transferred(JobId id) const {
  const auto found = running_.find(id);
  if (found == running_.end()) return std::nullopt;
  return found->second.file->transferred();
}

// Starting

void SendDesk::wake() {
  if (std::exchange(awake_, true)) return;
  later_.run([this] {
    awake_ = false;
    pass();
  });
}

void SendDesk::pass() {
  std::erase_if(lanes_, [](const auto& lane) { return lane.second.jobs.empty() && !lane.second.absent; });
  set_reasons();
  if (book_.writable()) start_some();
}

JobReason SendDesk::reason_for(const LaneKey& key, const Lane& lane) const {
  const auto* account = world_.accounts.find(key.first);
  if (account == nullptr || !account->online()) return JobReason::WaitingAccount;
  return lane.absent ? JobReason::WaitingPeer : JobReason::WaitingSlot;
}

/// Tells why jobs wait, where that changed; all in one commit.
void SendDesk::set_reasons() {
  std::vector<Job*> changed;
  for (auto& [key, lane] : lanes_) {
    const auto reason = reason_for(key, lane);
    if (reason == lane.reason && !lane.fresh) continue;
    lane.reason = reason;
    lane.fresh = false;
    for (const auto& [priority, id] : lane.jobs) {
      Job& job = *book_.find(id);
      if (reason == JobReason::WaitingPeer)
        deadlines_.try_emplace(id, world_.timers.now() + config_.give_up_after);
      else if (reason == JobReason::WaitingSlot)
        deadlines_.erase(id);
      if (job.now().reason == reason) continue;
      job.move(JobState::Queued, reason);
      auto& record = job.edit();
      if (reason == JobReason::WaitingPeer && record.waiting_since == WallTime{}) record.waiting_since = wall_now();
      if (reason == JobReason::WaitingSlot) record.waiting_since = {};
      changed.push_back(&job);
    }
  }
  book_.commit(changed);
}

bool SendDesk::has_share(const LaneKey& key) const {
  const auto bare = bare_part(key.second);
  const auto theirs = std::count_if(running_.begin(), running_.end(), [&](const auto& running) {
    return running.second.lane.first == key.first && bare_part(running.second.lane.second) == bare;
  });
  return static_cast<unsigned>(theirs) < config_.max_active_per_peer;
}

void SendDesk::start_some() {
  for (;;) {
    const auto slow = std::count_if(running_.begin(), running_.end(), [this](const auto& one) { return owner_.is_slow(one.first); });
    if (running_.size() - static_cast<std::size_t>(slow) + owner_.slots_elsewhere() >= config_.max_active) return;
    auto best = lanes_.end();
    for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
      const bool ready = !lane->second.jobs.empty() && (!lane->second.absent || lane->second.look) &&
                         reason_for(lane->first, lane->second) != JobReason::WaitingAccount;
      if (!ready || (best != lanes_.end() && *best->second.jobs.begin() < *lane->second.jobs.begin())) continue;
      if (has_share(lane->first)) best = lane;
    }
    if (best == lanes_.end()) return;
    start(best);
  }
}

void SendDesk::start(std::map<LaneKey, Lane>::iterator lane) {
  const JobId id = lane->second.jobs.begin()->second;
  lane->second.jobs.erase(lane->second.jobs.begin());
  lane->second.look = false;
  Job& job = *book_.find(id);
  const auto held = held_.find(id);
  auto file = std::make_unique<SendFile>(
      SendFile::World{book_, world_.files, world_.bulk, *world_.accounts.find(lane->first.first), *this}, job, config_,
      held == held_.end() ? nullptr : held->second);
  auto& started = *file;
  running_[id] = {std::move(file), lane->first};
  started.start();
}

void SendDesk::on_send_offered(JobId id) {
  deadlines_.erase(id);
  auto& lane = lanes_[running_.find(id)->second.lane];
  if (!lane.absent) return;
  lane.absent = false;
  lane.look_again.reset();
  wake();
}

// Peers that are not there

/// Presence wakes the lane of a contact; for others, and against presence that got lost, we look now and then.
void SendDesk::look_later(const LaneKey& key, Lane& lane) {
  milliseconds delay = config_.look_again_after;
  const auto now = world_.timers.now();
  for (const auto& [priority, id] : lane.jobs)
    if (const auto found = deadlines_.find(id); found != deadlines_.end() && found->second > now)
      delay = std::min(delay, std::chrono::ceil<milliseconds>(found->second - now));
  lane.look_again = world_.timers.after(delay, [this, key] { look_again(key); });
}

void SendDesk::look_again(LaneKey key) {
  Lane& lane = lanes_[key];
  const auto now = world_.timers.now();
  const auto jobs = lane.jobs;
  const bool could_know = reason_for(key, lane) == JobReason::WaitingPeer;  // while offline ourselves we cannot
  for (const auto& [priority, id] : jobs)
    if (const auto found = deadlines_.find(id); could_know && found != deadlines_.end() && found->second <= now)
      end(*book_.find(id), JobState::Failed, JobReason::PeerOffline,
          {Errc::PeerOffline, key.second + " was not online since this was queued; try again when it is"});
  if (lane.jobs.empty()) {
    lane.absent = false;
  } else {
    lane.look = true;
    look_later(key, lane);
  }
  wake();
}

void SendDesk::account_online(AccountId account) {
  for (auto lane = lanes_.lower_bound({account, {}}); lane != lanes_.end() && lane->first.first == account; ++lane)
    lane->second.look = lane->second.absent;
  wake();
}

void SendDesk::peer_changed(AccountId account, std::string_view bare) {
  // Lanes are in order: the bare address, then its full ones, with others in between ("a@b", "a@b.c", "a@b/r").
  for (auto lane = lanes_.lower_bound({account, std::string(bare)}); lane != lanes_.end(); ++lane) {
    if (lane->first.first != account || !lane->first.second.starts_with(bare)) break;
    if (bare_part(lane->first.second) != bare || !lane->second.absent) continue;
    lane->second.look = true;
    wake();
  }
}

// Ends

void SendDesk::on_send_ended(JobId id, Result<void> how) {
  auto running = running_.extract(id);  // goes at the end of this function: we are called from inside it
  Job& job = *book_.find(id);
  const bool offered = running.mapped().file->offered();
  wake();
  if (how) {
    held_.erase(id);
    deadlines_.erase(id);
    return;
  }
  const auto& why = how.error();
  const auto verdict = judge(why.code);
  if (verdict.fate == Fate::Fail || verdict.fate == Fate::Cancel)
    return end(job, verdict.fate == Fate::Fail ? JobState::Failed : JobState::Cancelled, verdict.reason, why);

  auto& record = job.edit();
  record.error_name = error_name_of(verdict.reason);
  record.error_detail = why.detail;
  book_.tell(id, "interrupted", why.detail);
  if (verdict.fate == Fate::AwaitPeer && !offered) {  // nothing was tried: not charged
    const auto& key = running.mapped().lane;
    lanes_[key].absent = true;
    deadlines_.try_emplace(id, world_.timers.now() + config_.give_up_after);
    book_.commit(job);
    line_up(job);
    return look_later(key, lanes_[key]);
  }
  if (verdict.fate == Fate::AwaitAccount) {  // our own trouble: not charged (R10)
    if (offered) --record.attempt;
    const auto* account = world_.accounts.find(record.account);
    // An account that says it is online but could not is given a moment.
    if (account != nullptr && account->online()) return try_later(job, config_.first_delay);
    job.move(JobState::Queued, JobReason::WaitingAccount);
    book_.commit(job);
    return line_up(job);
  }
  if (!offered) ++record.attempt;
  if (record.attempt >= config_.attempts) return end(job, JobState::Failed, verdict.reason, why);
  std::uniform_real_distribution<double> dice(-1, 1);
  try_later(job, retry_delay(config_, record.attempt, dice(dice_)));
}

void SendDesk::try_later(Job& job, milliseconds delay) {
  job.edit().next_attempt_at = wall_now() + delay;
  job.move(JobState::Queued, JobReason::Backoff);
  book_.commit(job);
  backoff_[job.id()] = world_.timers.after(delay, [this, id = job.id()] { try_now(id); });
}

void SendDesk::try_now(JobId id) {
  backoff_.erase(id);
  Job& job = *book_.find(id);
  job.edit().next_attempt_at = {};
  line_up(job);  // which changes the reason, and so commits
}

void SendDesk::end(Job& job, JobState state, JobReason reason, const Error& why, JobBook::Then then) {
  const JobId id = job.id();
  auto& record = job.edit();
  record.error_name = error_name_of(reason);
  record.error_detail = why.detail;
  record.waiting_since = record.next_attempt_at = {};
  job.move(state, reason);
  book_.tell(id, std::string(to_string(state)), why.detail);
  book_.commit(job, std::move(then));
  if (const auto lane = lanes_.find(lane_of(job)); lane != lanes_.end())
    lane->second.jobs.erase({-record.priority, id});
  backoff_.erase(id);
  running_.erase(id);
  held_.erase(id);
  deadlines_.erase(id);
}

void SendDesk::cancel(Job& job, Done done) {
  end(job, JobState::Cancelled, JobReason::User, {Errc::Cancelled, "cancelled"},
      [done = std::move(done)]() mutable { done({}); });
  wake();
}

void SendDesk::account_removed(AccountId account) {
  std::vector<Job*> jobs;
  for (const auto& [id, job] : book_.all())
    if (const auto& record = job->now();
        record.direction == Direction::Out && record.account == account && !is_terminal(record.state))
      jobs.push_back(job.get());
  for (Job* job : jobs) cancel(*job, [](Result<void>) {});
}

}  // namespace xmppftd

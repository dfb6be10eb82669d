// SPDX-License-Identifier: MIT
#include "transfer/send_desk.h"

#include <algorithm>

#include "base/log.h"
#include "transfer/job_view.h"

namespace xmppftd {
namespace {

using std::chrono::milliseconds;

/// Jobs of one lane that are told at a time what they wait for.
constexpr std::size_t kSlice = 256;
/// The first pause after a "not now".
constexpr milliseconds kAskAgainAfter{1000};

/// Several at a time would gain nothing, and all be lost with one stream of bad luck.
bool is_large(const Job& job) noexcept { return job.now().file.size >= 1 << 20; }

}  // namespace

SendDesk::SendDesk(const QueueWorld& world, const QueueConfig& config, JobBook& book, Later& later,
                   Slots& slots)
    : world_(world), config_(config), book_(book), later_(later), slots_(slots) {}

SendDesk::~SendDesk() {
  awake_ = true;  // nothing starts any more
  for (auto& [id, running] : running_) running.look.found();
}

SendDesk::LaneKey SendDesk::lane_of(const Job& job) {
  LaneKey key{job.now().account, job.now().peer, ""};
  for (const auto& method : job.now().methods) key.methods += method.str() + " ";
  return key;
}

void SendDesk::adopt(Job& job, std::shared_ptr<OpenFile> held) {
  if (held) held_[job.id()] = std::move(held);
  if (const auto since = job.now().waiting_since; since != WallTime{}) {
    // The wall clock counts only what passed while we were not running, and never all of it: it may
    // have been set.
    const milliseconds whole = config_.give_up_after;
    const auto waited = std::chrono::duration_cast<milliseconds>(wall_now() - since);
    const milliseconds least = std::min<milliseconds>(whole, std::chrono::hours(1));
    deadlines_[job.id()] = world_.timers.now() + std::clamp(whole - waited, least, whole);
    Lane& lane = lanes_[lane_of(job)];  // it goes on waiting, after a look
    if (!lane.absent) lane.absent = Error{Errc::PeerOffline, job.now().error_detail};
    lane.look = true;
  }
  line_up(job);
}

void SendDesk::line_up(Job& job) {
  Lane& lane = lanes_[lane_of(job)];
  lane.jobs.emplace(-job.now().priority, job.id());
  lane.fresh.push_back(job.id());
  wake();
}

std::optional<std::uint64_t> SendDesk::transferred(JobId id) const {
  const auto found = running_.find(id);
  if (found == running_.end()) return std::nullopt;
  return found->second.file->transferred();
}

void SendDesk::creeps(JobId id, bool slowly) {
  if (const auto found = running_.find(id); found != running_.end())
    found->second.slot.creeps(slowly);
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
  std::erase_if(lanes_, [this](const auto& one) {
    const auto& [key, lane] = one;
    if (!lane.jobs.empty() || !lane.turns.empty() || lane.absent || lane.pause) return false;
    return lane.refusals == 0 || !has_running(key);  // its only job may be refused again
  });
  std::vector<LaneKey> waiting;
  for (const auto& [key, lane] : lanes_)
    if (!lane.turns.empty()) waiting.push_back(key);
  // who stood before them may have ended
  for (const auto& key : waiting) offer_in_turn(lanes_[key]);
  set_reasons();
  if (book_.writable()) start_some();
}

JobReason SendDesk::reason_for(const LaneKey& key, const Lane& lane) const {
  const auto* account = world_.accounts.find(key.account);
  if (account == nullptr || !account->online()) return JobReason::WaitingAccount;
  return lane.absent ? JobReason::WaitingPeer : JobReason::WaitingSlot;
}

/// Tells why jobs wait, where that changed: a slice of them, the next once that is on disk. A lane
/// of thousands would hold up the loop, and need room for as many records three times.
void SendDesk::set_reasons() {
  if (telling_) return;
  std::vector<Job*> changed;
  const auto tell = [&](JobId id, const Lane& lane) {
    if (set_reason(id, lane)) changed.push_back(book_.find(id));
  };
  for (auto& [key, lane] : lanes_) {
    if (const auto reason = reason_for(key, lane);
        reason != lane.reason || lane.fresh.size() > kSlice) {
      lane.reason = reason;
      lane.all_stale();
    }
    for (const JobId id : std::exchange(lane.fresh, {}))
      if (const Job* job = book_.find(id);
          job != nullptr && lane.jobs.count({-job->now().priority, id}) != 0)
        tell(id, lane);
    if (!lane.stale) continue;
    auto place = lane.jobs.lower_bound(*lane.stale);
    for (; place != lane.jobs.end() && changed.size() < kSlice; ++place) tell(place->second, lane);
    lane.stale = place == lane.jobs.end() ? std::nullopt : std::optional(*place);
  }
  if (changed.empty()) return;
  telling_ = true;
  book_.commit(changed, [this] {
    telling_ = false;
    wake();
  });
}

/// False when the job says so already.
bool SendDesk::set_reason(JobId id, const Lane& lane) {
  Job& job = *book_.find(id);
  if (lane.reason == JobReason::WaitingPeer)
    deadlines_.try_emplace(id, world_.timers.now() + config_.give_up_after);
  else if (lane.reason == JobReason::WaitingSlot)
    deadlines_.erase(id);
  if (lane.reason == JobReason::WaitingSlot && lane.pause && job.now().reason == JobReason::Backoff)
    return false;
  const auto name = lane.absent ? error_name_of(judge(lane.absent->code).reason) : "";
  const bool says_why = !lane.absent || (job.now().error_name == name &&
                                         job.now().error_detail == lane.absent->detail);
  if (job.now().reason == lane.reason && says_why) return false;
  job.move(JobState::Queued, lane.reason);
  auto& record = job.edit();
  record.next_attempt_at = {};
  if (lane.reason == JobReason::WaitingSlot) record.waiting_since = {};
  if (lane.reason != JobReason::WaitingPeer) return true;
  if (record.waiting_since == WallTime{}) record.waiting_since = wall_now();
  record.error_name = name;
  record.error_detail = lane.absent->detail;
  return true;
}

/// May the next job of the lane join those that run for the same peer?
bool SendDesk::has_running(const LaneKey& key) const {
  return std::any_of(running_.begin(), running_.end(),
                     [&](const auto& running) { return running.second.lane == key; });
}

bool SendDesk::has_share(const LaneKey& key, const Lane& lane) const {
  const auto bare = bare_part(key.peer);
  unsigned theirs = 0, large = 0;
  bool of_our_kind = false;  // which the first that is offered tells
  for (const auto& [id, running] : running_) {
    if (running.lane.account != key.account || bare_part(running.lane.peer) != bare) continue;
    ++theirs;
    if (is_large(*book_.find(id))) ++large;
    of_our_kind |= running.file->peer_confirms();
  }
  if (theirs >= (of_our_kind ? config_.max_active_per_peer : 1)) return false;
  return !is_large(*book_.find(lane.jobs.begin()->second)) ||
         large < std::max(1u, config_.max_active_per_peer / 8);
}

bool SendDesk::is_ready(const LaneKey& key, const Lane& lane) const {
  if (lane.jobs.empty() || lane.pause || (lane.absent && !lane.look)) return false;
  return reason_for(key, lane) != JobReason::WaitingAccount;
}

void SendDesk::start_some() {
  while (slots_.may_send()) {
    auto best = lanes_.end();
    for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
      if (!is_ready(lane->first, lane->second)) continue;
      if (best != lanes_.end() && *best->second.jobs.begin() < *lane->second.jobs.begin()) continue;
      if (has_share(lane->first, lane->second)) best = lane;
    }
    if (best == lanes_.end()) return;
    start(best);
  }
}

void SendDesk::start(std::map<LaneKey, Lane>::iterator found) {
  auto& [key, lane] = *found;
  const JobId id = lane.jobs.begin()->second;
  lane.jobs.erase(lane.jobs.begin());
  lane.look = false;
  Job& job = *book_.find(id);
  const auto held = held_.find(id);
  auto file = std::make_unique<SendFile>(
      SendFile::World{book_, world_.files, world_.bulk, *world_.accounts.find(key.account), *this},
      job, config_, held == held_.end() ? nullptr : held->second);
  auto& started = *file;
  running_[id] = {std::move(file), key, slots_.take(Direction::Out),
                  lane.absent ? Look(*this, key) : Look(), false};
  lane.turns.push_back(id);
  started.start();
}

void SendDesk::on_send_ready(JobId id) {
  auto& running = running_.find(id)->second;
  running.ready = true;
  offer_in_turn(lanes_[running.lane]);
}

void SendDesk::offer_in_turn(Lane& lane) {
  while (!lane.turns.empty()) {
    const auto& next = running_.find(lane.turns.front())->second;
    if (!next.ready) return;
    lane.turns.pop_front();
    next.file->offer();  // may end it
  }
}

void SendDesk::on_send_offered(JobId id) {
  deadlines_.erase(id);
  auto& running = running_.find(id)->second;
  running.slot.waits();
  running.look.found();
  auto& lane = lanes_[running.lane];
  lane.absent.reset();
  lane.look_again.reset();
  wake();  // others may join it
}

void SendDesk::on_send_accepted(JobId id) {
  auto& running = running_.find(id)->second;
  running.slot.waits();
  // A shortage of our own is not over because the peer says yes.
  if (const auto refused = refused_.find(id); refused == refused_.end() || !refused->second.ours)
    took(id, running.lane);
}

/// The last "not now" is over.
void SendDesk::took(JobId id, const LaneKey& key) {
  refused_.erase(id);
  lanes_[key].refusals = 0;
}

void SendDesk::on_send_moves(JobId id, bool moves) {
  auto& slot = running_.find(id)->second.slot;
  moves ? slot.moves() : slot.waits();
}

// Peers that are not there

void SendDesk::looked_in_vain(const LaneKey& key) {
  const auto lane = lanes_.find(key);
  if (lane == lanes_.end() || !lane->second.absent) return;
  if (lane->second.jobs.empty())
    lane->second.absent.reset();  // who comes next looks anyway
  else
    lane->second.look = true;
  wake();
}

/// Presence wakes the lane of a contact; for others, and against presence that got lost, we look
/// now and then.
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
  // while offline ourselves we cannot
  const bool could_know = reason_for(key, lane) == JobReason::WaitingPeer;
  for (const auto& [priority, id] : jobs) {
    const auto found = deadlines_.find(id);
    if (!could_know || found == deadlines_.end() || found->second > now) continue;
    give_up(*book_.find(id), *lane.absent);
  }
  if (lane.jobs.empty()) {
    lane.absent.reset();
  } else {
    lane.look = true;
    look_later(key, lane);
  }
  wake();
}

void SendDesk::account_online(AccountId account) {
  for (auto lane = lanes_.lower_bound({account, {}, {}});
       lane != lanes_.end() && lane->first.account == account; ++lane)
    lane->second.look = lane->second.absent.has_value();
  wake();
}

void SendDesk::peer_changed(AccountId account, std::string_view bare) {
  // Lanes are in order: the bare address, then its full ones, with others in between ("a@b",
  // "a@b.c", "a@b/r").
  for (auto lane = lanes_.lower_bound({account, std::string(bare), {}}); lane != lanes_.end();
       ++lane) {
    if (lane->first.account != account || !lane->first.peer.starts_with(bare)) break;
    if (bare_part(lane->first.peer) != bare || !lane->second.absent) continue;
    lane->second.look = true;
    wake();
  }
}

/// The time for its peer to appear is over.
void SendDesk::give_up(Job& job, const Error& absent) {
  if (absent.code == Errc::PeerUnsupported)
    return end(job, JobState::Failed, JobReason::PeerUnsupported, absent);
  end(job, JobState::Failed, JobReason::PeerOffline,
      {Errc::PeerOffline,
       job.now().peer + " was not online since this was queued; try again when it is"});
}

// Ends

/// What time may cure is not final: a bare JID may get a resource that takes files.
Verdict SendDesk::verdict_on(const Job& job, const Error& why, bool offered) const {
  auto verdict = judge(why.code);
  const auto& peer = job.now().peer;
  if (why.code == Errc::PeerUnsupported && !offered && bare_part(peer) == peer)
    verdict.fate = Fate::AwaitPeer;
  return verdict;
}

void SendDesk::on_send_ended(JobId id, Result<void> how) {
  // goes at the end of this function: we are called from inside it
  auto left = running_.extract(id);
  auto& running = left.mapped();
  std::erase(lanes_[running.lane].turns, id);
  Job& job = *book_.find(id);
  const bool offered = running.file->offered();
  wake();
  if (how) {
    took(id, running.lane);
    held_.erase(id);
    deadlines_.erase(id);
    open_offers_.erase(id);
    return;
  }
  if (auto open = running.file->open_offer()) open_offers_.insert_or_assign(id, *std::move(open));
  const auto& why = how.error();
  const auto verdict = verdict_on(job, why, offered);
  if (verdict.fate != Fate::NotNow) refused_.erase(id);
  if (verdict.fate == Fate::Fail || verdict.fate == Fate::Cancel)
    return end(job, verdict.fate == Fate::Fail ? JobState::Failed : JobState::Cancelled,
               verdict.reason, why);

  auto& record = job.edit();
  // A peer's "not now" does not hide what went wrong before it.
  if (why.code != Errc::Constraint || record.attempt == (offered ? 1u : 0u)) {
    record.error_name = error_name_of(verdict.reason);
    record.error_detail = why.detail;
  }
  if (verdict.fate == Fate::AwaitPeer && !offered) return await_peer(job, running, why);
  book_.tell(id, "interrupted", why.detail);
  if (verdict.fate == Fate::AwaitAccount) return await_account(job, offered);
  if (verdict.fate == Fate::NotNow) return ask_again(job, running.lane, offered, why);
  if (!offered) ++record.attempt;
  if (record.attempt >= config_.attempts) return end(job, JobState::Failed, verdict.reason, why);
  try_later(job, delay_after(record.attempt, config_.first_delay));
}

/// Nothing was tried: not charged.
void SendDesk::await_peer(Job& job, Running& running, const Error& why) {
  running.look.found();
  Lane& lane = lanes_[running.lane];
  if (lane.absent && (lane.absent->code != why.code || lane.absent->detail != why.detail))
    lane.all_stale();  // they wait for something else now
  lane.absent = why;
  const auto now = world_.timers.now();
  if (deadlines_.try_emplace(job.id(), now + config_.give_up_after).first->second <= now) {
    give_up(job, why);
    if (!lane.jobs.empty()) look_later(running.lane, lane);
    return;
  }
  book_.tell(job.id(), "waiting",
             why.detail + "; it is looked for when its presence changes, and now and then");
  book_.commit(job);
  line_up(job);
  look_later(running.lane, lane);
}

/// Our own trouble: not charged.
void SendDesk::await_account(Job& job, bool offered) {
  auto& record = job.edit();
  if (offered) --record.attempt;
  const auto* account = world_.accounts.find(record.account);
  // An account that says it is online but could not is given a moment.
  if (account != nullptr && account->online()) return try_later(job, config_.first_delay);
  job.move(JobState::Queued, JobReason::WaitingAccount);
  book_.commit(job);
  line_up(job);
}

/// "Not now", be it the peer's word or our own system's, says nothing against the job: not charged,
/// and it keeps its place. The lane waits, longer each time. A job that hears it again and again
/// steps aside for a while, for the peer may have room for a smaller one.
void SendDesk::ask_again(Job& job, const LaneKey& key, bool offered, const Error& why) {
  const JobId id = job.id();
  auto& record = job.edit();
  if (offered) --record.attempt;
  auto& refused = refused_.try_emplace(id, Refused{0, world_.timers.now()}).first->second;
  ++refused.times;
  refused.ours = why.code == Errc::Unavailable;
  if (world_.timers.now() - refused.since >= config_.give_up_after) {
    const auto reason = judge(why.code).reason;
    if (why.code == Errc::Unavailable) return end(job, JobState::Failed, reason, why);
    return end(job, JobState::Failed, reason,
               {Errc::Declined,
                "the peer could not take it all the time; the last it said: " + why.detail});
  }
  Lane& lane = lanes_[key];
  // what was offered together is refused together: that counts once
  if (!lane.pause) pause(key, lane);
  const auto delay = std::max(
      milliseconds(1), std::chrono::ceil<milliseconds>(lane.paused_until - world_.timers.now()));
  if (refused.times >= kAskedInARow && !lane.jobs.empty()) return try_later(job, delay);
  record.next_attempt_at = wall_now() + delay;
  job.move(JobState::Queued, JobReason::Backoff);
  book_.commit(job);
  lane.jobs.emplace(-record.priority, id);
}

void SendDesk::pause(const LaneKey& key, Lane& lane) {
  const auto delay = delay_after(++lane.refusals, std::min(kAskAgainAfter, config_.first_delay));
  lane.paused_until = world_.timers.now() + delay;
  lane.pause = world_.timers.after(delay, [this, key] {
    Lane& paused = lanes_[key];
    paused.pause.reset();
    auto place = paused.jobs.begin();  // those that were refused stand first
    for (int i = 0; i < 16 && place != paused.jobs.end(); ++i, ++place)
      paused.fresh.push_back(place->second);
    wake();
  });
}

milliseconds SendDesk::delay_after(unsigned times, milliseconds first) {
  std::uniform_real_distribution<double> dice(-1, 1);
  return retry_delay(config_, first, times, dice(dice_));
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

void SendDesk::end(Job& job, JobState state, JobReason reason, const Error& why,
                   JobBook::Then then) {
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
  refused_.erase(id);
  if (const auto running = running_.find(id); running != running_.end()) {
    std::erase(lanes_[running->second.lane].turns, id);
    if (auto open = running->second.file->open_offer())
      open_offers_.insert_or_assign(id, *std::move(open));
  }
  withdraw(job);
  running_.erase(id);
  held_.erase(id);
  deadlines_.erase(id);
}

/// Nothing more comes of this job: a receiver that holds its offer, or waits for the next, need
/// not.
void SendDesk::withdraw(const Job& job) {
  const auto open = open_offers_.extract(job.id());
  const auto* account = world_.accounts.find(job.now().account);
  if (!open.empty() && account != nullptr && account->online())
    open.mapped().negotiator->withdraw(open.mapped().peer, open.mapped().sid);
}

void SendDesk::cancel(Job& job, Done done) {
  end(job, JobState::Cancelled, JobReason::User, {Errc::Cancelled, "cancelled"},
      [done = std::move(done)]() mutable { done({}); });
  wake();
}

void SendDesk::account_removed(AccountId account) {
  std::vector<Job*> jobs;
  for (const auto& [id, job] : book_.all())
    if (const auto& record = job->now(); record.direction == Direction::Out &&
                                         record.account == account && !is_terminal(record.state))
      jobs.push_back(job.get());
  for (Job* job : jobs) cancel(*job, [](Result<void>) {});
}

}  // namespace xmppftd

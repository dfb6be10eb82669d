// SPDX-License-Identifier: MIT
#include "transfer/outgoing_jobs.h"

#include <algorithm>

#include "transfer/deadline.h"
#include "transfer/job_filter.h"
#include "transfer/job_view.h"

namespace xmppftd {
namespace {

using std::chrono::milliseconds;

/// The first pause after a "not now".
constexpr milliseconds kAskAgainAfter{1000};

/// Several at a time would gain nothing, and all be lost with one stream of bad luck.
bool is_large(const Job& job) noexcept { return job.now().file.size >= 1 << 20; }

}  // namespace

OutgoingJobs::OutgoingJobs(const QueueWorld& world, const QueueConfig& config, JobList& jobs,
                           Later& later, Slots& slots)
    : world_(world),
      config_(config),
      jobs_(jobs),
      later_(later),
      slots_(slots),
      lanes_(world, config, jobs, *this) {}

OutgoingJobs::~OutgoingJobs() {
  awake_ = true;  // nothing starts any more
  lanes_.close();
}

void OutgoingJobs::adopt(Job& job, std::shared_ptr<OpenFile> held) {
  if (held) memories_[job.id()].held = std::move(held);
  job.now().waiting_since == WallTime{} ? lanes_.line_up(job) : lanes_.line_up_awaiting(job);
}

std::optional<JobSample> OutgoingJobs::sample(JobId id) const {
  const auto found = running_.find(id);
  if (found == running_.end()) return std::nullopt;
  return found->second.file->sample();
}

Wait OutgoingJobs::wait_of(const Job& job) const {
  const auto found = running_.find(job.id());
  const auto state = job.now().state;
  if (found == running_.end()) {
    const auto again = job.now().next_attempt_at;
    return again == WallTime{} ? lanes_.wait_of(job) : Wait{"", again, job.now().error_detail};
  }
  if (state == JobState::Queued) return {kPreparing, {}, ""};
  if (state != JobState::Offered) return {};
  return {"", wall_time_at(found->second.answer_until, world_.timers), ""};
}

void OutgoingJobs::creeps(JobId id, bool slowly) {
  if (const auto found = running_.find(id); found != running_.end())
    found->second.slot.creeps(slowly);
}

OutgoingJobs::Memory& OutgoingJobs::memory_of(JobId id) {
  const auto running = running_.find(id);
  return running == running_.end() ? memories_[id] : running->second.memory;
}

// Starting

void OutgoingJobs::wake() {
  if (std::exchange(awake_, true)) return;
  later_.run([this] {
    awake_ = false;
    pass();
  });
}

void OutgoingJobs::pass() {
  lanes_.sweep([this](const SendLanes::Key& key) { return has_running(key); });
  // who stood before them may have ended
  for (const auto& key : lanes_.keys_with_turns()) offer_in_turn(key);
  lanes_.tell_reasons();
  while (jobs_.writable() && slots_.may_send()) {
    auto next = lanes_.start_next(
        [this](const SendLanes::Key& key, JobId first) { return has_share(key, first); });
    if (!next) return;
    start(*std::move(next));
  }
}

bool OutgoingJobs::has_running(const SendLanes::Key& key) const {
  return std::any_of(running_.begin(), running_.end(),
                     [&](const auto& running) { return running.second.lane == key; });
}

/// May the next job of the lane join those that run for the same peer?
bool OutgoingJobs::has_share(const SendLanes::Key& key, JobId first) const {
  const auto bare = bare_part(key.peer);
  unsigned theirs = 0, large = 0;
  bool of_our_kind = false;  // which the first that is offered tells
  for (const auto& [id, running] : running_) {
    if (running.lane.account != key.account || bare_part(running.lane.peer) != bare) continue;
    ++theirs;
    if (is_large(*jobs_.find(id))) ++large;
    of_our_kind |= running.file->peer_confirms();
  }
  if (theirs >= (of_our_kind ? config_.max_active_per_peer : 1)) return false;
  return !is_large(*jobs_.find(first)) || large < std::max(1u, config_.max_active_per_peer / 8);
}

void OutgoingJobs::start(SendLanes::Started next) {
  Job& job = *jobs_.find(next.id);
  auto& running = running_[next.id];
  if (auto memory = memories_.extract(next.id)) running.memory = std::move(memory.mapped());
  running.lane = next.key;
  running.slot = slots_.take(Direction::Out);
  running.look = std::move(next.look);
  running.file =
      std::make_unique<SendFile>(SendFile::World{jobs_, world_.files, world_.bulk,
                                                 *world_.accounts.find(next.key.account), *this},
                                 job, config_, running.memory.held);
  running.file->start();
}

/// Each is said once, and again when it comes to be left out anew or for another reason.
void OutgoingJobs::on_send_planned(JobId id, const std::vector<SendPlan::LeftOut>& left_out) {
  auto& said = running_.find(id)->second.memory.left_out;
  std::vector<std::string> now;
  for (const auto& [method, why] : left_out) {
    now.push_back(method.str() + ": " + why.detail);
    if (std::find(said.begin(), said.end(), now.back()) == said.end())
      jobs_.add_step(id, "skipped", now.back());
  }
  said = std::move(now);
}

void OutgoingJobs::on_send_ready(JobId id) {
  auto& running = running_.find(id)->second;
  running.ready = true;
  offer_in_turn(SendLanes::Key(running.lane));
}

void OutgoingJobs::offer_in_turn(const SendLanes::Key& key) {
  while (const auto id = lanes_.turn(key)) {
    const auto& next = running_.find(*id)->second;
    if (!next.ready) return;
    lanes_.end_turn(key, *id);
    next.file->offer();  // may end it
  }
}

void OutgoingJobs::on_send_offered(JobId id) {
  auto& running = running_.find(id)->second;
  running.slot.idle();
  running.answer_until = world_.timers.now() + config_.answer_within;
  running.look.found();
  lanes_.peer_found(running.lane, id);
}

void OutgoingJobs::on_send_accepted(JobId id) {
  auto& running = running_.find(id)->second;
  running.slot.idle();
  // A shortage of our own is not over because the peer says yes.
  auto& refused = running.memory.refused;
  if (refused && refused->ours) return;
  refused.reset();
  lanes_.took(running.lane);
}

void OutgoingJobs::on_send_moves(JobId id, bool moves) {
  auto& running = running_.find(id)->second;
  moves ? running.slot.busy() : running.slot.idle();
  // The peer kept something of the attempt before: that one and those before it were of use.
  auto& memory = running.memory;
  if (const auto offset = jobs_.find(id)->now().offset; offset > memory.furthest) {
    memory.furthest = offset;
    memory.fruitless = 0;
  }
}

// What becomes of an attempt

/// What time may cure is not final: a bare JID may get a resource that takes files.
Verdict OutgoingJobs::verdict_on(const Job& job, const Error& why, bool offered) const {
  auto verdict = verdict_of(why.code);
  const auto& peer = job.now().peer;
  if (why.code == Errc::PeerUnsupported && !offered && bare_part(peer) == peer)
    verdict.remedy = Remedy::AwaitPeer;
  return verdict;
}

void OutgoingJobs::on_send_ended(JobId id, Result<void> how) {
  auto left = running_.extract(id);  // goes at the end of this function: we are called from inside
  auto& running = left.mapped();
  lanes_.end_turn(running.lane, id);
  Job& job = *jobs_.find(id);
  const bool offered = running.file->offered();
  wake();
  if (how) {
    lanes_.took(running.lane);
    lanes_.leave(job);
    return;
  }
  auto& memory = running.memory;
  if (auto open = running.file->held_offer())
    memory.held_offer = std::make_unique<SendFile::HeldOffer>(*std::move(open));
  const auto& why = how.error();
  const auto verdict = verdict_on(job, why, offered);
  if (verdict.remedy != Remedy::NotNow) memory.refused.reset();
  if (verdict.remedy == Remedy::Retry || (verdict.remedy == Remedy::AwaitPeer && offered)) {
    ++memory.fruitless;
    memory.charged_at = world_.timers.now();
  }
  // To a sender by SOCKS5 the stream broke before it could be told why.
  if (why.code == Errc::PeerCannotStore && memory.fruitless != 0) --memory.fruitless;
  const auto fruitless = memory.fruitless;
  if (!memory.empty()) memories_[id] = std::move(memory);
  if (verdict.remedy == Remedy::Fail || verdict.remedy == Remedy::Cancel)
    return end(job, verdict.remedy == Remedy::Fail ? JobState::Failed : JobState::Cancelled,
               verdict.reason, why);

  auto& record = job.edit();
  // A peer's "not now" does not hide what went wrong before it.
  if (why.code != Errc::Constraint || record.attempt == (offered ? 1u : 0u)) {
    record.error_name = error_name_of(verdict.reason);
    record.error_detail = why.detail;
  }
  if (verdict.remedy == Remedy::AwaitPeer && !offered) return await_peer(job, running, why);
  jobs_.add_step(id, "interrupted", why.detail);
  if (verdict.remedy == Remedy::AwaitAccount) return await_account(job, offered);
  if (verdict.remedy == Remedy::NotNow) return ask_again(job, running.lane, offered, why);
  if (!offered) ++record.attempt;
  if (fruitless >= config_.attempts) return end(job, JobState::Failed, verdict.reason, why);
  try_later(job, delay_after(fruitless, config_.first_delay));
}

/// Nothing was tried: not charged.
void OutgoingJobs::await_peer(Job& job, Running& running, const Error& why) {
  running.look.found();
  if (!lanes_.peer_absent(running.lane, job.id(), why)) {
    give_up(job, why);
    return lanes_.look_later(running.lane);
  }
  jobs_.add_step(job.id(), "waiting",
                 why.detail + "; it is looked for when its presence changes, and now and then");
  jobs_.commit(job);
  lanes_.line_up(job);
  lanes_.look_later(running.lane);
}

/// The time for its peer to appear is over.
void OutgoingJobs::give_up(Job& job, const Error& absent) {
  if (absent.code == Errc::PeerUnsupported)
    return end(job, JobState::Failed, JobReason::PeerUnsupported, absent);
  end(job, JobState::Failed, JobReason::PeerOffline,
      {Errc::PeerOffline,
       job.now().peer + " was not online since this was queued; try again when it is"});
}

/// Our own trouble: not charged.
void OutgoingJobs::await_account(Job& job, bool offered) {
  auto& record = job.edit();
  if (offered) --record.attempt;
  const auto* account = world_.accounts.find(record.account);
  // An account that says it is online but could not is given a moment.
  if (account != nullptr && account->online()) return try_later(job, config_.first_delay);
  job.change(JobState::Queued, JobReason::WaitingAccount);
  jobs_.commit(job);
  lanes_.line_up(job);
}

/// "Not now", be it the peer's word or our own system's, says nothing against the job: not charged,
/// and it keeps its place. The lane waits, longer each time. A job that hears it again and again
/// steps aside for a while, for the peer may have room for a smaller one.
void OutgoingJobs::ask_again(Job& job, const SendLanes::Key& key, bool offered, const Error& why) {
  auto& record = job.edit();
  if (offered) --record.attempt;
  auto& refused = memories_[job.id()].refused;
  if (!refused) refused = Refused{0, world_.timers.now()};
  ++refused->times;
  refused->ours = why.code == Errc::Unavailable;
  if (world_.timers.now() - refused->since >= config_.give_up_after) {
    const auto reason = verdict_of(why.code).reason;
    if (refused->ours) return end(job, JobState::Failed, reason, why);
    return end(job, JobState::Failed, reason,
               {Errc::Declined,
                "the peer could not take it all the time; the last it said: " + why.detail});
  }
  const auto delay = lanes_.refused(key, why.detail);
  if (refused->times >= kAskedInARow && lanes_.has_jobs(key)) return try_later(job, delay);
  record.next_attempt_at = wall_now() + delay;
  job.change(JobState::Queued, JobReason::Backoff);
  jobs_.commit(job);
  lanes_.line_up_silently(job);
}

milliseconds OutgoingJobs::pause_after(unsigned times) {
  return delay_after(times, std::min(kAskAgainAfter, config_.first_delay));
}

milliseconds OutgoingJobs::delay_after(unsigned times, milliseconds first) {
  std::uniform_real_distribution<double> dice(-1, 1);
  return retry_delay(config_, first, times, dice(dice_));
}

void OutgoingJobs::try_later(Job& job, milliseconds delay) {
  job.edit().next_attempt_at = wall_now() + delay;
  job.change(JobState::Queued, JobReason::Backoff);
  jobs_.commit(job);
  memories_[job.id()].backoff = world_.timers.after(delay, [this, id = job.id()] { try_now(id); });
}

void OutgoingJobs::try_now(JobId id) {
  const auto memory = memories_.find(id);
  memory->second.backoff.reset();
  if (memory->second.empty()) memories_.erase(memory);
  Job& job = *jobs_.find(id);
  job.edit().next_attempt_at = {};
  lanes_.line_up(job);  // which changes the reason, and so commits
}

void OutgoingJobs::peer_ready(AccountId account, const Jid& peer) {
  const auto bare = peer.bare().str();
  std::vector<JobId> aside;
  for (const auto& [id, memory] : memories_)
    if (const auto& record = jobs_.find(id)->now(); memory.backoff && memory.refused &&
                                                    record.account == account &&
                                                    bare_part(record.peer) == bare)
      aside.push_back(id);
  for (const JobId id : aside) try_now(id);
  lanes_.peer_ready(account, bare);
}

void OutgoingJobs::account_offline(AccountId account) {
  const auto since = world_.timers.now() - kSameTrouble;
  for (auto& [id, memory] : memories_)
    if (memory.fruitless != 0 && memory.charged_at >= since &&
        jobs_.find(id)->now().account == account) {
      --memory.fruitless;
      memory.charged_at = {};
    }
  wake();
}

// Ends

void OutgoingJobs::end(Job& job, JobState state, JobReason reason, const Error& why,
                       JobList::Then then) {
  const JobId id = job.id();
  auto& record = job.edit();
  record.error_name = error_name_of(reason);
  record.error_detail = why.detail;
  record.waiting_since = record.next_attempt_at = {};
  job.change(state, reason);
  jobs_.add_step(id, std::string(to_string(state)), why.detail);
  jobs_.commit(job, std::move(then));
  lanes_.leave(job);
  const auto running = running_.find(id);
  if (auto open = running == running_.end() ? std::nullopt : running->second.file->held_offer())
    withdraw(job, *open);
  else if (const auto& earlier = memory_of(id).held_offer)
    withdraw(job, *earlier);
  running_.erase(id);
  memories_.erase(id);
}

/// Nothing more comes of this job: a receiver that holds its offer, or waits for the next, need
/// not.
void OutgoingJobs::withdraw(const Job& job, const SendFile::HeldOffer& open) {
  const auto* account = world_.accounts.find(job.now().account);
  if (account != nullptr && account->online()) open.negotiator->withdraw(open.peer, open.sid);
}

void OutgoingJobs::cancel(Job& job, OrderDone done) {
  end(job, JobState::Cancelled, JobReason::User, {Errc::Cancelled, "cancelled"},
      [done = std::move(done)]() mutable { done({}); });
  wake();
}

void OutgoingJobs::account_removed(AccountId account) {
  std::vector<Job*> jobs;
  for (const auto& [id, job] : jobs_.all())
    if (const auto& record = job->now();
        record.direction == Direction::Out && record.account == account && is_live(record.state))
      jobs.push_back(job.get());
  for (Job* job : jobs) cancel(*job, [](Result<void>) {});
}

}  // namespace xmppftd

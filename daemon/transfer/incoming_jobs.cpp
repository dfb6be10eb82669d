// SPDX-License-Identifier: MIT
#include "transfer/incoming_jobs.h"

#include <algorithm>
#include <vector>

#include "transfer/deadline.h"
#include "transfer/job_view.h"
#include "transfer/same_file.h"
#include "transfer/verdict.h"

namespace xmppftd {

IncomingJobs::IncomingJobs(const QueueWorld& world, const QueueConfig& config, JobList& jobs,
                           Later& later, Slots& slots, Owner& owner)
    : world_(world),
      config_(config),
      jobs_(jobs),
      later_(later),
      slots_(slots),
      owner_(owner),
      by_rules_(kByRules, kByRulesPerPeer, [this] { owner_.on_room(); }),
      room_(world.files, world.timers, config,
            [this](JobId id, unsigned look) { there_is_room(id, look); }),
      parts_(world.files, jobs, [this](JobId id) { part_lost(id); }) {}

IncomingJobs::~IncomingJobs() { by_rules_.close(); }

void IncomingJobs::resume(Job& job) {
  const auto& record = job.now();
  if (record.publishing) {
    auto& entry = receiving_[job.id()];
    entry.attempt = make_attempt(job);
    entry.attempt->finish_publishing();
  } else if (record.state == JobState::Queued || record.state == JobState::Paused) {
    if (record.part.inode == 0) parts_.drop(job, nullptr);  // named, and perhaps made, but no more
    wait_for_sender(job, {}, config_.resume_within);
    if (record.state == JobState::Paused) watch_room(job);
  } else if (!record.part_name.empty()) {
    parts_.drop(job, nullptr);  // it ended, and we died before the bytes were gone
  }
}

std::optional<JobSample> IncomingJobs::sample(JobId id) const {
  const auto found = receiving_.find(id);
  if (found == receiving_.end()) return std::nullopt;
  return found->second.attempt->sample();
}

Wait IncomingJobs::wait_of(JobId id) const {
  const auto found = waiting_.find(id);
  return found == waiting_.end() ? Wait{}
                                 : Wait{"", wall_time_at(found->second.until, world_.timers), ""};
}

void IncomingJobs::creeps(JobId id, bool slowly) {
  if (const auto found = receiving_.find(id); found != receiving_.end())
    found->second.slot.creeps(slowly);
}

// Again

Job* IncomingJobs::find_same(AccountId account, const Offer& offer) const {
  for (const auto& [id, entry] : receiving_)
    if (Job* job = jobs_.find(id); !is_terminal(job->now().state) &&
                                   is_same_file(job->now(), account, offer, Likeness::Proven))
      return job;
  for (const auto& [id, waiting] : waiting_) {
    Job* job = jobs_.find(id);
    // Who was told of a full disk takes its time. What is kept is not at stake: what_to_keep()
    // wants proof.
    const bool paused = job->now().state == JobState::Paused;
    if (is_offered_again(job->now(), account, offer, job->now().waiting_since,
                         paused ? config_.resume_within : config_.relink_within))
      return job;
  }
  return nullptr;
}

void IncomingJobs::offered_again(Job& job, std::unique_ptr<IncomingOffer> offer) {
  const Offer& again = offer->offer();
  if (const auto found = receiving_.find(job.id()); found != receiving_.end()) {
    auto& [id, entry] = *found;
    if (!entry.attempt->awaits_word()) {
      auto source = source_of(*offer);
      if (entry.attempt->switch_to(offer, terms_for(job, again.peer))) {
        entry.source = std::move(source);
        return;
      }
      // Who names its files has one stream of each, so the old one is dead. Of others "not now"
      // rather than "no": the sender may know of a broken stream before we do.
      const bool named = !again.file_id.empty() && again.file_id == job.now().file_id;
      if (!named || entry.attempt->sender_vouched())
        return offer->decline({Errc::Constraint, "this file is already on its way"});
    }
    // it will not say more of the old one
    on_receive_ended(id, Error{Errc::Interrupted, "the sender began anew"});
  }
  jobs_.add_step(job.id(), "offered", "again by " + again.peer.str());
  const auto keep = what_to_keep(job, again);
  auto& record = job.edit();
  // the old one is of what was cut off, and the file may have changed since
  record.file.hash = again.file.hash;
  if (again.file.modified) record.file.modified = again.file.modified;
  waiting_.erase(job.id());
  room_.remove(job.id());
  if (record.state == JobState::Paused) job.change(JobState::Queued, JobReason::WaitingPeer);
  receive(job, std::move(offer), {}, keep);
}

/// What came before is the beginning of what comes now only where that is proven, and the sender
/// can begin elsewhere than at 0.
ReceiveFile::Keep IncomingJobs::what_to_keep(const Job& job, const Offer& again) {
  const auto from_start = [&](std::string_view why) {
    // After a restart the record does not say how much there is.
    if (job.now().part.inode != 0) jobs_.add_step(job.id(), "from the start", std::string(why));
    return ReceiveFile::Keep::Nothing;
  };
  if (!again.ranges) return from_start("the sender's program cannot go on where it stopped");
  if (!is_same_file(job.now(), job.now().account, again, Likeness::AnyTime))
    return from_start("neither a hash nor a date says that it is the same file");
  // A sender that names its files vouches for all of one also where it sends only the end.
  const bool checked = (!again.file_id.empty() || again.file.hash) && !parts_.in_doubt(job.id());
  return checked ? ReceiveFile::Keep::All : ReceiveFile::Keep::Synced;
}

bool IncomingJobs::on_withdrawn(AccountId account, const Withdrawal& what) {
  const auto is_it = [&](JobId id, const Source& source) {
    return source.sid == what.sid && source.peer == what.peer.str() &&
           jobs_.find(id)->now().account == account;
  };
  const Error given_up{Errc::Cancelled, "the sender gave this file up"};
  for (auto& [id, entry] : receiving_) {
    if (!is_it(id, entry.source)) continue;
    Job& job = *jobs_.find(id);
    // Whoever vouched for the bytes does not take them back.
    if (is_terminal(job.now().state) || entry.attempt->sender_vouched()) return true;
    answer(entry, {Errc::BadState,
                   "job " + std::to_string(id) + " was withdrawn by its sender meanwhile"});
    if (what.again)
      on_receive_ended(id, Error{Errc::Interrupted,
                                 "the sender gave this stream up and will offer the file again"});
    else
      end(job, JobState::Cancelled, JobReason::Peer, given_up, entry.attempt->part());
    return true;
  }
  for (const auto& [id, waiting] : waiting_) {
    if (!is_it(id, waiting.source)) continue;
    if (!what.again) end(*jobs_.find(id), JobState::Cancelled, JobReason::Peer, given_up);
    return true;
  }
  return false;
}

// Receiving

std::string IncomingJobs::share_of(AccountId account, const Jid& peer) {
  return std::to_string(account) + " " + peer.bare().str();
}

IncomingJobs::Source IncomingJobs::source_of(const IncomingOffer& offer) {
  const auto& what = offer.offer();
  return {what.peer.str(), what.sid, what.can_confirm ? &offer.negotiator() : nullptr};
}

bool IncomingJobs::has_room(AccountId account, const Jid& peer) const {
  return by_rules_.has(share_of(account, peer));
}

IncomingOffer::Terms IncomingJobs::terms_for(const Job& job, const Jid& peer) const {
  IncomingOffer::Terms terms;
  if (auto* account = world_.accounts.find(job.now().account)) {
    const auto trust = account->trust(peer);
    terms.direct_allowed = trust.direct_allowed;
    terms.own_proxy_only = trust.own_proxy_only;
    terms.streams_allowed = trust.streams_allowed;
  }
  return terms;
}

void IncomingJobs::receive(Job& job, std::unique_ptr<IncomingOffer> offer, Done reply,
                           ReceiveFile::Keep keep) {
  const auto& peer = offer->offer().peer;
  auto& entry = receiving_[job.id()];
  if (!reply) entry.room = by_rules_.take(share_of(job.now().account, peer));
  entry.reply = std::move(reply);
  entry.turn = ++turns_;
  entry.source = source_of(*offer);
  entry.attempt = make_attempt(job);
  const auto terms = terms_for(job, peer);
  entry.attempt->begin(std::move(offer), terms, keep);
}

std::unique_ptr<ReceiveAttempt> IncomingJobs::make_attempt(Job& job) {
  ReceiveAttempt::Owner& owner = *this;
  return std::make_unique<ReceiveAttempt>(
      ReceiveFile::World{jobs_, world_.files, world_.bulk, world_.timers}, job, owner);
}

void IncomingJobs::answer(Receiving& entry, Error why) {
  if (auto reply = std::move(entry.reply))
    later_.run(
        [reply = std::move(reply), why = std::move(why)]() mutable { reply(std::move(why)); });
}

/// What those before it still have to write is not free, whatever the disk says. Those after it
/// were looked at with its own need counted, so they do not count here: an offer that comes must
/// not take the room of an accepted one.
std::uint64_t IncomingJobs::keep_free(JobId id) const {
  auto bytes = config_.keep_free;
  const auto turn = receiving_.at(id).turn;
  for (const auto& [other, entry] : receiving_)
    if (entry.turn < turn) bytes += entry.attempt->still_needs();
  return bytes;
}

void IncomingJobs::on_receive_begun(JobId id) {
  parts_.settle(id);
  if (auto reply = std::exchange(receiving_[id].reply, {})) reply({});
}

void IncomingJobs::on_receive_moves(JobId id, bool moves) {
  auto& slot = receiving_[id].slot;
  slot = slots_.take(Direction::In);
  if (moves) slot.busy();
}

void IncomingJobs::on_receive_refused(JobId id, std::unique_ptr<IncomingOffer> offer, Error why) {
  // goes at the end of this function: we are called from inside it
  auto left = receiving_.extract(id);
  auto& entry = left.mapped();
  Job& job = *jobs_.find(id);
  jobs_.add_step(id, "refused", why.detail);
  if (job.now().state == JobState::Queued) {  // one that goes on, whose room is gone
    offer->decline(why);
    if (is_disk_trouble(why.code)) return pause(job, std::move(entry.source), why);
    jobs_.commit(job);
    return wait_for_sender(job, std::move(entry.source), config_.resume_within);
  }
  owner_.on_not_received(job, std::move(offer), std::move(why), std::move(entry.reply));
}

void IncomingJobs::on_receive_ended(JobId id, Result<void> how) {
  // goes at the end of this function: we are called from inside it
  auto left = receiving_.extract(id);
  auto& entry = left.mapped();
  // Accepted it was, however soon that was over.
  if (auto reply = std::move(entry.reply))
    later_.run([reply = std::move(reply)]() mutable { reply({}); });
  if (how) {
    failed_once_.erase(id);
    return;
  }
  Job& job = *jobs_.find(id);
  const auto& why = how.error();
  const auto verdict = verdict_of(why.code);
  // Whoever does not tell us what becomes of its offers, and never opened a stream, does not come
  // back by itself.
  const bool gave_up = why.code == Errc::Timeout && job.now().state == JobState::Connecting &&
                       entry.source.negotiator == nullptr;
  // Room comes and goes; a disk that fails twice is not asked for ever.
  if (is_disk_trouble(why.code) && (why.code == Errc::DiskFull || failed_once_.insert(id).second)) {
    if (const auto part = entry.attempt->part())
      parts_.keep(job, part, entry.attempt->sample().transferred);
    return pause(job, std::move(entry.source), why);
  }
  switch (gave_up ? Remedy::Fail : verdict.remedy) {
    case Remedy::Fail:
      return end(job, JobState::Failed, verdict.reason, why, entry.attempt->part());
    case Remedy::Cancel:
      return end(job, JobState::Cancelled, verdict.reason, why, entry.attempt->part());
    case Remedy::Retry:
    case Remedy::NotNow:
    case Remedy::AwaitPeer:
    case Remedy::AwaitAccount: break;
  }
  auto& record = job.edit();
  record.error_name = error_name_of(verdict.reason);
  record.error_detail = why.detail;
  record.waiting_since = wall_now();
  auto detail = why.detail;
  if (const auto part = entry.attempt->part()) {
    const auto bytes = entry.attempt->sample().transferred;
    parts_.keep(job, part, bytes);
    if (bytes != 0) detail += "; its first " + std::to_string(bytes) + " bytes are kept";
  }
  const bool no_stream = why.code == Errc::Timeout && job.now().state == JobState::Connecting;
  job.change(JobState::Queued, JobReason::WaitingPeer);
  jobs_.add_step(id, "interrupted", std::move(detail));
  jobs_.commit(job);
  // A sender that is there and opens no stream tries again soon, if it lives.
  wait_for_sender(job, std::move(entry.source),
                  no_stream ? config_.refuse_again_within : config_.resume_within);
}

void IncomingJobs::part_lost(JobId id) {
  if (receiving_.count(id) != 0 && !jobs_.find(id)->now().publishing)
    on_receive_ended(id, Error{Errc::Interrupted, "what was kept of the file could not be stored"});
}

/// A stream was lost: the sender has some time to offer the file again.
void IncomingJobs::wait_for_sender(Job& job, Source source, std::chrono::seconds within) {
  const auto left = time_left(job.now().waiting_since, within);
  auto timer = world_.timers.after(left, [this, id = job.id()] {
    end(*jobs_.find(id), JobState::Failed, JobReason::Interrupted,
        {Errc::Interrupted, "the stream was lost and the sender did not offer the file again"});
  });
  waiting_[job.id()] = {std::move(timer), std::move(source), world_.timers.now() + left};
  give_up_oldest(job);
}

void IncomingJobs::await_disk(Job& job, const IncomingOffer& offer, const Error& why) {
  pause(job, source_of(offer), why);
}

/// It cannot be stored here now: the sender knows, and is told when it can.
void IncomingJobs::pause(Job& job, Source source, const Error& why) {
  const bool full = why.code == Errc::DiskFull;
  auto& record = job.edit();
  record.error_name = error_name_of(full ? JobReason::DiskFull : JobReason::Io);
  record.error_detail = why.detail;
  record.waiting_since = wall_now();
  record.publishing = false;
  job.change(JobState::Paused, full ? JobReason::DiskLow : JobReason::Io);
  jobs_.add_step(job.id(), "paused", why.detail);
  jobs_.commit(job);
  wait_for_sender(job, std::move(source), config_.resume_within);
  if (waiting_.count(job.id()) != 0) watch_room(job);
}

void IncomingJobs::watch_room(const Job& job) {
  const auto& record = job.now();
  const auto size = record.file.size.value_or(0);
  const auto kept = record.part.inode == 0 ? 0 : std::min(record.transferred, size);
  room_.add(job.id(), {record.folder, size - kept});
}

void IncomingJobs::there_is_room(JobId id, unsigned look) {
  Job& job = *jobs_.find(id);
  auto& record = job.edit();
  record.error_name.clear();
  record.error_detail.clear();
  job.change(JobState::Queued, JobReason::WaitingPeer);
  jobs_.add_step(id, "room", record.folder + " can take it again");
  jobs_.commit(job);
  const auto& source = waiting_.at(id).source;
  const auto* account = world_.accounts.find(record.account);
  if (source.negotiator == nullptr || account == nullptr || !account->online()) return;
  if (told_.first != look) told_ = {look, {}};
  if (!told_.second.emplace(record.account, source.peer).second) return;
  if (const auto peer = Jid::parse(source.peer)) source.negotiator->say_ready(*peer);
}

void IncomingJobs::give_up_oldest(const Job& newest) {
  const auto bare = bare_part(newest.now().peer);
  std::vector<JobId> theirs;
  for (const auto& [id, waiting] : waiting_)
    if (const auto& record = jobs_.find(id)->now();
        record.account == newest.now().account && bare_part(record.peer) == bare)
      theirs.push_back(id);
  if (theirs.size() <= kAwaitedPerPeer) return;
  end(*jobs_.find(theirs.front()), JobState::Failed, JobReason::Interrupted,
      {Errc::Interrupted, "the stream was lost, and more than " + std::to_string(kAwaitedPerPeer) +
                              " files of this sender after it"});
}

// Ends

void IncomingJobs::cancel(Job& job, Done done) {
  const auto found = receiving_.find(job.id());
  if (job.now().publishing &&
      (found == receiving_.end() || !found->second.attempt->awaits_folder()))
    return later_.run([done = std::move(done),
                       why = Error{Errc::BadState, "job " + std::to_string(job.id()) +
                                                       " is being put in place"}]() mutable {
      done(std::move(why));
    });
  std::shared_ptr<PartFile> part;
  if (found != receiving_.end()) {
    part = found->second.attempt->part();
    answer(found->second,
           {Errc::BadState, "job " + std::to_string(job.id()) + " was cancelled meanwhile"});
  }
  const auto reason = job.now().state == JobState::Offered ? JobReason::Refused : JobReason::User;
  end(job, JobState::Cancelled, reason, {Errc::Cancelled, "cancelled"}, std::move(part),
      [done = std::move(done)]() mutable { done({}); });
}

void IncomingJobs::end(Job& job, JobState state, JobReason reason, const Error& why,
                       std::shared_ptr<PartFile> part, JobList::Then then) {
  const JobId id = job.id();
  auto& record = job.edit();
  record.error_name = error_name_of(reason);
  record.error_detail = why.detail;
  record.publishing = false;
  job.change(state, reason);
  // The sender has still to hear of what the user or our disk did, see find_ended().
  const auto waited = std::exchange(record.waiting_since, WallTime{});
  if (reason == JobReason::User || (state == JobState::Failed && is_disk_trouble(why.code)))
    record.unaware_since = waited == WallTime{} ? record.finished_at : waited;
  jobs_.add_step(id, std::string(to_string(state)), why.detail);
  jobs_.commit(job, std::move(then));
  if (!record.part_name.empty()) parts_.drop(job, std::move(part));
  parts_.settle(id);
  failed_once_.erase(id);
  receiving_.erase(id);
  waiting_.erase(id);
  room_.remove(id);
}

void IncomingJobs::forget(Job& job) {
  receiving_.erase(job.id());
  const auto& record = job.now();
  if (record.direction == Direction::In && record.state == JobState::Unknown)
    parts_.drop(job, nullptr);  // nobody else will
}

}  // namespace xmppftd

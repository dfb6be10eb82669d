// SPDX-License-Identifier: MIT
#include "transfer/open_offers.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "transfer/accept_options.h"
#include "transfer/deadline.h"
#include "transfer/job_view.h"
#include "transfer/same_file.h"
#include "transfer/verdict.h"

namespace xmppftd {
namespace {

std::string subject(const Job& job) { return "job " + std::to_string(job.id()); }

Error not_open(const Job& job) {
  const auto& record = job.now();
  if (record.direction == Direction::Out)
    return {Errc::BadState,
            subject(job) + " is an outgoing one; only offers to us can be accepted or declined"};
  return {Errc::BadState,
          subject(job) + " is " + std::string(to_string(record.state)) + ", not an open offer"};
}

/// It is a question again: what was chosen for it holds no longer.
void take_consent_back(JobRecord& record) {
  record.accepted = false;
  record.folder.clear();
  record.wanted_name.clear();
  record.on_exists = "rename";
  record.reason = JobReason::AwaitingUser;
}

std::string person(AccountId account, std::string_view peer) {
  return std::to_string(account) + " " + std::string(bare_part(peer));
}

}  // namespace

OpenOffers::OpenOffers(const QueueWorld& world, const QueueConfig& config, JobList& jobs,
                       Later& later, Slots& slots)
    : world_(world),
      config_(config),
      jobs_(jobs),
      later_(later),
      short_(
          world.files, world.timers,
          [this] {
            return std::any_of(pending_.begin(), pending_.end(),
                               [this](const auto& entry) { return is_for_room(entry.first); });
          },
          [this] { admit(); }),
      incoming_(world, config, jobs, later, slots, *this) {}
OpenOffers::~OpenOffers() = default;

// Offers

void OpenOffers::resume(Job& job) {
  if (job.now().state != JobState::Offered) return incoming_.resume(job);
  pending_[job.id()].expiry =
      world_.timers.after(config_.refuse_again_within, [this, id = job.id()] {
        end(*jobs_.find(id), JobState::Cancelled, JobReason::Withdrawn,
            {Errc::Cancelled, "xmppftd was restarted, and the file was not offered again"});
      });
  pending_[job.id()].until = world_.timers.now() + config_.refuse_again_within;
}

void OpenOffers::on_offer(AccountId account, std::unique_ptr<IncomingOffer> offer) {
  auto* port = world_.accounts.find(account);
  if (port == nullptr) return;
  if (port->trust(offer->offer().peer).room_occupant)
    return offer->decline(
        {Errc::Policy, "offers from rooms are not taken: a nick can change hands"});
  if (!jobs_.writable()) return offer->decline({Errc::Constraint, "the journal cannot be written"});
  if (Job* done = find_done(jobs_, account, offer->offer())) return say_done(*done, *offer);
  if (Job* waits = find_same(account, offer->offer())) return asked_again(*waits, std::move(offer));
  if (Job* same = incoming_.find_same(account, offer->offer()))
    return incoming_.offered_again(*same, std::move(offer));
  if (Job* ended = find_ended(jobs_, account, offer->offer(), config_))
    return refuse_again(*ended, *offer);
  take(account, std::move(offer));
}

Job* OpenOffers::find_same(AccountId account, const Offer& offer) {
  for (const auto& [id, entry] : pending_)
    if (Job* job = jobs_.find(id); is_same_file(job->now(), account, offer, Likeness::Proven))
      return job;
  return nullptr;
}

/// The sender lost its first one: the question to the user stays the same. A rule that could not be
/// followed then may be now.
void OpenOffers::asked_again(Job& job, std::unique_ptr<IncomingOffer> offer) {
  job.edit().peer = offer->offer().peer.str();
  jobs_.commit(job);
  auto& pending = pending_[job.id()];
  // Should it be another file after all, which only looks the same, its sender comes again.
  if (auto before = std::exchange(pending.offer, std::move(offer))) {
    before->decline({Errc::Constraint, "the same file was offered again since"});
  } else {
    pending.expiry = expiry_of(job.id());
    pending.until = world_.timers.now() + config_.expire;
  }
  accept_by_rule(job);
}

/// Its sender died before it heard, or could not be told.
void OpenOffers::say_done(Job& job, IncomingOffer& offer) {
  offer.have_it(job.now().hash);
  jobs_.add_step(job.id(), "offered",
                 "again by " + offer.offer().peer.str() + ", which was told that it is here");
}

/// Once, and then the sender knows: who offers the file after that means it.
void OpenOffers::refuse_again(Job& job, IncomingOffer& offer) {
  const bool failed = job.now().state == JobState::Failed;
  offer.decline(failed ? Error{Errc::StoreFailed, job.now().error_detail}
                       : Error{Errc::Cancelled, "the user cancelled this file"});
  job.edit().unaware_since = {};
  jobs_.add_step(job.id(), "declined",
                 "offered again by " + offer.offer().peer.str() + " after it " +
                     (failed ? "failed" : "was cancelled"));
  jobs_.commit(job);
}

void OpenOffers::take(AccountId account, std::unique_ptr<IncomingOffer> offer) {
  const Offer& what = offer->offer();
  const AcceptRule* rule = rule_for(account, what);
  const bool room = rule != nullptr && has_room(*rule, account, what.peer);
  if (room && !within_quota(what)) rule = nullptr;
  if (!room || rule == nullptr)
    if (auto why =
            rule != nullptr ? may_not_wait(account, what.peer) : may_not_ask(account, what.peer))
      return offer->decline(*why);

  JobRecord record;
  record.direction = Direction::In;
  record.account = account;
  record.peer = what.peer.str();
  record.file = what.file;
  record.file_id = what.file_id;
  // whatever spoke to the peer: no path gets past here (FN1)
  record.file.name = safe_file_name(what.file.name);
  record.state = JobState::Offered;
  if (rule == nullptr) record.reason = JobReason::AwaitingUser;
  if (rule != nullptr && !room) record.reason = JobReason::WaitingSlot;
  Job& job = jobs_.add(std::move(record));
  log::info("queue", subject(job) + ": " + log::shy(what.peer.str()) + " offered " +
                         log::shy_name(what.file.name) +
                         (rule != nullptr ? ", a rule accepts it" : ""));
  if (rule == nullptr) questions_.take(person(account, what.peer.str()), world_.timers.now());
  if (rule == nullptr || !room) return hold(job, std::move(offer));
  follow(job, *rule);
  incoming_.receive(job, std::move(offer), {});
}

std::optional<Error> OpenOffers::may_not_wait(AccountId account, const Jid& peer) const {
  if (pending_.size() >= config_.max_pending)
    return Error{Errc::Constraint, "too many offers wait"};
  const auto bare = peer.bare().str();
  const auto theirs = std::count_if(pending_.begin(), pending_.end(), [&](const auto& entry) {
    const auto& record = jobs_.find(entry.first)->now();
    return record.account == account && bare_part(record.peer) == bare;
  });
  if (static_cast<unsigned>(theirs) >= config_.max_pending_per_peer)
    return Error{Errc::Constraint, "too many of your offers wait"};
  return std::nullopt;
}

std::optional<Error> OpenOffers::asked_too_often(AccountId account, const Jid& peer) const {
  if (questions_.has(person(account, peer.str()), world_.timers.now())) return std::nullopt;
  return Error{Errc::Constraint, "you offered too many files that the user did not take"};
}

std::optional<Error> OpenOffers::may_not_ask(AccountId account, const Jid& peer) const {
  if (auto why = asked_too_often(account, peer)) return why;
  return may_not_wait(account, peer);
}

const AcceptRule* OpenOffers::rule_for(AccountId account, const Offer& offer) const {
  const auto* port = world_.accounts.find(account);
  return port == nullptr ? nullptr : policy_.match(offer.peer, offer.file, port->trust(offer.peer));
}

/// Takes it off the peer's share of the day.
bool OpenOffers::within_quota(const Offer& offer) {
  if (!offer.file.size) return false;  // what has no size has no share
  if (quota_.take(offer.peer.bare().str(), *offer.file.size, config_.daily_quota,
                  world_.timers.now()))
    return true;
  log::info("queue", log::shy(offer.peer.str()) +
                         " used up what rules accept from one address in a day: asking");
  return false;
}

std::string OpenOffers::folder_of(const AcceptRule& rule) const {
  return rule.folder.empty() ? config_.download_folder : rule.folder;
}

bool OpenOffers::has_room(const AcceptRule& rule, AccountId account, const Jid& peer) const {
  return incoming_.has_room(account, peer) && !short_.has(folder_of(rule));
}

void OpenOffers::follow(Job& job, const AcceptRule& rule) {
  auto& record = job.edit();
  record.accepted = true;
  record.folder = folder_of(rule);
  record.wanted_name = record.file.name;
  record.on_exists = rule.on_exists.empty() ? config_.on_exists : rule.on_exists;
  record.reason = JobReason::None;
}

/// An offer that waits, if a rule takes it and there is room.
void OpenOffers::accept_by_rule(Job& job) {
  auto& offer = pending_[job.id()].offer;
  const auto account = job.now().account;
  const AcceptRule* rule = rule_for(account, offer->offer());
  if (rule != nullptr && !has_room(*rule, account, offer->offer().peer)) return;
  if (rule == nullptr || !within_quota(offer->offer())) {
    if (is_for_room(job.id())) ask_after_all(job);
    return;
  }
  follow(job, *rule);
  auto accepted = std::move(offer);
  pending_.erase(job.id());
  incoming_.receive(job, std::move(accepted), {});
}

/// It waited for room, and no rule takes it any more: it is a question now, for what is left of its
/// time.
void OpenOffers::ask_after_all(Job& job) {
  auto& offer = pending_[job.id()].offer;
  const Jid& peer = offer->offer().peer;
  if (auto why = asked_too_often(job.now().account, peer)) {
    std::exchange(offer, nullptr)->decline(*why);
    pending_.erase(job.id());
    return jobs_.remove({job.id()}, {});
  }
  questions_.take(person(job.now().account, peer.str()), world_.timers.now());
  auto& record = job.edit();
  take_consent_back(record);
  record.error_name.clear();
  record.error_detail.clear();
  jobs_.add_step(job.id(), "waiting", "for the user, since no rule takes it any more");
  jobs_.commit(job);
}

void OpenOffers::on_room() {
  if (std::exchange(admitting_, true)) return;
  later_.run(alive_.wrap([this] {
    admitting_ = false;
    admit();
  }));
}

bool OpenOffers::is_for_room(JobId id) const {
  return jobs_.find(id)->now().reason == JobReason::WaitingSlot;
}

/// What waits for room, oldest first.
void OpenOffers::admit() {
  std::vector<JobId> waiting;
  for (const auto& [id, entry] : pending_)
    if (entry.offer && is_for_room(id)) waiting.push_back(id);
  for (const JobId id : waiting)
    if (pending_.count(id) != 0) accept_by_rule(*jobs_.find(id));
}

/// Others for the same folder would fare no better just now: all wait.
void OpenOffers::hold_for_better_times(Job& job, std::unique_ptr<IncomingOffer> offer,
                                       const Error& why) {
  const Jid& peer = offer->offer().peer;
  quota_.give_back(peer.bare().str(), offer->offer().file.size.value_or(0));
  if (auto no = may_not_wait(job.now().account, peer)) {
    offer->decline(*no);
    return jobs_.remove({job.id()}, {});
  }
  auto& record = job.edit();
  record.reason = JobReason::WaitingSlot;
  record.error_name = error_name_of(JobReason::Io);
  record.error_detail = why.detail;
  short_.add(record.folder);
  hold(job, std::move(offer));
}

void OpenOffers::hold(Job& job, std::unique_ptr<IncomingOffer> offer) {
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(config_.expire).count();
  jobs_.commit(job);  // first: a job that has no row yet has no story
  jobs_.add_step(job.id(), "waiting",
                 std::string(job.now().reason != JobReason::WaitingSlot ? "for the user, "
                             : job.now().error_detail.empty() ? "for other files that a rule took, "
                                                              : "until its folder can be used, ") +
                     std::to_string(minutes) + " min at most");
  pending_[job.id()] = {std::move(offer), expiry_of(job.id()),
                        world_.timers.now() + config_.expire};
}

std::unique_ptr<Timer> OpenOffers::expiry_of(JobId id) {
  return world_.timers.after(config_.expire, [this, id] { expire(id); });
}

void OpenOffers::expire(JobId id) {
  Job& job = *jobs_.find(id);
  const auto& short_of = job.now().error_detail;
  const Error why = job.now().reason != JobReason::WaitingSlot
                        ? Error{Errc::Timeout, "nobody answered the offer in time"}
                    : short_of.empty()
                        ? Error{Errc::Constraint,
                                "other files that a rule took came or were awaited all the time"}
                        : Error{Errc::Constraint, short_of};
  std::exchange(pending_[id].offer, nullptr)->decline(why);
  end(job, JobState::Cancelled, JobReason::Expired, why);
}

bool OpenOffers::on_withdrawn(AccountId account, const Withdrawal& what) {
  for (const auto& [id, entry] : pending_) {
    if (!entry.offer) continue;
    const Offer& offer = entry.offer->offer();
    if (offer.sid != what.sid || offer.peer != what.peer ||
        jobs_.find(id)->now().account != account)
      continue;
    // Offered anew it will be the same question.
    if (!what.again)
      end(*jobs_.find(id), JobState::Cancelled, JobReason::Withdrawn,
          {Errc::Cancelled, "the sender took the offer back"});
    return true;
  }
  return incoming_.on_withdrawn(account, what);
}

// The user's word

void OpenOffers::accept(Job& job, AcceptOptions options, Done done) {
  const auto refuse = [&](Error why) {
    later_.run([done = std::move(done), why = std::move(why)]() mutable { done(std::move(why)); });
  };
  const auto found = pending_.find(job.id());
  if (found == pending_.end()) return refuse(not_open(job));
  if (!found->second.offer)
    return refuse({Errc::BadState, subject(job) +
                                       " came before xmppftd was restarted, and a rule "
                                       "takes it as soon as its sender offers it again"});
  auto chosen = complete(std::move(options), job.now().file, config_);
  if (!chosen) return refuse(chosen.error());
  auto& record = job.edit();
  record.accepted = true;
  record.folder = std::move(chosen->folder);
  record.wanted_name = std::move(chosen->name);
  record.on_exists = std::move(chosen->on_exists);
  record.reason = JobReason::None;
  questions_.give_back(person(record.account, record.peer), world_.timers.now());
  auto offer = std::move(found->second.offer);
  pending_.erase(found);
  incoming_.receive(job, std::move(offer), std::move(done));
}

void OpenOffers::decline(Job& job, Done done) {
  const auto found = pending_.find(job.id());
  if (found == pending_.end())
    return later_.run(
        [done = std::move(done), why = not_open(job)]() mutable { done(std::move(why)); });
  const Error why{Errc::Declined, "declined"};
  const auto offer = std::exchange(found->second.offer, nullptr);
  if (offer) offer->decline(why);
  end(job, JobState::Cancelled, offer ? JobReason::Refused : JobReason::User, why,
      [done = std::move(done)]() mutable { done({}); });
}

void OpenOffers::cancel(Job& job, Done done) {
  if (pending_.count(job.id()) != 0) return decline(job, std::move(done));
  incoming_.cancel(job, std::move(done));
}

Wait OpenOffers::wait_of(JobId id) const {
  const auto found = pending_.find(id);
  return found == pending_.end() ? incoming_.wait_of(id)
                                 : Wait{"", wall_time_at(found->second.until, world_.timers), ""};
}

void OpenOffers::on_not_received(Job& job, std::unique_ptr<IncomingOffer> offer, Error why,
                                 Done reply) {
  const JobId id = job.id();
  if (!reply && job.shown() == nullptr) {  // not even its row could be written
    offer->decline({Errc::Constraint, why.detail});
    return jobs_.drop(id);
  }
  // What is mended where it is; another folder is for the user to name.
  const bool wrong_folder = why.code == Errc::FileMissing || why.code == Errc::UnsafeFolder;
  if (!reply && is_disk_trouble(why.code) && !wrong_folder) {
    offer->decline(why);
    return incoming_.await_disk(job, *offer, why);
  }
  if (!reply && why.code == Errc::Unavailable)
    return hold_for_better_times(job, std::move(offer), why);
  // The offer is as open as before: the user may name a better place. What a rule could not take is
  // a new question.
  auto& record = job.edit();
  if (!reply) {
    if (auto no = may_not_ask(record.account, offer->offer().peer)) {
      offer->decline(*no);
      return jobs_.remove({id}, {});
    }
    questions_.take(person(record.account, record.peer), world_.timers.now());
  }
  take_consent_back(record);
  record.error_name = error_name_of(JobReason::Io);
  record.error_detail = why.detail;
  hold(job, std::move(offer));
  if (reply) reply(std::move(why));
}

// Ends

void OpenOffers::end(Job& job, JobState state, JobReason reason, const Error& why,
                     JobList::Then then) {
  incoming_.end(job, state, reason, why, nullptr, std::move(then));
  pending_.erase(job.id());
}

void OpenOffers::withdraw(AccountId account, std::string_view peer) {
  std::vector<JobId> gone;
  for (const auto& [id, entry] : pending_) {
    const auto& record = jobs_.find(id)->now();
    if (entry.offer && record.account == account && (peer.empty() || record.peer == peer) &&
        !entry.offer->offer().outlives_session)
      gone.push_back(id);
  }
  for (const JobId id : gone)
    end(*jobs_.find(id), JobState::Cancelled, JobReason::Withdrawn,
        {Errc::Cancelled, "the offer can no longer be answered"});
}

void OpenOffers::account_offline(AccountId account) { withdraw(account, {}); }

void OpenOffers::peer_gone(AccountId account, const Jid& full) { withdraw(account, full.str()); }

void OpenOffers::account_removed(AccountId account) {
  std::vector<Job*> jobs;
  for (const auto& [id, job] : jobs_.all()) {
    const auto& record = job->now();
    if (record.direction == Direction::In && record.account == account && is_live(record.state) &&
        !record.publishing)
      jobs.push_back(job.get());
  }
  for (Job* job : jobs) cancel(*job, [](Result<void>) {});
}

}  // namespace xmppftd

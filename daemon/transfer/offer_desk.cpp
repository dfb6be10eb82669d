// SPDX-License-Identifier: MIT
#include "transfer/offer_desk.h"

#include <algorithm>

#include "base/log.h"
#include "transfer/accept_options.h"
#include "transfer/job_view.h"
#include "transfer/same_file.h"
#include "transfer/verdict.h"

namespace xmppftd {
namespace {

std::string subject(const Job& job) { return "job " + std::to_string(job.id()); }

Error not_open(const Job& job) {
  const auto& record = job.now();
  if (record.direction == Direction::Out)
    return {Errc::BadState, subject(job) + " is an outgoing one; only offers to us can be accepted or declined"};
  return {Errc::BadState, subject(job) + " is " + std::string(to_string(record.state)) + ", not an open offer"};
}

}  // namespace

OfferDesk::OfferDesk(const TransferQueue::World& world, const QueueConfig& config, JobBook& book, Later& later, Slots& slots)
    : world_(world), config_(config), book_(book), later_(later), slots_(slots) {}
OfferDesk::~OfferDesk() = default;

void OfferDesk::resume(Job& job) {
  const auto& record = job.now();
  if (record.publishing) {
    auto& entry = receiving_[job.id()];
    entry.file = std::make_unique<ReceiveFile>(ReceiveFile::World{book_, world_.files, world_.bulk, *this}, job);
    entry.file->finish_publishing();
  } else if (record.state == JobState::Queued) {
    wait_for_sender(job);
  } else if (!record.part_name.empty()) {
    drop_part(job, nullptr);  // it ended, and we died before the bytes were gone
  }
}

std::optional<std::uint64_t> OfferDesk::transferred(JobId id) const {
  const auto found = receiving_.find(id);
  if (found == receiving_.end()) return std::nullopt;
  return found->second.file->transferred();
}

void OfferDesk::creeps(JobId id, bool slowly) {
  if (const auto found = receiving_.find(id); found != receiving_.end()) found->second.slot.creeps(slowly);
}

// Offers

void OfferDesk::on_offer(AccountId account, std::unique_ptr<IncomingOffer> offer) {
  auto* port = world_.accounts.find(account);
  if (port == nullptr) return;
  if (port->trust(offer->offer().peer).room_occupant)
    return offer->decline({Errc::Policy, "offers from rooms are not taken: a nick can change hands"});
  if (!book_.writable()) return offer->decline({Errc::Constraint, "the journal cannot be written"});
  if (Job* twin = find_twin(account, offer->offer()))
    if (offered_again(*twin, offer)) return;
  if (Job* cancelled = find_cancelled(book_, account, offer->offer(), config_)) return refuse_again(*cancelled, *offer);
  take(account, std::move(offer));
}

/// The live job that this offer continues, doubles or replaces.
Job* OfferDesk::find_twin(AccountId account, const Offer& offer) {
  for (const auto& [id, entry] : receiving_)
    if (Job* job = book_.find(id);
        !is_terminal(job->now().state) && is_same_file(job->now(), account, offer, Likeness::SameMoment))
      return job;
  for (const auto& [id, entry] : pending_)
    if (Job* job = book_.find(id); is_same_file(job->now(), account, offer, Likeness::SameMoment)) return job;
  for (const auto& [id, timer] : waiting_) {
    Job* job = book_.find(id);
    if (is_offered_again(job->now(), account, offer, config_.relink_within)) return job;
  }
  return nullptr;
}

/// Once, and then the sender knows: who offers the file after that means it.
void OfferDesk::refuse_again(Job& job, IncomingOffer& offer) {
  const Error why{Errc::Cancelled, "the user cancelled this file"};
  offer.decline(why);
  job.edit().waiting_since = {};
  book_.tell(job.id(), "declined", "offered again by " + offer.offer().peer.str() + " after it was cancelled");
  book_.commit(job);
}

/// False: it turned out to be a new one after all.
bool OfferDesk::offered_again(Job& job, std::unique_ptr<IncomingOffer>& offer) {
  const Offer& again = offer->offer();
  if (const auto found = pending_.find(job.id()); found != pending_.end()) {
    // The sender lost its first one; the question to the user stays the same.
    job.edit().peer = again.peer.str();
    book_.commit(job);
    found->second.offer = std::move(offer);
    return true;
  }
  if (const auto found = receiving_.find(job.id()); found != receiving_.end() && found->second.file->awaits_word()) {
    on_receive_ended(job.id(), Error{Errc::Interrupted, "the sender began anew"});  // it will not say more of the old one
  } else if (found != receiving_.end()) {
    if (!found->second.file->switch_to(offer, terms_for(job, again.peer)))
      // "Not now" rather than "no": the sender may know of a broken stream before we do.
      offer->decline({Errc::Constraint, "this file is already on its way"});
    return true;
  }
  auto& record = job.edit();
  if (again.file.hash) record.file.hash = again.file.hash;
  if (again.file.modified) record.file.modified = again.file.modified;
  book_.tell(job.id(), "offered", "again by " + again.peer.str());
  waiting_.erase(job.id());
  drop_part(job, nullptr);
  receive(job, std::move(offer), {});
  return true;
}

void OfferDesk::take(AccountId account, std::unique_ptr<IncomingOffer> offer) {
  const Offer& what = offer->offer();
  const auto trust = world_.accounts.find(account)->trust(what.peer);
  const AcceptRule* rule = rule_for(what, trust);
  if (rule == nullptr)
    if (auto why = too_many(account, what.peer)) return offer->decline(*why);

  JobRecord record;
  record.direction = Direction::In;
  record.account = account;
  record.peer = what.peer.str();
  record.file = what.file;
  record.file.name = safe_file_name(what.file.name);  // whatever spoke to the peer: no path gets past here (FN1)
  record.state = JobState::Offered;
  if (rule != nullptr) {
    record.folder = rule->folder.empty() ? config_.download_folder : rule->folder;
    record.wanted_name = record.file.name;
    record.on_exists = rule->on_exists.empty() ? config_.on_exists : rule->on_exists;
  } else {
    record.reason = JobReason::AwaitingUser;
  }
  Job& job = book_.add(std::move(record));
  log::info("queue", subject(job) + ": " + log::shy(what.peer.str()) + " offered " + log::shy_name(what.file.name) +
                         (rule != nullptr ? ", a rule accepts it" : ""));
  if (rule != nullptr) return receive(job, std::move(offer), {});
  ask(job, std::move(offer));
}

std::optional<Error> OfferDesk::too_many(AccountId account, const Jid& peer) const {
  if (pending_.size() >= config_.max_pending) return Error{Errc::Constraint, "too many offers wait for the user"};
  const auto bare = peer.bare().str();
  const auto theirs = std::count_if(pending_.begin(), pending_.end(), [&](const auto& entry) {
    const auto& record = book_.find(entry.first)->now();
    return record.account == account && bare_part(record.peer) == bare;
  });
  if (static_cast<unsigned>(theirs) >= config_.max_pending_per_peer)
    return Error{Errc::Constraint, "too many of your offers wait for the user"};
  return std::nullopt;
}

/// The rule that takes it, if the peer's share of the day is not used up.
const AcceptRule* OfferDesk::rule_for(const Offer& offer, const PeerTrust& trust) {
  const AcceptRule* rule = policy_.match(offer.peer, offer.file, trust);
  if (rule == nullptr) return nullptr;
  if (!quota_.take(offer.peer.bare().str(), offer.file.size, config_.daily_quota, world_.timers.now())) {
    log::info("queue", log::shy(offer.peer.str()) + " used up what rules accept from one address in a day: asking");
    return nullptr;
  }
  return rule;
}

void OfferDesk::ask(Job& job, std::unique_ptr<IncomingOffer> offer) {
  auto expiry = world_.timers.after(config_.expire, [this, id = job.id()] {
    const Error why{Errc::Timeout, "nobody answered the offer in time"};
    std::exchange(pending_[id].offer, nullptr)->decline(why);
    end(*book_.find(id), JobState::Cancelled, JobReason::Expired, why);
  });
  pending_[job.id()] = {std::move(offer), std::move(expiry)};
  book_.commit(job);
}

// The user's word

void OfferDesk::accept(Job& job, AcceptOptions options, Done done) {
  const auto refuse = [&](Error why) {
    later_.run([done = std::move(done), why = std::move(why)]() mutable { done(std::move(why)); });
  };
  const auto found = pending_.find(job.id());
  if (found == pending_.end()) return refuse(not_open(job));
  auto chosen = complete(std::move(options), job.now().file, config_);
  if (!chosen) return refuse(chosen.error());
  auto& record = job.edit();
  record.folder = std::move(chosen->folder);
  record.wanted_name = std::move(chosen->name);
  record.on_exists = std::move(chosen->on_exists);
  record.reason = JobReason::None;
  auto offer = std::move(found->second.offer);
  pending_.erase(found);
  receive(job, std::move(offer), std::move(done));
}

void OfferDesk::decline(Job& job, Done done) {
  const auto found = pending_.find(job.id());
  if (found == pending_.end())
    return later_.run([done = std::move(done), why = not_open(job)]() mutable { done(std::move(why)); });
  const Error why{Errc::Declined, "declined"};
  std::exchange(found->second.offer, nullptr)->decline(why);
  end(job, JobState::Cancelled, JobReason::Refused, why, nullptr, [done = std::move(done)]() mutable { done({}); });
}

void OfferDesk::cancel(Job& job, Done done) {
  if (pending_.count(job.id()) != 0) return decline(job, std::move(done));
  if (job.now().publishing)
    return later_.run([done = std::move(done), why = Error{Errc::BadState, subject(job) + " is being put in place"}]() mutable {
      done(std::move(why));
    });
  std::shared_ptr<PartFile> part;
  if (const auto found = receiving_.find(job.id()); found != receiving_.end()) {
    part = found->second.file->part();
    if (auto reply = std::move(found->second.reply))
      later_.run([reply = std::move(reply), why = Error{Errc::BadState, subject(job) + " was cancelled meanwhile"}]() mutable {
        reply(std::move(why));
      });
  }
  const auto reason = job.now().state == JobState::Offered ? JobReason::Refused : JobReason::User;
  end(job, JobState::Cancelled, reason, {Errc::Cancelled, "cancelled"}, std::move(part),
      [done = std::move(done)]() mutable { done({}); });
}

// Receiving

IncomingOffer::Terms OfferDesk::terms_for(const Job& job, const Jid& peer) const {
  IncomingOffer::Terms terms;
  if (auto* account = world_.accounts.find(job.now().account)) {
    const auto trust = account->trust(peer);
    terms.direct_allowed = trust.direct_allowed;
    terms.own_proxy_only = trust.own_proxy_only;
    terms.streams_allowed = trust.streams_allowed;
  }
  return terms;
}

void OfferDesk::receive(Job& job, std::unique_ptr<IncomingOffer> offer, Done reply) {
  // What the others still have to write is not free, whatever the disk says.
  auto keep_free = config_.keep_free;
  for (const auto& [id, other] : receiving_) keep_free += other.file->still_needs();
  auto& entry = receiving_[job.id()];
  entry.reply = std::move(reply);
  entry.file = std::make_unique<ReceiveFile>(ReceiveFile::World{book_, world_.files, world_.bulk, *this}, job);
  const auto terms = terms_for(job, offer->offer().peer);
  entry.file->begin(std::move(offer), terms, keep_free);
}

void OfferDesk::on_receive_begun(JobId id) {
  if (auto reply = std::exchange(receiving_[id].reply, {})) reply({});
}

void OfferDesk::on_receive_moves(JobId id, bool moves) {
  auto& slot = receiving_[id].slot;
  slot = slots_.take(Direction::In);
  if (moves) slot.moves();
}

void OfferDesk::on_receive_refused(JobId id, std::unique_ptr<IncomingOffer> offer, Error why) {
  auto entry = receiving_.extract(id);
  auto reply = std::move(entry.mapped().reply);
  Job& job = *book_.find(id);
  book_.tell(id, "refused", why.detail);
  if (job.now().state == JobState::Queued) {  // one that goes on, whose room is gone
    offer->decline(why);
    book_.commit(job);
    return wait_for_sender(job);
  }
  if (!reply && job.shown() == nullptr) {  // not even its row could be written
    offer->decline({Errc::Constraint, why.detail});
    return book_.drop(id);
  }
  if (!reply && why.code == Errc::DiskFull) {
    offer->decline(why);
    return end(job, JobState::Failed, JobReason::DiskFull, why);
  }
  // The offer is as open as before: the user may name a better place.
  auto& record = job.edit();
  record.folder.clear();
  record.wanted_name.clear();
  record.on_exists = "rename";
  record.reason = JobReason::AwaitingUser;
  ask(job, std::move(offer));
  if (reply) reply(std::move(why));
}

void OfferDesk::on_receive_ended(JobId id, Result<void> how) {
  auto entry = receiving_.extract(id);  // goes at the end of this function: we are called from inside it
  Job& job = *book_.find(id);
  if (!how) {
    const auto& why = how.error();
    const auto verdict = judge(why.code);
    switch (verdict.fate) {
      case Fate::Fail:
        end(job, JobState::Failed, verdict.reason, why, entry.mapped().file->part());
        break;
      case Fate::Cancel:
        end(job, JobState::Cancelled, verdict.reason, why, entry.mapped().file->part());
        break;
      case Fate::Retry:
      case Fate::NotNow:
      case Fate::AwaitPeer:
      case Fate::AwaitAccount:
        auto& record = job.edit();
        record.error_name = error_name_of(verdict.reason);
        record.error_detail = why.detail;
        record.waiting_since = wall_now();
        job.move(JobState::Queued, JobReason::WaitingPeer);
        book_.tell(id, "interrupted", why.detail);
        book_.commit(job);
        drop_part(job, entry.mapped().file->part());  // it will come again from its first byte
        wait_for_sender(job);
        break;
    }
  }
}

/// A stream was lost: the sender has some days to offer the file again.
void OfferDesk::wait_for_sender(Job& job) {
  using std::chrono::milliseconds;
  const milliseconds whole = config_.resume_within;
  // The wall clock counts only what passed while we were not running, and never all of it: it may have been set.
  const auto waited = std::chrono::duration_cast<milliseconds>(wall_now() - job.now().waiting_since);
  const milliseconds least = std::min<milliseconds>(whole, std::chrono::hours(1));
  waiting_[job.id()] = world_.timers.after(std::clamp(whole - waited, least, whole), [this, id = job.id()] {
    end(*book_.find(id), JobState::Failed, JobReason::Interrupted,
        {Errc::Interrupted, "the stream was lost and the sender did not offer the file again"});
  });
}

// Ends

void OfferDesk::end(Job& job, JobState state, JobReason reason, const Error& why, std::shared_ptr<PartFile> part,
                    JobBook::Then then) {
  const JobId id = job.id();
  auto& record = job.edit();
  record.error_name = error_name_of(reason);
  record.error_detail = why.detail;
  job.move(state, reason);
  // The sender has still to hear of what the user did, see find_cancelled().
  if (reason != JobReason::User)
    record.waiting_since = {};
  else if (record.waiting_since == WallTime{})
    record.waiting_since = record.finished_at;
  book_.tell(id, std::string(to_string(state)), why.detail);
  book_.commit(job, std::move(then));
  if (!record.part_name.empty()) drop_part(job, std::move(part));
  pending_.erase(id);
  receiving_.erase(id);
  waiting_.erase(id);
}

void OfferDesk::drop_part(Job& job, std::shared_ptr<PartFile> part) {
  const auto& record = job.now();
  if (record.part_name.empty()) return;
  const auto gone = [this, id = job.id(), name = record.part_name](Result<void>) {
    Job* owner = book_.find(id);
    if (owner == nullptr || owner->now().part_name != name) return;
    owner->edit().part_name.clear();
    book_.commit(*owner);
  };
  if (part) return world_.files.discard(std::move(part), alive_.wrap(gone));
  world_.files.find_part(record.folder, record.part_name, "", record.part,
                         alive_.wrap([this, gone](Result<Files::Found> found) {
                           if (found && found->state == PartState::Part)
                             world_.files.discard(found->part, alive_.wrap(gone));
                           else if (found)
                             gone({});
                         }));
}

void OfferDesk::withdraw(AccountId account, std::string_view peer) {
  std::vector<JobId> gone;
  for (const auto& [id, entry] : pending_) {
    const auto& record = book_.find(id)->now();
    if (record.account == account && (peer.empty() || record.peer == peer)) gone.push_back(id);
  }
  for (const JobId id : gone)
    end(*book_.find(id), JobState::Cancelled, JobReason::Withdrawn, {Errc::Cancelled, "the offer can no longer be answered"});
}

void OfferDesk::account_offline(AccountId account) { withdraw(account, {}); }

void OfferDesk::peer_gone(AccountId account, const Jid& full) { withdraw(account, full.str()); }

void OfferDesk::account_removed(AccountId account) {
  std::vector<Job*> jobs;
  for (const auto& [id, job] : book_.all()) {
    const auto& record = job->now();
    if (record.direction == Direction::In && record.account == account && !is_terminal(record.state) && !record.publishing)
      jobs.push_back(job.get());
  }
  for (Job* job : jobs) cancel(*job, [](Result<void>) {});
}

void OfferDesk::forget(JobId id) { receiving_.erase(id); }

}  // namespace xmppftd

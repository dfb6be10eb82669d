// SPDX-License-Identifier: MIT
#include "transfer/queue.h"

#include <algorithm>
#include <cassert>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "transfer/open_offers.h"
#include "transfer/outgoing_jobs.h"
#include "transfer/progress_watch.h"
#include "transfer/recovery.h"
#include "transfer/submissions.h"

namespace xmppftd {
namespace {

constexpr std::chrono::milliseconds kFolderPatience{250};

/// Why a job in an unknown state can only be removed.
Error not_ours(const JobRecord& job) {
  return {Errc::BadState, "job " + std::to_string(job.id) + " is in the state " +
                              in_quotes(to_string(job.state), 60) +
                              ", which this xmppftd does not know; the version that wrote it can "
                              "go on with it, and it can be removed"};
}

}  // namespace

TransferQueue::TransferQueue(const QueueWorld& world, QueueConfig config)
    : world_(world),
      config_(std::move(config)),
      later_(world_.timers),
      jobs_(world_.store, world_.timers, *this),
      slots_(world_.timers, config_, [this] { outgoing_->wake(); }),
      watch_(std::make_unique<ProgressWatch>(
          jobs_, world_.timers, [this](JobId id) { return sample(id); },
          [this](JobId id, bool slowly) { creeps(id, slowly); })),
      offers_(std::make_unique<OpenOffers>(world_, config_, jobs_, later_, slots_)),
      outgoing_(std::make_unique<OutgoingJobs>(world_, config_, jobs_, later_, slots_)),
      submissions_(std::make_unique<Submissions>(world_.accounts, world_.files, jobs_, later_,
                                                 [this](Job& job, std::shared_ptr<OpenFile> file) {
                                                   outgoing_->adopt(job, std::move(file));
                                                 })),
      acts_{
          {&kAccept, [this](Job& job, Done done) { offers_->accept(job, {}, std::move(done)); }},
          {&kDecline, [this](Job& job, Done done) { offers_->decline(job, std::move(done)); }},
          {&kCancel,
           [this](Job& job, Done done) {
             job.now().direction == Direction::Out ? outgoing_->cancel(job, std::move(done))
                                                   : offers_->cancel(job, std::move(done));
           }},
          {&kRemove,
           [this](Job& job, Done done) {
             offers_->incoming().forget(job);
             jobs_.remove({job.id()}, std::move(done));
           }},
      } {
  const auto verbs = all_verbs();
  assert(acts_.size() == verbs.size() && "an act of no verb");
  assert(std::all_of(verbs.begin(), verbs.end(),
                     [this](const Verb& verb) { return acts_.contains(&verb); }) &&
         "a verb without an act");
}

TransferQueue::~TransferQueue() { slots_.close(); }

void TransferQueue::start(Journaled journaled) {
  rows_lost_ = journaled.degraded;
  for (const auto& warning : journaled.warnings) log::warning("queue", warning);
  jobs_.load(std::move(journaled.jobs), journaled.next_id);
  std::vector<Job*> changed;
  for (const auto& [id, job] : jobs_.all()) {
    JobRecord record = job->now();
    if (!recover(record)) continue;
    job->edit() = std::move(record);
    changed.push_back(job.get());
    jobs_.add_step(id, "restarted", std::string(to_string(job->now().state)));
  }
  jobs_.commit(changed);
  for (const auto& [id, job] : jobs_.all()) {
    const auto& record = job->now();
    if (record.state == JobState::Unknown) continue;
    if (record.direction == Direction::In)
      offers_->resume(*job);
    else if (record.state == JobState::Queued)
      outgoing_->adopt(*job, nullptr);
  }
  retire();
}

/// Old ended jobs leave the list, and old part files that are nobody's their folders, once a day. A
/// wall clock that was set far ahead must not empty it, so nothing goes while the newest job itself
/// would.
void TransferQueue::retire() {
  daily_ = world_.timers.after(std::chrono::hours(24), [this] { retire(); });
  std::vector<JobId> ended, gone;
  const auto oldest = wall_now() - config_.keep_history;
  WallTime newest{};
  for (const auto& [id, job] : jobs_.all()) {
    newest = std::max(newest, job->now().created_at);
    if (const auto* record = job->shown(); record != nullptr && is_terminal(record->state))
      ended.push_back(id);
  }
  const auto surplus = ended.size() > config_.max_jobs ? ended.size() - config_.max_jobs : 0;
  for (std::size_t i = 0; i < ended.size(); ++i)
    if (i < surplus || (newest >= oldest && jobs_.find(ended[i])->now().finished_at < oldest))
      gone.push_back(ended[i]);
  if (!gone.empty()) jobs_.remove(std::move(gone), {});
  if (newest == WallTime{} || newest >= oldest) offers_->incoming().sweep(folders());
}

// Observers

void TransferQueue::add_observer(Observer& observer) { observers_.push_back(&observer); }
void TransferQueue::remove_observer(Observer& observer) { std::erase(observers_, &observer); }

void TransferQueue::notify(const std::function<void(Observer&)>& news) {
  for (Observer* observer : std::vector(observers_))
    if (std::find(observers_.begin(), observers_.end(), observer) != observers_.end())
      news(*observer);
}

void TransferQueue::on_committed(const Job& job) {
  const auto& record = *job.shown();
  if (record.state == JobState::Active) watch_->add(record.id);
  notify([&](Observer& observer) { observer.on_job_changed({record, watch_->progress(record)}); });
}

void TransferQueue::on_removed(JobId id) {
  notify([&](Observer& observer) { observer.on_job_removed(id); });
}

void TransferQueue::on_writable_changed() {
  if (jobs_.writable()) outgoing_->wake();
  notify([this](Observer& observer) { observer.on_degraded_changed(degraded()); });
}

std::optional<JobSample> TransferQueue::sample(JobId id) const {
  const auto sent = outgoing_->sample(id);
  return sent ? sent : offers_->incoming().sample(id);
}

void TransferQueue::creeps(JobId id, bool slowly) {
  outgoing_->creeps(id, slowly);
  offers_->incoming().creeps(id, slowly);
}

// Orders

template <class Answer>
Job* TransferQueue::known(JobId id, Answer& done) {
  Job* job = jobs_.find(id);
  if (job != nullptr && job->shown() != nullptr) return job;
  refuse(std::move(done), {Errc::NoSuchJob, "no job " + std::to_string(id) + " (newest is " +
                                                std::to_string(jobs_.newest()) + ")"});
  return nullptr;
}

template <class Answer>
void TransferQueue::refuse(Answer done, Error why) {
  later_.run([done = std::move(done), why = std::move(why)]() mutable { done(std::move(why)); });
}

void TransferQueue::submit(SendRequest request, Callback<void(SendOutcome)> done) {
  submissions_->submit(std::move(request), std::move(done));
}

std::unique_ptr<SendBatch> TransferQueue::open_batch(SendRequest request,
                                                     std::vector<SendOutcome::Problem>& problems) {
  return submissions_->open_batch(std::move(request), problems);
}

void TransferQueue::submit(std::unique_ptr<SendBatch> batch, Callback<void(SendOutcome)> done) {
  submissions_->submit(std::move(batch), std::move(done));
}

void TransferQueue::accept(JobId id, AcceptOptions options, Done done) {
  if (Job* job = known(id, done)) offers_->accept(*job, std::move(options), std::move(done));
}

void TransferQueue::act(const Verb& verb, JobId id, Done done) {
  Job* job = known(id, done);
  if (job == nullptr) return;
  if (job->now().state == JobState::Unknown && !verb.fits(job->now()))
    return refuse(std::move(done), not_ours(job->now()));
  if (!verb.instead.empty() && !(verb.fits(job->now()) && verb.fits(*job->shown())))
    return refuse(std::move(done), {Errc::BadState, "job " + std::to_string(id) + " is " +
                                                        std::string(to_string(job->now().state)) +
                                                        ": " + std::string(verb.instead)});
  const auto& act = acts_.at(&verb);
  act(*job, std::move(done));
}

void TransferQueue::history(JobId id, Callback<void(Result<std::vector<HistoryEntry>>)> done) {
  if (known(id, done)) world_.store.history(id, alive_.wrap(std::move(done)));
}

// Questions

const JobRecord* TransferQueue::find(JobId id) const {
  const Job* job = jobs_.find(id);
  return job == nullptr ? nullptr : job->shown();
}
JobProgress TransferQueue::progress(JobId id) {
  const auto* record = find(id);
  return record == nullptr ? JobProgress{} : watch_->progress(*record);
}
Wait TransferQueue::wait_of(JobId id) const {
  const Job* job = jobs_.find(id);
  if (job == nullptr || !is_live(job->now().state)) return {};
  return job->now().direction == Direction::Out ? outgoing_->wait_of(*job) : offers_->wait_of(id);
}
Result<JobPage> TransferQueue::list(const JobFilter& filter, std::string_view cursor,
                                    std::size_t limit) const {
  return jobs_.list(filter, cursor, limit);
}
std::vector<JobId> TransferQueue::select(const JobFilter& filter) const {
  return jobs_.select(filter);
}

std::vector<JobId> TransferQueue::active_jobs() const {
  const auto& moving = jobs_.index().moving();
  return {moving.begin(), moving.end()};
}
std::map<JobState, std::uint32_t> TransferQueue::counts() const {
  std::map<JobState, std::uint32_t> counts;
  for (int i = 0; i <= static_cast<int>(JobState::Unknown); ++i) {
    const auto state = static_cast<JobState>(i);
    if (const auto count = jobs_.index().count(state); count > 0) counts[state] = count;
  }
  return counts;
}

std::uint64_t TransferQueue::generation() const { return jobs_.generation(); }
JobId TransferQueue::newest() const { return jobs_.newest(); }
bool TransferQueue::degraded() const { return rows_lost_ || !jobs_.writable(); }
std::vector<std::string> TransferQueue::problems() const {
  std::vector<std::string> words;
  if (!jobs_.writable()) words.push_back("journal-unwritable");
  if (rows_lost_) words.push_back("jobs-lost");
  return words;
}
const QueueConfig& TransferQueue::config() const { return config_; }
const std::vector<AcceptRule>& TransferQueue::rules() const { return offers_->policy().rules(); }
bool TransferQueue::knows(AccountId account, const Jid& peer) const {
  return offers_->policy().names(peer) || jobs_.index().has_live(account, peer.bare().str());
}

void TransferQueue::set_config(QueueConfig config) {
  config_ = std::move(config);
  outgoing_->wake();
}

Result<void> TransferQueue::set_rules(std::vector<AcceptRule> rules) {
  auto policy = AcceptPolicy::make(std::move(rules));
  if (!policy) return policy.error();
  offers_->set_policy(std::move(*policy));
  return {};
}

const std::string& TransferQueue::folder_of(const AcceptRule& rule) const {
  return rule.folder.empty() ? config_.download_folder : rule.folder;
}

std::set<std::string> TransferQueue::folders() const {
  std::set<std::string> folders{config_.download_folder};
  for (const auto& rule : rules()) folders.insert(folder_of(rule));
  return folders;
}

Result<void> TransferQueue::check_folders(const std::vector<AcceptRule>& rules) const {
  std::set<std::string> known;
  for (const auto& rule : this->rules()) known.insert(folder_of(rule));
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (const auto folder = folder_of(rules[i]); known.insert(folder).second)
      if (auto good = world_.files.check_folder(folder, kFolderPatience); !good)
        return Error{good.error().code,
                     "rule " + std::to_string(i + 1) + ": " + good.error().detail};
  return {};
}

void TransferQueue::on_offer(AccountId account, std::unique_ptr<IncomingOffer> offer) {
  offers_->on_offer(account, std::move(offer));
}

bool TransferQueue::on_withdrawn(AccountId account, const Withdrawal& what) {
  return offers_->on_withdrawn(account, what);
}

void TransferQueue::on_ready(AccountId account, const Jid& peer) {
  outgoing_->peer_ready(account, peer);
}

void TransferQueue::account_changed(AccountId account) {
  const auto* port = world_.accounts.find(account);
  if (port != nullptr && port->online()) return outgoing_->lanes().account_online(account);
  offers_->account_offline(account);
  outgoing_->account_offline(account);
}

void TransferQueue::account_removed(AccountId account) {
  outgoing_->account_removed(account);
  offers_->account_removed(account);
}

void TransferQueue::peer_changed(AccountId account, const Jid& bare) {
  outgoing_->lanes().peer_changed(account, bare.bare().str());
}

void TransferQueue::peer_gone(AccountId account, const Jid& full) {
  offers_->peer_gone(account, full);
}

}  // namespace xmppftd

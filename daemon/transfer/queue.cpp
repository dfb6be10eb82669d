// SPDX-License-Identifier: MIT
#include "transfer/queue.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "base/log.h"
#include "io/later.h"
#include "transfer/held_files.h"
#include "transfer/job_book.h"
#include "transfer/offer_desk.h"
#include "transfer/progress_watch.h"
#include "transfer/recovery.h"
#include "transfer/send_desk.h"
#include "transfer/submission.h"

namespace xmppftd {
namespace {

constexpr std::chrono::milliseconds kFolderPatience{250};

}  // namespace

/// The parts of the queue and what they tell each other.
class TransferQueue::Core final : private JobBook::Reader {
 public:
  Core(const World& its_world, QueueConfig its_config)
      : world(its_world),
        config(std::move(its_config)),
        later(world.timers),
        book(world.store, world.timers, *this),
        slots(world.timers, config, [this] { sends.wake(); }),
        watch(
            book, world.timers, [this](JobId id) { return transferred(id); },
            [this](JobId id, bool slowly) {
              sends.creeps(id, slowly);
              offers.creeps(id, slowly);
            }),
        offers(world, config, book, later, slots),
        sends(world, config, book, later, slots) {}
  ~Core() { slots.close(); }

  void start(Journaled journaled);
  std::unique_ptr<Submission> open_batch(SendRequest request,
                                         std::vector<SendOutcome::Problem>& problems);
  void submit(SendRequest request, Callback<void(SendOutcome)> done);
  void enter(std::unique_ptr<Submission> batch, Callback<void(SendOutcome)> done);
  void retire();
  bool knows(AccountId account, const Jid& peer);
  /// The job, if the journal has it. If not, says so to `done` and takes it.
  template <class Answer>
  Job* known(JobId id, Answer& done) {
    Job* job = book.find(id);
    if (job != nullptr && job->shown() != nullptr) return job;
    refuse(std::move(done), {Errc::NoSuchJob, "no job " + std::to_string(id) + " (newest is " +
                                                  std::to_string(book.newest()) + ")"});
    return nullptr;
  }
  template <class Answer>
  void refuse(Answer done, Error why) {
    later.run([done = std::move(done), why = std::move(why)]() mutable { done(std::move(why)); });
  }
  bool degraded() const { return rows_lost || !book.writable(); }

  World world;
  QueueConfig config;
  Later later;
  JobBook book;
  Slots slots;
  ProgressWatch watch;
  OfferDesk offers;
  SendDesk sends;
  std::vector<Observer*> observers;
  bool rows_lost = false;
  HeldFiles held;
  WhileAlive alive;

 private:
  std::uint64_t keep(std::unique_ptr<Submission> batch);
  void told(const SendOutcome& outcome);
  std::optional<std::uint64_t> transferred(JobId id) const {
    const auto sent = sends.transferred(id);
    return sent ? sent : offers.transferred(id);
  }
  void tell(const std::function<void(Observer&)>& news) {
    for (Observer* observer : std::vector(observers))
      if (std::find(observers.begin(), observers.end(), observer) != observers.end())
        news(*observer);
  }

  void on_committed(const Job& job) override {
    const auto& record = *job.shown();
    if (record.state == JobState::Active) watch.add(record.id);
    tell([&](Observer& observer) { observer.on_job_changed({record, watch.progress(record)}); });
  }
  void on_removed(JobId id) override {
    tell([&](Observer& observer) { observer.on_job_removed(id); });
  }
  void on_writable_changed() override {
    if (book.writable()) sends.wake();
    tell([this](Observer& observer) { observer.on_degraded_changed(degraded()); });
  }

  std::map<std::uint64_t, std::unique_ptr<Submission>> submissions_;
  std::uint64_t submitted_ = 0;
  std::unique_ptr<Timer> daily_;
};

void TransferQueue::Core::start(Journaled journaled) {
  rows_lost = journaled.degraded;
  for (const auto& warning : journaled.warnings) log::warning("queue", warning);
  book.load(std::move(journaled.jobs), journaled.next_id);
  std::vector<Job*> changed;
  for (const auto& [id, job] : book.all()) {
    JobRecord record = job->now();
    if (!recover(record)) continue;
    job->edit() = std::move(record);
    changed.push_back(job.get());
    book.tell(id, "restarted", std::string(to_string(job->now().state)));
  }
  book.commit(changed);
  for (const auto& [id, job] : book.all()) {
    const auto& record = job->now();
    if (record.direction == Direction::In)
      offers.resume(*job);
    else if (record.state == JobState::Queued)
      sends.adopt(*job, nullptr);
  }
  retire();
}

std::unique_ptr<Submission> TransferQueue::Core::open_batch(
    SendRequest request, std::vector<SendOutcome::Problem>& problems) {
  auto batch = std::make_unique<Submission>(
      Submission::World{world.accounts, world.files, book, held, later}, std::move(request),
      [this](Job& job, std::shared_ptr<OpenFile> file) { sends.adopt(job, std::move(file)); });
  problems = batch->check();
  return batch;
}

void TransferQueue::Core::submit(SendRequest request, Callback<void(SendOutcome)> done) {
  auto sources = std::exchange(request.sources, {});
  SendOutcome outcome;
  auto batch = open_batch(std::move(request), outcome.problems);
  for (auto& problem : batch->check(sources)) outcome.problems.push_back(std::move(problem));
  if (!outcome.ok()) {
    told(outcome);
    return later.run([done = std::move(done), outcome = std::move(outcome)]() mutable {
      done(std::move(outcome));
    });
  }
  auto& adding = *batch;
  const auto key = keep(std::move(batch));
  adding.add(std::move(sources), [this, key, done = std::move(done)](SendOutcome added) mutable {
    auto kept = std::move(submissions_.extract(key).mapped());  // we are called from inside it
    if (added.ok()) return enter(std::move(kept), std::move(done));
    told(added);
    done(std::move(added));
  });
}

void TransferQueue::Core::enter(std::unique_ptr<Submission> batch,
                                Callback<void(SendOutcome)> done) {
  auto& entering = *batch;
  const auto key = keep(std::move(batch));
  entering.enter([this, key, done = std::move(done)](SendOutcome outcome) mutable {
    const auto gone = submissions_.extract(key);
    told(outcome);
    done(std::move(outcome));
  });
}

std::uint64_t TransferQueue::Core::keep(std::unique_ptr<Submission> batch) {
  submissions_[++submitted_] = std::move(batch);
  return submitted_;
}

void TransferQueue::Core::told(const SendOutcome& outcome) {
  for (const auto& problem : outcome.problems)
    log::info("queue", "refused to send: " + log::printable(problem.error.detail));
}

/// Old ended jobs leave the list, once a day. A wall clock that was set far ahead must not empty
/// it, so nothing goes while the newest job itself would.
void TransferQueue::Core::retire() {
  daily_ = world.timers.after(std::chrono::hours(24), [this] { retire(); });
  std::vector<JobId> ended, gone;
  const auto oldest = wall_now() - config.keep_history;
  WallTime newest{};
  for (const auto& [id, job] : book.all()) {
    newest = std::max(newest, job->now().created_at);
    if (const auto* record = job->shown(); record != nullptr && is_terminal(record->state))
      ended.push_back(id);
  }
  const auto surplus = ended.size() > config.max_jobs ? ended.size() - config.max_jobs : 0;
  for (std::size_t i = 0; i < ended.size(); ++i)
    if (i < surplus || (newest >= oldest && book.find(ended[i])->now().finished_at < oldest))
      gone.push_back(ended[i]);
  if (!gone.empty()) book.remove(std::move(gone), {});
}

bool TransferQueue::Core::knows(AccountId account, const Jid& peer) {
  return offers.policy().names(peer) || book.index().has_live(account, peer.bare().str());
}

TransferQueue::TransferQueue(const World& world, QueueConfig config)
    : core_(std::make_unique<Core>(world, std::move(config))) {}
TransferQueue::~TransferQueue() = default;

void TransferQueue::start(Journaled journaled) { core_->start(std::move(journaled)); }
void TransferQueue::add_observer(Observer& observer) { core_->observers.push_back(&observer); }
void TransferQueue::remove_observer(Observer& observer) { std::erase(core_->observers, &observer); }

void TransferQueue::submit(SendRequest request, Callback<void(SendOutcome)> done) {
  core_->submit(std::move(request), std::move(done));
}

std::unique_ptr<SendBatch> TransferQueue::open_batch(SendRequest request,
                                                     std::vector<SendOutcome::Problem>& problems) {
  auto batch = core_->open_batch(std::move(request), problems);
  if (!problems.empty()) return nullptr;
  return batch;
}

void TransferQueue::submit(std::unique_ptr<SendBatch> batch, Callback<void(SendOutcome)> done) {
  core_->enter(std::unique_ptr<Submission>(static_cast<Submission*>(batch.release())),
               std::move(done));
}

void TransferQueue::accept(JobId id, AcceptOptions options, Done done) {
  if (Job* job = core_->known(id, done))
    core_->offers.accept(*job, std::move(options), std::move(done));
}

void TransferQueue::decline(JobId id, Done done) {
  if (Job* job = core_->known(id, done)) core_->offers.decline(*job, std::move(done));
}

void TransferQueue::cancel(JobId id, Done done) {
  Job* job = core_->known(id, done);
  if (job == nullptr) return;
  const auto& record = job->now();
  if (is_terminal(record.state))
    return core_->refuse(std::move(done),
                         {Errc::BadState, "job " + std::to_string(id) + " is " +
                                              std::string(to_string(record.state)) +
                                              ": it can be removed, not cancelled"});
  record.direction == Direction::Out ? core_->sends.cancel(*job, std::move(done))
                                     : core_->offers.cancel(*job, std::move(done));
}

void TransferQueue::remove(JobId id, Done done) {
  Job* job = core_->known(id, done);
  if (job == nullptr) return;
  if (!is_terminal(job->shown()->state))
    return core_->refuse(std::move(done),
                         {Errc::BadState, "job " + std::to_string(id) + " is " +
                                              std::string(to_string(job->now().state)) +
                                              ": cancel it before it is removed"});
  core_->offers.forget(id);
  core_->book.remove({id}, std::move(done));
}

void TransferQueue::history(JobId id, Callback<void(Result<std::vector<HistoryEntry>>)> done) {
  if (core_->known(id, done)) core_->world.store.history(id, core_->alive.wrap(std::move(done)));
}

const JobRecord* TransferQueue::find(JobId id) const {
  const Job* job = core_->book.find(id);
  return job == nullptr ? nullptr : job->shown();
}
JobProgress TransferQueue::progress(JobId id) {
  const auto* record = find(id);
  return record == nullptr ? JobProgress{} : core_->watch.progress(*record);
}
Result<JobPage> TransferQueue::list(const JobFilter& filter, std::string_view cursor,
                                    std::size_t limit) const {
  return core_->book.list(filter, cursor, limit);
}
std::vector<JobId> TransferQueue::select(const JobFilter& filter) const {
  return core_->book.select(filter);
}

std::vector<JobId> TransferQueue::active_jobs() const {
  const auto& moving = core_->book.index().moving();
  return {moving.begin(), moving.end()};
}
std::map<JobState, std::uint32_t> TransferQueue::counts() const {
  std::map<JobState, std::uint32_t> counts;
  for (int i = 0; i <= static_cast<int>(JobState::Cancelled); ++i) {
    const auto state = static_cast<JobState>(i);
    if (const auto count = core_->book.index().count(state); count > 0) counts[state] = count;
  }
  return counts;
}

std::uint64_t TransferQueue::generation() const { return core_->book.generation(); }
JobId TransferQueue::newest() const { return core_->book.newest(); }
bool TransferQueue::degraded() const { return core_->degraded(); }
std::vector<std::string> TransferQueue::problems() const {
  std::vector<std::string> words;
  if (!core_->book.writable()) words.push_back("journal-unwritable");
  if (core_->rows_lost) words.push_back("jobs-lost");
  return words;
}
const QueueConfig& TransferQueue::config() const { return core_->config; }
const std::vector<AcceptRule>& TransferQueue::rules() const {
  return core_->offers.policy().rules();
}
bool TransferQueue::knows(AccountId account, const Jid& peer) const {
  return core_->knows(account, peer);
}

void TransferQueue::set_config(QueueConfig config) {
  core_->config = std::move(config);
  core_->sends.wake();
}

Result<void> TransferQueue::set_rules(std::vector<AcceptRule> rules) {
  auto policy = AcceptPolicy::make(std::move(rules));
  if (!policy) return policy.error();
  core_->offers.set_policy(std::move(*policy));
  return {};
}

Result<void> TransferQueue::check_folders(const std::vector<AcceptRule>& rules) const {
  const auto folder_of = [this](const AcceptRule& rule) {
    return rule.folder.empty() ? core_->config.download_folder : rule.folder;
  };
  std::set<std::string> known;
  for (const auto& rule : this->rules()) known.insert(folder_of(rule));
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (const auto folder = folder_of(rules[i]); known.insert(folder).second)
      if (auto good = core_->world.files.check_folder(folder, kFolderPatience); !good)
        return Error{good.error().code, "rule " + std::to_string(i) + ": " + good.error().detail};
  return {};
}

void TransferQueue::on_offer(AccountId account, std::unique_ptr<IncomingOffer> offer) {
  core_->offers.on_offer(account, std::move(offer));
}

bool TransferQueue::on_withdrawn(AccountId account, const Withdrawal& what) {
  return core_->offers.on_withdrawn(account, what);
}

void TransferQueue::account_changed(AccountId account) {
  const auto* port = core_->world.accounts.find(account);
  if (port != nullptr && port->online()) return core_->sends.account_online(account);
  core_->offers.account_offline(account);
  core_->sends.wake();
}

void TransferQueue::account_removed(AccountId account) {
  core_->sends.account_removed(account);
  core_->offers.account_removed(account);
}

void TransferQueue::peer_changed(AccountId account, const Jid& bare) {
  core_->sends.peer_changed(account, bare.bare().str());
}

void TransferQueue::peer_gone(AccountId account, const Jid& full) {
  core_->offers.peer_gone(account, full);
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/callback.h"
#include "base/result.h"
#include "io/later.h"
#include "io/timer.h"
#include "model/job.h"
#include "negotiation/negotiator.h"
#include "transfer/accept_policy.h"
#include "transfer/account_port.h"
#include "transfer/job_filter.h"
#include "transfer/job_list.h"
#include "transfer/job_view.h"
#include "transfer/orders.h"
#include "transfer/queue_config.h"
#include "transfer/queue_world.h"
#include "transfer/slots.h"
#include "transfer/verb.h"
#include "transfer/wait.h"
#include "transfer/while_alive.h"

namespace xmppftd {

class OpenOffers;
class ProgressWatch;
class OutgoingJobs;
class Submissions;

/// Every file that goes out or comes in: takes orders, starts what may start, and remembers how it
/// ended. It is the border of this folder: whoever is above knows the queue and none of its parts,
/// so calls that it only passes on stand here too.
///
/// All on the core's loop. Whatever a reply or an observer tells is on disk by then. Callbacks come
/// exactly once and never before the call returns; not after the queue was destroyed. Destroying it
/// cancels what runs without touching the records: they go on after the next start().
class TransferQueue final : public AccountEvents, private JobList::Reader {
 public:
  /// Who hears of changes. Calls come from the loop, never from inside a call to the queue.
  class Observer {
   public:
    /// A job is new, or something about it changed other than its progress.
    virtual void on_job_changed(const JobView& job) = 0;
    virtual void on_job_removed(JobId id) = 0;
    /// degraded() or problems() changed.
    virtual void on_degraded_changed(bool degraded) = 0;

   protected:
    ~Observer() = default;
  };

  TransferQueue(const QueueWorld& world, QueueConfig config);
  TransferQueue(const TransferQueue&) = delete;
  TransferQueue& operator=(const TransferQueue&) = delete;
  ~TransferQueue();

  /// Takes over what the journal held: once, first. Finishes what was being published, queues what
  /// was running.
  void start(Journaled journaled);

  /// The observer outlives the queue or removes itself.
  void add_observer(Observer& observer);
  void remove_observer(Observer& observer);

  // Orders. `Done` errors name the job, its state and what can be done.
  using Done = OrderDone;
  /// All or nothing; the ids are on disk when `done` comes. Problems: BadJid, NoSuchAccount,
  /// FileMissing, Unreadable, NotRegularFile, BadFd, BadArgument, TooMany (more than 10,000 pairs),
  /// DiskFull, Io.
  void submit(SendRequest request, Callback<void(SendOutcome)> done);
  /// The same in parts: `request` without sources. Null: `problems` says why. The queue outlives
  /// the batch.
  std::unique_ptr<SendBatch> open_batch(SendRequest request,
                                        std::vector<SendOutcome::Problem>& problems);
  /// Queues all of a batch that was opened here. Problems: BadArgument (no files), DiskFull, Io.
  void submit(std::unique_ptr<SendBatch> batch, Callback<void(SendOutcome)> done);
  /// Takes an incoming offer; `done` comes once the decision is on disk and the answer under way.
  /// Errors: NoSuchJob, BadState, BadArgument (name, on_exists), FileMissing, UnsafeFolder,
  /// Unreadable, DiskFull, Exists, Io.
  void accept(JobId id, AcceptOptions options, Done done);
  /// kAccept: into the download folder, under the offered name. kDecline. kCancel: ends a job that
  /// has not ended; of an incoming offer it is kDecline. kRemove: takes a job that has ended off
  /// the list, or one in a state that is not ours. Errors: NoSuchJob, BadState (the verb does not
  /// fit, or the file is being put in place), those of accept().
  void act(const Verb& verb, JobId id, Done done);
  /// The story of a job. Errors: NoSuchJob, Io.
  void history(JobId id, Callback<void(Result<std::vector<HistoryEntry>>)> done);

  // Questions.
  /// Null when there is none.
  const JobRecord* find(JobId id) const;
  JobProgress progress(JobId id);
  /// Nothing of one that ended, or waits for nothing.
  Wait wait_of(JobId id) const;
  /// `limit` 1..1000. Errors: BadArgument (cursor, limit).
  Result<JobPage> list(const JobFilter& filter, std::string_view cursor, std::size_t limit) const;
  /// Every match, unpaged.
  std::vector<JobId> select(const JobFilter& filter) const;
  /// Jobs that are connecting, active or verifying: those whose progress may move.
  std::vector<JobId> active_jobs() const;
  std::map<JobState, std::uint32_t> counts() const;
  /// Goes up with every change that observers are told of.
  std::uint64_t generation() const;
  /// The newest id given out; 0 before the first.
  JobId newest() const;
  bool degraded() const;
  /// What is wrong, in words of Manager1.Problems.
  std::vector<std::string> problems() const;
  const QueueConfig& config() const;
  const std::vector<AcceptRule>& rules() const;

  // Settings. Running jobs keep what they started with.
  void set_config(QueueConfig config);
  /// Replaces all rules, or none on an error (AcceptPolicy::make).
  Result<void> set_rules(std::vector<AcceptRule> rules);
  /// An early word on rules that are about to be set: can files be received into those of their
  /// folders that no rule of today names? Errors: those of Files::check_folder(), naming the rule
  /// by its number. Waits for a disk, but not long.
  Result<void> check_folders(const std::vector<AcceptRule>& rules) const;

  // AccountEvents
  void on_offer(AccountId account, std::unique_ptr<IncomingOffer> offer) override;
  bool on_withdrawn(AccountId account, const Withdrawal& what) override;
  void on_ready(AccountId account, const Jid& peer) override;
  void account_changed(AccountId account) override;
  void account_removed(AccountId account) override;
  void peer_changed(AccountId account, const Jid& bare) override;
  void peer_gone(AccountId account, const Jid& full) override;
  bool knows(AccountId account, const Jid& peer) const override;

 private:
  /// The job, if the journal has it. If not, says so to `done` and takes it.
  template <class Answer>
  Job* known(JobId id, Answer& done);
  template <class Answer>
  void refuse(Answer done, Error why);
  void retire();
  const std::string& folder_of(const AcceptRule& rule) const;
  std::set<std::string> folders() const;
  std::optional<JobSample> sample(JobId id) const;
  void creeps(JobId id, bool slowly);
  void notify(const std::function<void(Observer&)>& news);
  // JobList::Reader
  void on_committed(const Job& job) override;
  void on_removed(JobId id) override;
  void on_writable_changed() override;

  const QueueWorld world_;
  QueueConfig config_;
  Later later_;
  JobList jobs_;
  Slots slots_;
  const std::unique_ptr<ProgressWatch> watch_;
  const std::unique_ptr<OpenOffers> offers_;
  const std::unique_ptr<OutgoingJobs> outgoing_;
  const std::unique_ptr<Submissions> submissions_;
  const std::map<const Verb*, std::function<void(Job&, Done)>> acts_;  ///< what each verb does
  std::vector<Observer*> observers_;
  bool rows_lost_ = false;
  std::unique_ptr<Timer> daily_;
  WhileAlive alive_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/callback.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "io/bulk.h"
#include "io/file.h"
#include "io/store.h"
#include "io/timer.h"
#include "model/job.h"
#include "negotiation/negotiator.h"
#include "transfer/accept_policy.h"
#include "transfer/account_port.h"
#include "transfer/job_filter.h"
#include "transfer/job_view.h"
#include "transfer/queue_config.h"

namespace xmppftd {

/// A file to send: a path, a descriptor, or both. With both the descriptor says which file is
/// meant; the path is what the client knows it by, and serves after a restart if it leads to the
/// same file here.
struct SendSource {
  std::string path{};  ///< absolute; "" = `fd` alone
  UniqueFd fd{};       ///< readable, regular; read from offset 0
  std::string name{};  ///< shown to the receiver; "" = the path's last part. Needed without a path
  /// keep `fd` while there is room, so that the job survives an unlink of the path
  bool keep_open = false;
};

/// What to send to whom: one job per (source, recipient), sources outermost.
struct SendRequest {
  std::vector<SendSource> sources;
  std::vector<std::string> recipients;  ///< JIDs as the user typed them
  AccountId account = 0;                ///< 0 = pick one for each recipient
  std::string batch;                    ///< add to this batch; "" = a new one
  std::string description;              ///< at most 1024 bytes
  int priority = 0;                     ///< -100..100, higher first
  std::vector<MethodChoice> methods;    ///< empty = the config's
};

/// Either ids or problems, never both.
struct SendOutcome {
  struct Problem {
    std::string subject;  ///< the path or JID at fault, "" when it is the request itself
    Error error;
  };
  std::string batch;
  std::vector<JobId> ids;
  std::vector<Problem> problems;  ///< every one there is, not only the first
  bool ok() const noexcept { return problems.empty(); }
};

/// An order to send that comes in parts, for a client can pass only few descriptors at a time.
/// Nothing is queued before TransferQueue::submit(), and nothing at all when this is destroyed
/// before. Callbacks as those of the queue.
class SendBatch {
 public:
  virtual ~SendBatch() = default;
  /// The name of the batch.
  virtual const std::string& name() const noexcept = 0;
  /// Opens and adds files; `done` gets all that is wrong with them. After a problem the batch is of
  /// no use. One call at a time.
  virtual void add(std::vector<SendSource> sources, Callback<void(SendOutcome)> done) = 0;
};

/// Where to put an accepted file.
struct AcceptOptions {
  std::string folder;     ///< absolute; "" = the download folder
  std::string name;       ///< one path component, taken as it is; "" = the offered name
  std::string on_exists;  ///< rename | fail | overwrite; "" = the config's
};

/// Every file that goes out or comes in: takes orders, starts what may start, and remembers how it
/// ended.
///
/// All on the core's loop. Whatever a reply or an observer tells is on disk by then (INTERFACE
/// section 2.4). Callbacks come exactly once and never before the call returns; not after the queue
/// was destroyed. Destroying it cancels what runs without touching the records: they go on after
/// the next start().
class TransferQueue {
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

  /// What it works with; all outlive the queue.
  struct World {
    AccountPorts& accounts;
    Store& store;
    Files& files;
    Bulk& bulk;
    Timers& timers;
  };

  TransferQueue(const World& world, QueueConfig config);
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
  using Done = Callback<void(Result<void>)>;
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
  /// Errors: NoSuchJob, BadState.
  void decline(JobId id, Done done);
  /// Ends a job that has not ended; of an incoming offer it is decline(). Errors: NoSuchJob,
  /// BadState (it has ended, or the file is being put in place).
  void cancel(JobId id, Done done);
  /// Takes a job that has ended off the list. Errors: NoSuchJob, BadState.
  void remove(JobId id, Done done);
  /// The story of a job. Errors: NoSuchJob, Io.
  void history(JobId id, Callback<void(Result<std::vector<HistoryEntry>>)> done);

  // Questions.
  /// Null when there is none.
  const JobRecord* find(JobId id) const;
  JobProgress progress(JobId id);
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
  /// Does a rule name this JID literally, or a live job concern it? Then its stanzas are answered.
  bool knows(AccountId account, const Jid& peer) const;

  // Settings. Running jobs keep what they started with.
  void set_config(QueueConfig config);
  /// Replaces all rules, or none on an error (AcceptPolicy::make).
  Result<void> set_rules(std::vector<AcceptRule> rules);
  /// An early word on rules that are about to be set: can files be received into those of their
  /// folders that no rule of today names? Errors: those of Files::check_folder(), naming the rule
  /// by its number. Waits for a disk, but not long.
  Result<void> check_folders(const std::vector<AcceptRule>& rules) const;

  // News from the accounts.
  /// A peer of `account` offers a file.
  void on_offer(AccountId account, std::unique_ptr<IncomingOffer> offer);
  /// A peer takes an offer back. False when nothing is known of it.
  bool on_withdrawn(AccountId account, const Withdrawal& what);
  /// It went online or offline.
  void account_changed(AccountId account);
  /// It is about to be destroyed: its jobs that have not ended are cancelled.
  void account_removed(AccountId account);
  /// Some resource of `bare` came, changed or went.
  void peer_changed(AccountId account, const Jid& bare);
  /// This resource went: its unanswered offers are withdrawn.
  void peer_gone(AccountId account, const Jid& full);

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace xmppftd

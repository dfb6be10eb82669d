// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "io/later.h"
#include "io/timer.h"
#include "negotiation/negotiator.h"
#include "transfer/job_list.h"
#include "transfer/job_view.h"
#include "transfer/kept_parts.h"
#include "transfer/orders.h"
#include "transfer/queue_config.h"
#include "transfer/queue_world.h"
#include "transfer/receive_attempt.h"
#include "transfer/room_watch.h"
#include "transfer/shares.h"
#include "transfer/slots.h"
#include "transfer/wait.h"

namespace xmppftd {

/// Incoming files that were accepted: brings them in, bounds how many of them rules took, and knows
/// a file again that its sender offers anew.
///
/// A job is in one of two places: `receiving_` (being accepted, coming in or being put in place) or
/// `waiting_` (Queued: the stream was lost, the sender may offer it again; Paused: the same, and
/// its folder has no room for it just now, or its disk cannot take it).
class IncomingJobs final : private ReceiveAttempt::Owner {
 public:
  using Done = OrderDone;
  /// Accepted by rules and not over, in all and of one bare JID. Each whose bytes come holds three
  /// descriptors.
  static constexpr std::size_t kByRules = 64;
  static constexpr std::size_t kByRulesPerPeer = 16;
  /// Lost streams of one bare JID whose sender is awaited; of more the oldest is given up.
  static constexpr std::size_t kAwaitedPerPeer = 100;

  class Owner {
   public:
    /// The place that was chosen for it cannot be used: the offer is as open as before. `reply` is
    /// the accept()'s, empty when a rule accepted.
    virtual void on_not_received(Job& job, std::unique_ptr<IncomingOffer> offer, Error why,
                                 Done reply) = 0;
    /// Rules may accept more. Comes from inside calls.
    virtual void on_room() = 0;

   protected:
    ~Owner() = default;
  };

  IncomingJobs(const QueueWorld& world, const QueueConfig& config, JobList& jobs, Later& later,
               Slots& slots, Owner& owner);
  ~IncomingJobs();

  /// Takes in what recovery left of a live or ended incoming job.
  void resume(Job& job);

  /// May a rule accept one more of this peer's?
  bool has_room(AccountId account, const Jid& peer) const;
  /// The record says where to. `reply`: of the user's accept(), comes once the answer is under way;
  /// empty = by a rule.
  void receive(Job& job, std::unique_ptr<IncomingOffer> offer, Done reply,
               ReceiveFile::Keep keep = ReceiveFile::Keep::Nothing);

  /// A rule took this offer, which was declined because its disk cannot take the file: the sender
  /// may come again.
  void await_disk(Job& job, const IncomingOffer& offer, const Error& why);

  /// The live job that this offer continues, doubles or replaces.
  Job* find_same(AccountId account, const Offer& offer) const;
  /// What becomes of such an offer.
  void offered_again(Job& same, std::unique_ptr<IncomingOffer> offer);
  /// False when nothing is known of it.
  bool on_withdrawn(AccountId account, const Withdrawal& what);

  void cancel(Job& job, Done done);
  /// `part`: the one to remove, if it is known.
  void end(Job& job, JobState state, JobReason reason, const Error& why,
           std::shared_ptr<PartFile> part = nullptr, JobList::Then then = {});
  /// The job is about to leave the list.
  void forget(Job& job);
  /// See KeptParts::sweep().
  void sweep(std::set<std::string> folders) { parts_.sweep(std::move(folders)); }

  /// A running job moves too slowly to hold a slot, or no longer so.
  void creeps(JobId id, bool slowly);
  /// None when it does not run.
  std::optional<JobSample> sample(JobId id) const;
  Wait wait_of(JobId id) const;

 private:
  /// The sender's session that a job came of last.
  struct Source {
    std::string peer;  ///< full
    std::string sid;
    /// is of our kind: says what becomes of it, and is told what becomes of it here; else null
    Negotiator* negotiator = nullptr;
  };
  struct Receiving {
    std::unique_ptr<ReceiveAttempt> attempt;
    Done reply;
    Source source;
    std::uint64_t turn = 0;  ///< who came first has the first right to the disk's room
    Shares::Lease room;
    Slots::Lease slot;  ///< once the stream is open
  };
  struct Waiting {
    std::unique_ptr<Timer> timer;
    Source source;
    Timers::Clock::time_point until;
  };

  static std::string share_of(AccountId account, const Jid& peer);
  static Source source_of(const IncomingOffer& offer);
  IncomingOffer::Terms terms_for(const Job& job, const Jid& peer) const;
  std::unique_ptr<ReceiveAttempt> make_attempt(Job& job);
  void answer(Receiving& entry, Error why);
  void wait_for_sender(Job& job, Source source, std::chrono::seconds within);
  void pause(Job& job, Source source, const Error& why);
  void watch_room(const Job& job);
  void there_is_room(JobId id, unsigned look);
  void part_lost(JobId id);
  void give_up_oldest(const Job& newest);
  ReceiveFile::Keep what_to_keep(const Job& job, const Offer& again);

  // ReceiveAttempt::Owner
  std::uint64_t keep_free(JobId id) const override;
  void on_receive_begun(JobId id) override;
  void on_receive_moves(JobId id, bool moves) override;
  void on_receive_refused(JobId id, std::unique_ptr<IncomingOffer> offer, Error why) override;
  void on_receive_ended(JobId id, Result<void> how) override;

  QueueWorld world_;
  const QueueConfig& config_;
  JobList& jobs_;
  Later& later_;
  Slots& slots_;
  Owner& owner_;
  Shares by_rules_;
  std::map<JobId, Receiving> receiving_;
  std::uint64_t turns_ = 0;  ///< given so far
  std::map<JobId, Waiting> waiting_;
  RoomWatch room_;  ///< for those that are Paused
  /// whom its look of that number found ready: who has many files hears once
  std::pair<unsigned, std::set<std::pair<AccountId, std::string>>> told_;
  KeptParts parts_;
  std::set<JobId> failed_once_;  ///< our disk did, after it was seen to be good
  WhileAlive alive_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "io/later.h"
#include "io/timer.h"
#include "transfer/job_list.h"
#include "transfer/job_view.h"
#include "transfer/orders.h"
#include "transfer/queue_config.h"
#include "transfer/queue_world.h"
#include "transfer/send_file.h"
#include "transfer/send_lanes.h"
#include "transfer/slots.h"
#include "transfer/verdict.h"

namespace xmppftd {

/// Outgoing files: starts the first ones of the lanes while a slot is free and their peer has not
/// its share of them, and says what becomes of one that failed.
///
/// A job waits in its lane, or stands aside in a backoff of its own, or runs. Several at a time go
/// only to our own kind: other programs ask their user about each file, and were written for one
/// after the other.
class OutgoingJobs final : private SendFile::Owner, private SendLanes::Owner {
 public:
  /// Refusals in a row after which a job lets others of its lane try: the peer may have room for
  /// them.
  static constexpr unsigned kAskedInARow = 3;
  /// An attempt that failed this shortly before our session did failed with it: it takes so long
  /// until a silent server is noticed, and at its end we may hear of the peer's session first.
  static constexpr std::chrono::minutes kSameTrouble{2};

  OutgoingJobs(const QueueWorld& world, const QueueConfig& config, JobList& jobs, Later& later,
               Slots& slots);
  ~OutgoingJobs();

  /// Takes in a queued job, new or from the journal. `held`: its open source, when it has no path.
  void adopt(Job& job, std::shared_ptr<OpenFile> held);
  void cancel(Job& job, OrderDone done);
  /// Looks for jobs to start, on the next turn of the loop.
  void wake();

  SendLanes& lanes() noexcept { return lanes_; }
  void account_offline(AccountId account);
  /// The peer may take by now what it had no room for.
  void peer_ready(AccountId account, const Jid& peer);
  void account_removed(AccountId account);
  /// A running job moves too slowly to hold a slot, or no longer so.
  void creeps(JobId id, bool slowly);

  /// None when it does not run.
  std::optional<JobSample> sample(JobId id) const;
  Wait wait_of(const Job& job) const;

 private:
  using Clock = Timers::Clock;
  struct Refused {
    unsigned times = 0;
    Clock::time_point since;  ///< the first time
    bool ours = false;        ///< the last time it was our own system that could not
  };
  /// What is known of a job beside its record, through all its attempts.
  struct Memory {
    std::shared_ptr<OpenFile> held;  ///< its source, when it has no path
    std::unique_ptr<Timer> backoff;  ///< runs until it lines up again
    std::optional<Refused> refused;  ///< it was told "not now", and nothing else since
    /// of earlier attempts: its receiver waits for the next one
    std::unique_ptr<SendFile::HeldOffer> held_offer;
    std::vector<std::string> left_out;  ///< methods that its last attempt did without, and why
    unsigned fruitless = 0;             ///< attempts that failed since the peer had more of it,
    Clock::time_point charged_at{};     ///< the last one at this time
    std::uint64_t furthest = 0;         ///< the last byte from which it went on so far
    bool empty() const noexcept {
      return !held && !backoff && !refused && !held_offer && left_out.empty() && fruitless == 0 &&
             furthest == 0;
    }
  };
  struct Running {
    Memory memory;
    SendLanes::Key lane;
    Slots::Lease slot;
    SendLanes::Look look;
    std::unique_ptr<SendFile> file;
    bool ready = false;                ///< to be offered
    Clock::time_point answer_until{};  ///< once it was
  };

  void pass();
  bool has_running(const SendLanes::Key& key) const;
  bool has_share(const SendLanes::Key& key, JobId first) const;
  void start(SendLanes::Started next);
  void offer_in_turn(const SendLanes::Key& key);
  Memory& memory_of(JobId id);
  void give_up(Job& job, const Error& absent);
  Verdict verdict_on(const Job& job, const Error& why, bool offered) const;
  void await_peer(Job& job, Running& running, const Error& why);
  void await_account(Job& job, bool offered);
  void ask_again(Job& job, const SendLanes::Key& key, bool offered, const Error& why);
  void try_later(Job& job, std::chrono::milliseconds delay);
  void try_now(JobId id);
  std::chrono::milliseconds delay_after(unsigned times, std::chrono::milliseconds first);
  void end(Job& job, JobState state, JobReason reason, const Error& why, JobList::Then then = {});
  void withdraw(const Job& job, const SendFile::HeldOffer& open);

  // SendFile::Owner
  void on_send_planned(JobId id, const std::vector<SendPlan::LeftOut>& left_out) override;
  void on_send_ready(JobId id) override;
  void on_send_offered(JobId id) override;
  void on_send_accepted(JobId id) override;
  void on_send_moves(JobId id, bool moves) override;
  void on_send_ended(JobId id, Result<void> how) override;
  // SendLanes::Owner
  void on_lanes_changed() override { wake(); }
  void on_peer_never_came(Job& job, const Error& absent) override { give_up(job, absent); }
  std::chrono::milliseconds pause_after(unsigned times) override;

  const QueueWorld world_;
  const QueueConfig& config_;
  JobList& jobs_;
  Later& later_;
  Slots& slots_;
  SendLanes lanes_;
  std::map<JobId, Memory> memories_;  ///< of jobs that do not run, where there is something
  std::map<JobId, Running> running_;
  std::minstd_rand dice_{std::random_device{}()};
  bool awake_ = false;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "io/later.h"
#include "io/timer.h"
#include "transfer/account_port.h"
#include "transfer/job_book.h"
#include "transfer/orders.h"
#include "transfer/queue_config.h"
#include "transfer/queue_world.h"
#include "transfer/send_file.h"
#include "transfer/slots.h"
#include "transfer/verdict.h"

namespace xmppftd {

/// Outgoing files: decides which one starts when a slot is free, and what becomes of one that
/// failed.
///
/// Queued jobs stand in lanes, one for each (account, peer as asked for, methods), by priority and
/// then by age. The jobs of a lane have in common what the lane waits for: a peer that is not
/// there, or has nothing that takes files, or says "not now". Then one of them at a time goes and
/// looks; whatever becomes of that one, the lane learns of it, and where nothing was learnt the
/// next one looks. A job in backoff of its own stands aside until its time. The best head of a lane
/// starts while a slot is free and its peer has not its share of them. The offers of a lane go out
/// in the order in which its jobs started, however long each takes to be opened. Several at a time
/// go only to our own kind: other programs ask their user about each file, and were written for one
/// after the other.
class SendDesk final : private SendFile::Owner {
 public:
  using Done = OrderDone;
  /// Refusals in a row after which a job lets others of its lane try: the peer may have room for
  /// them.
  static constexpr unsigned kAskedInARow = 3;

  SendDesk(const QueueWorld& world, const QueueConfig& config, JobBook& book, Later& later,
           Slots& slots);
  ~SendDesk();

  /// Takes in a queued job, new or from the journal. `held`: its open source, when it has no path.
  void adopt(Job& job, std::shared_ptr<OpenFile> held);
  void cancel(Job& job, Done done);
  /// Looks for jobs to start, on the next turn of the loop.
  void wake();

  /// Peers that were away before we were may be back.
  void account_online(AccountId account);
  void account_removed(AccountId account);
  void peer_changed(AccountId account, std::string_view bare);
  /// A running job moves too slowly to hold a slot, or no longer so.
  void creeps(JobId id, bool slowly);

  std::optional<std::uint64_t> transferred(JobId id) const;

 private:
  using Clock = Timers::Clock;
  using Place = std::pair<int, JobId>;  ///< -priority, id: the first one starts first
  struct LaneKey {
    AccountId account;
    std::string peer;     ///< as asked for
    std::string methods;  ///< "" = the config's
    friend auto operator<=>(const LaneKey&, const LaneKey&) = default;
  };
  struct Lane {
    std::set<Place> jobs;
    /// of jobs that run and have not been offered, in the order they started
    std::deque<JobId> turns;
    /// why the peer cannot be sent anything, when it was looked for last
    std::optional<Error> absent;
    bool look = false;  ///< look for it again, with the first job
    std::unique_ptr<Timer> look_again;
    unsigned refusals = 0;         ///< "not now", one after another
    std::unique_ptr<Timer> pause;  ///< runs until it is asked again, which is at
    Clock::time_point paused_until{};
    JobReason reason = JobReason::None;  ///< of its jobs, but for
    std::vector<JobId> fresh;            ///< these, whose reason may not fit,
    std::optional<Place> stale;          ///< and those from here on
    void all_stale() {
      fresh.clear();
      stale = Place{std::numeric_limits<int>::min(), 0};
    }
  };
  /// A job's look for the peer of its lane. One that ends without a finding leaves the looking to
  /// the next job.
  class Look {
   public:
    Look() = default;
    Look(SendDesk& desk, LaneKey lane) : desk_(&desk), lane_(std::move(lane)) {}
    Look(Look&& other) noexcept
        : desk_(std::exchange(other.desk_, nullptr)), lane_(std::move(other.lane_)) {}
    Look& operator=(Look&& other) noexcept {
      std::swap(desk_, other.desk_);
      std::swap(lane_, other.lane_);
      return *this;
    }
    ~Look() {
      if (desk_ != nullptr) desk_->looked_in_vain(lane_);
    }
    void found() { desk_ = nullptr; }

   private:
    SendDesk* desk_ = nullptr;
    LaneKey lane_;
  };
  struct Running {
    std::unique_ptr<SendFile> file;
    LaneKey lane;
    Slots::Lease slot;
    Look look;
    bool ready = false;  ///< to be offered
  };
  struct Refused {
    unsigned times;
    Clock::time_point since;
    bool ours = false;  ///< our own system could not
  };

  static LaneKey lane_of(const Job& job);
  void line_up(Job& job);
  void pass();
  JobReason reason_for(const LaneKey& key, const Lane& lane) const;
  void set_reasons();
  bool set_reason(JobId id, const Lane& lane);
  void start_some();
  bool is_ready(const LaneKey& key, const Lane& lane) const;
  void start(std::map<LaneKey, Lane>::iterator lane);
  bool has_running(const LaneKey& key) const;
  bool has_share(const LaneKey& key, const Lane& lane) const;
  void offer_in_turn(Lane& lane);
  void looked_in_vain(const LaneKey& key);
  void look_later(const LaneKey& key, Lane& lane);
  void look_again(LaneKey key);
  void give_up(Job& job, const Error& absent);
  Verdict verdict_on(const Job& job, const Error& why, bool offered) const;
  void await_peer(Job& job, Running& running, const Error& why);
  void await_account(Job& job, bool offered);
  void took(JobId id, const LaneKey& key);
  void ask_again(Job& job, const LaneKey& key, bool offered, const Error& why);
  void pause(const LaneKey& key, Lane& lane);
  void try_later(Job& job, std::chrono::milliseconds delay);
  void try_now(JobId id);
  std::chrono::milliseconds delay_after(unsigned times, std::chrono::milliseconds first);
  void end(Job& job, JobState state, JobReason reason, const Error& why, JobBook::Then then = {});
  void withdraw(const Job& job);

  // SendFile::Owner
  void on_send_ready(JobId id) override;
  void on_send_offered(JobId id) override;
  void on_send_accepted(JobId id) override;
  void on_send_moves(JobId id, bool moves) override;
  void on_send_ended(JobId id, Result<void> how) override;

  QueueWorld world_;
  const QueueConfig& config_;
  JobBook& book_;
  Later& later_;
  Slots& slots_;
  std::map<LaneKey, Lane> lanes_;
  std::map<JobId, std::unique_ptr<Timer>> backoff_;
  std::map<JobId, Running> running_;
  std::map<JobId, std::shared_ptr<OpenFile>> held_;
  std::map<JobId, Clock::time_point> deadlines_;  ///< when a job whose peer is awaited fails
  /// of earlier attempts: their receivers wait for the next one
  std::map<JobId, SendFile::OpenOffer> open_offers_;
  std::map<JobId, Refused> refused_;  ///< jobs that were told "not now" and nothing else since
  std::minstd_rand dice_{std::random_device{}()};
  bool awake_ = false;
  bool telling_ = false;  ///< why jobs wait: on the way to the disk
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "io/timer.h"
#include "transfer/account_port.h"
#include "transfer/job_book.h"
#include "io/later.h"
#include "transfer/queue.h"
#include "transfer/queue_config.h"
#include "transfer/send_file.h"

namespace xmppftd {

/// Outgoing files: decides which one starts when a slot is free, and what becomes of one that failed.
///
/// Queued jobs stand in lanes, one for each (account, peer as asked for), by priority and then by age; a peer that is not
/// there stops its lane, not its jobs one by one. A job in backoff stands aside until its time. The best head of a lane
/// starts while a slot is free and its peer has not its share of them.
class SendDesk final : private SendFile::Owner {
 public:
  using Done = TransferQueue::Done;
  class Owner {
   public:
    /// Slots that incoming jobs hold, and slots held by streams too slow to count.
    virtual std::size_t slots_elsewhere() const = 0;
    virtual bool is_slow(JobId id) const = 0;

   protected:
    ~Owner() = default;
  };

  SendDesk(const TransferQueue::World& world, const QueueConfig& config, JobBook& book, Later& later, Owner& owner);
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

  std::optional<std::uint64_t> transferred(JobId id) const;

 private:
  using Clock = Timers::Clock;
  using LaneKey = std::pair<AccountId, std::string>;  ///< peer as asked for
  using Place = std::pair<int, JobId>;                ///< -priority, id: the first one starts first
  struct Lane {
    std::set<Place> jobs;
    bool absent = false;                ///< the peer was looked for and not found
    bool look = false;                  ///< look again with the first job
    bool fresh = false;                 ///< has jobs whose reason may not fit
    JobReason reason = JobReason::None; ///< of all its jobs
    std::unique_ptr<Timer> look_again;
  };
  struct Running {
    std::unique_ptr<SendFile> file;
    LaneKey lane;
  };

  static LaneKey lane_of(const Job& job);
  void line_up(Job& job);
  void pass();
  JobReason reason_for(const LaneKey& key, const Lane& lane) const;
  void set_reasons();
  void start_some();
  void start(std::map<LaneKey, Lane>::iterator lane);
  bool has_share(const LaneKey& key) const;
  void look_later(const LaneKey& key, Lane& lane);
  void look_again(LaneKey key);
  void try_later(Job& job, std::chrono::milliseconds delay);
  void try_now(JobId id);
  void end(Job& job, JobState state, JobReason reason, const Error& why, JobBook::Then then = {});

  // SendFile::Owner
  void on_send_offered(JobId id) override;
  void on_send_ended(JobId id, Result<void> how) override;

  TransferQueue::World world_;
  const QueueConfig& config_;
  JobBook& book_;
  Later& later_;
  Owner& owner_;
  std::map<LaneKey, Lane> lanes_;
  std::map<JobId, std::unique_ptr<Timer>> backoff_;
  std::map<JobId, Running> running_;
  std::map<JobId, std::shared_ptr<OpenFile>> held_;
  std::map<JobId, Clock::time_point> deadlines_;  ///< when a job whose peer is awaited fails
  std::minstd_rand dice_{std::random_device{}()};
  bool awake_ = false;
};

}  // namespace xmppftd

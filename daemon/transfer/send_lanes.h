// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/timer.h"
#include "transfer/job_list.h"
#include "transfer/queue_config.h"
#include "transfer/queue_world.h"
#include "transfer/wait.h"

namespace xmppftd {

/// Where outgoing jobs wait to be started.
///
/// They stand in lanes, one for each (account, peer as asked for, methods), by priority and then by
/// age. The jobs of a lane have in common what the lane waits for: a peer that is not there, or has
/// nothing that takes files, or says "not now". Then one of them at a time goes and looks; whatever
/// becomes of that one, the lane learns of it, and where nothing was learnt the next one looks. The
/// offers of a lane go out in the order in which its jobs started, however long each takes to be
/// opened: each started job has a turn.
class SendLanes {
 public:
  using Clock = Timers::Clock;
  struct Key {
    AccountId account;
    std::string peer;     ///< as asked for
    std::string methods;  ///< "" = the config's
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  static Key key_of(const Job& job);

  class Owner {
   public:
    /// Something may start, or be offered. Comes from inside calls.
    virtual void on_lanes_changed() = 0;
    /// The peer did not appear in time: end the job.
    virtual void on_peer_never_came(Job& job, const Error& absent) = 0;
    /// How long to wait after "not now" number `times`.
    virtual std::chrono::milliseconds pause_after(unsigned times) = 0;

   protected:
    ~Owner() = default;
  };

  /// A job's look for the peer of its lane. One that ends without a finding leaves the looking to
  /// the next job.
  class Look {
   public:
    Look() = default;
    Look(SendLanes& lanes, Key key) : lanes_(&lanes), key_(std::move(key)) {}
    Look(Look&& other) noexcept
        : lanes_(std::exchange(other.lanes_, nullptr)), key_(std::move(other.key_)) {}
    Look& operator=(Look&& other) noexcept {
      std::swap(lanes_, other.lanes_);
      std::swap(key_, other.key_);
      return *this;
    }
    ~Look() {
      if (lanes_ != nullptr) lanes_->looked_in_vain(key_);
    }
    void found() { lanes_ = nullptr; }

   private:
    SendLanes* lanes_ = nullptr;
    Key key_;
  };

  SendLanes(const QueueWorld& world, const QueueConfig& config, JobList& jobs, Owner& owner);
  SendLanes(const SendLanes&) = delete;
  SendLanes& operator=(const SendLanes&) = delete;

  /// A queued job waits from now on.
  void line_up(Job& job);
  /// The same for one that says itself why it waits, until the lane's pause is over.
  void line_up_silently(const Job& job);
  /// The same for one whose peer was awaited before a restart.
  void line_up_awaiting(Job& job);
  /// It ended.
  void leave(const Job& job);

  /// The job that shall start: of the lanes that wait for nothing but a slot the one with the best
  /// first job. It has a turn from now on. None when there is none that `has_share` lets start.
  struct Started {
    JobId id;
    Key key;
    Look look;
  };
  std::optional<Started> start_next(
      const std::function<bool(const Key& key, JobId first)>& has_share);
  /// Whose turn it is to be offered: the first one started that was not.
  std::optional<JobId> turn(const Key& key) const;
  void end_turn(const Key& key, JobId id);
  std::vector<Key> keys_with_turns() const;

  /// The peer of the lane is there: a job was offered to it.
  void peer_found(const Key& key, JobId id);
  /// It is not, for that reason. False: this job waited for it long enough.
  bool peer_absent(const Key& key, JobId id, const Error& why);
  /// Looks for an absent peer again after a while, whatever its presence says.
  void look_later(const Key& key);

  /// The peer, or our own system, said "not now": the lane pauses, longer each time. Returns how
  /// long from now.
  std::chrono::milliseconds refused(const Key& key, const std::string& why);
  /// The last "not now" is over.
  void took(const Key& key);
  /// What this bare JID said "not now" to it may take by now.
  void peer_ready(AccountId account, std::string_view bare);
  /// Does a job wait in it?
  bool has_jobs(const Key& key) const;

  /// Peers that were away before the account was may be back.
  void account_online(AccountId account);
  /// Some resource of this bare JID came, changed or went.
  void peer_changed(AccountId account, std::string_view bare);

  /// Of a job that stands in a lane.
  Wait wait_of(const Job& job) const;

  /// Tells the jobs why they wait, where that changed: a slice of them, the next once that is on
  /// disk. A lane of thousands would hold up the loop, and need room for as many records three
  /// times.
  void tell_reasons();
  /// Lanes of which nothing is left to be known go. `has_running`: a job of that lane runs.
  void sweep(const std::function<bool(const Key&)>& has_running);
  /// Nothing is told to the owner any more.
  void close() { closed_ = true; }

 private:
  using Place = std::pair<int, JobId>;  ///< -priority, id: the first one starts first
  struct Lane {
    std::set<Place> jobs;
    std::deque<JobId> turns;      ///< of jobs that run and have not been offered
    std::optional<Error> absent;  ///< why the peer cannot be sent anything, when last looked for
    bool look = false;            ///< look for it again, with the first job
    std::unique_ptr<Timer> look_again;
    unsigned refusals = 0;         ///< "not now", one after another
    std::unique_ptr<Timer> pause;  ///< runs until it is asked again, which is at
    Clock::time_point paused_until{};
    std::string said;                    ///< the last "not now"
    JobReason reason = JobReason::None;  ///< of its jobs, but for
    std::vector<JobId> fresh;            ///< these, whose reason may not fit,
    std::optional<Place> stale;          ///< and those from here on
    void all_stale() {
      fresh.clear();
      stale = Place{std::numeric_limits<int>::min(), 0};
    }
  };

  void looked_in_vain(const Key& key);
  void look_now(Key key);
  void pause(const Key& key, Lane& lane);
  void end_pause(Lane& lane);
  void for_lanes_of(AccountId account, std::string_view bare,
                    const std::function<void(Lane& lane)>& act);
  void changed();
  JobReason reason_for(const Key& key, const Lane& lane) const;
  bool set_reason(JobId id, const Lane& lane);
  bool is_ready(const Key& key, const Lane& lane) const;

  const QueueWorld world_;
  const QueueConfig& config_;
  JobList& jobs_;
  Owner& owner_;
  std::map<Key, Lane> lanes_;
  std::map<JobId, Clock::time_point> deadlines_;  ///< when a job whose peer is awaited fails
  bool telling_ = false;                          ///< reasons are on the way to the disk
  bool closed_ = false;
};

}  // namespace xmppftd

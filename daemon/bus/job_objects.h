// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "bus/caller.h"
#include "bus/job_object.h"
#include "io/timer.h"

namespace xmppftd {

/// Which jobs are objects on the bus: the running ones, those a client asked for, and for a minute
/// those that ended since, the last 64 of them. An object costs some 5 kB and 10,000 of them a
/// second of listing, so the rest are rows reached by id.
class JobObjects {
 public:
  static constexpr std::chrono::seconds kLinger{60};
  static constexpr std::size_t kLingering = 64;
  static constexpr std::size_t kPinsPerClient = 256;

  JobObjects(sdbus::IConnection& connection, TransferQueue& queue, AccountPorts& accounts,
             Timers& timers, std::chrono::milliseconds progress_interval);

  /// The job is new or changed: its object appears, tells, or begins to linger.
  void changed(const JobView& job);
  void removed(JobId id);
  /// `client` wants the job's object until it leaves the bus; at most 256, the oldest goes. Throws
  /// what the bus library does where the object cannot be.
  void pin(JobId id, const Caller& client);
  void client_left(const Caller& client);

 private:
  struct Entry {
    std::unique_ptr<JobObject> object;
    std::set<Caller> clients;
    JobRecord told;                ///< the record as it was told last,
    std::uint64_t told_bytes = 0;  ///< and its bytes
    bool lingers = false;
  };
  struct Lingering {
    JobId id;
    Timers::Clock::time_point until;
  };
  Entry& ensure(JobId id);
  void linger(JobId id, Entry& entry);
  void end_lingering();
  void drop_if_unused(JobId id);
  void tell_progress();

  sdbus::IConnection& connection_;
  TransferQueue& queue_;
  AccountPorts& accounts_;
  Timers& timers_;
  const std::chrono::milliseconds progress_interval_;
  std::map<JobId, Entry> entries_;
  std::map<Caller, std::deque<JobId>> pins_;  // by client, oldest first
  std::deque<Lingering> lingering_;           // the first to go at the front
  std::unique_ptr<Timer> lingered_;           // for that one
  std::unique_ptr<Timer> progress_;           // runs while something is active
};

}  // namespace xmppftd

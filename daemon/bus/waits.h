// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <list>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bus/caller.h"
#include "bus/reply.h"
#include "io/timer.h"
#include "transfer/queue.h"

namespace xmppftd {

/// WaitJobs calls that have not been answered yet.
class Waits {
 public:
  using Row = sdbus::Struct<std::uint64_t, std::string, std::string>;
  using Reply = xmppftd::Reply<std::vector<Row>>;
  static constexpr std::size_t kPerClient = 64;

  Waits(TransferQueue& queue, Timers& timers) : queue_(queue), timers_(timers) {}

  /// Answers at once when it is true already. Throws sdbus::Error, and leaves the reply, on
  /// NoSuchJob, TooMany, InvalidArgs.
  void add(Reply& reply, std::vector<JobId> ids, const std::string& until,
           std::chrono::microseconds timeout, const Caller& client);
  void job_changed(JobId id);
  void client_left(const Caller& client);

 private:
  enum class Until { Finished, AnyFinished, Started };
  struct Wait {
    Reply reply;
    std::vector<JobId> ids;
    std::set<JobId> set;  ///< those that still count
    Until until;
    Caller client;
    std::unique_ptr<Timer> timer;
  };
  bool is_finished(JobId id) const;
  bool is_over(Wait& wait, JobId changed) const;
  bool is_over(const Wait& wait) const;
  void answer(Wait& wait);

  TransferQueue& queue_;
  Timers& timers_;
  std::list<Wait> waits_;
};

}  // namespace xmppftd

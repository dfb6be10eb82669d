// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "bus/reply.h"
#include "io/timer.h"
#include "transfer/queue.h"
#include "transfer/while_alive.h"

namespace xmppftd {

/// ControlJobs calls under way. Each goes through its jobs in slices, the next once the last is on
/// disk: a long list neither holds up the loop nor piles up orders to the journal.
class Controls {
 public:
  using Row = sdbus::Struct<std::uint64_t, std::string, std::string>;
  using Reply = xmppftd::Reply<std::vector<std::uint64_t>, std::vector<Row>>;
  static constexpr std::size_t kSlice = 128;

  Controls(TransferQueue& queue, Timers& timers) : queue_(queue), timers_(timers) {}
  /// Callers of what is still under way hear how far it came.
  ~Controls();

  /// Answers once all is on disk. Jobs chosen by something other than their ids and in a state
  /// that the verb does not fit, or that is not ours, are passed over.
  void add(Reply&& reply, const Verb& verb, const JobFilter& filter);

 private:
  struct Control {
    Reply reply;
    const Verb* verb;
    bool by_id;
    std::vector<JobId> left;  ///< the next at the end
    std::size_t awaited = 0;  ///< of the slice, not on disk yet
    std::vector<std::uint64_t> changed;
    std::vector<Row> failed;
    std::unique_ptr<Timer> next;
  };
  using Place = std::list<Control>::iterator;
  void begin_slice(Place control);
  bool act(Place control, JobId id);
  void acted(Place control, JobId id, const Result<void>& how);
  void later(Place control);
  void answer(Place control);

  TransferQueue& queue_;
  Timers& timers_;
  std::list<Control> controls_;
  WhileAlive alive_;
};

}  // namespace xmppftd

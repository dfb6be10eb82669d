// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>

#include "io/timer.h"
#include "model/job.h"
#include "transfer/queue_config.h"

namespace xmppftd {

/// Bounds how many jobs are busy at a time (limits.max_active). Whoever runs a job holds a lease
/// for as long, and however the lease ends, the next job may start.
///
/// What counts is work, not patience. A job that sends counts while its bytes move and for a moment
/// after each of its steps; while it waits for somebody (a peer that is asked what it can do, a
/// user who thinks, a receiver that checks) or its bytes only creep, it holds no slot. A job that
/// receives counts while its bytes move. However many of those there are, some slots are for
/// sending only: whom we send to must not wait for whoever sends to us.
class Slots {
 public:
  /// How long a sending job that waits for somebody keeps the next one waiting.
  static constexpr std::chrono::milliseconds kPatience{500};
  /// Sending jobs at a time, whether they count or not: each has a file open.
  static constexpr std::size_t kMaxSending = 50;

 private:
  struct Entry {
    Direction direction;
    bool moves;
    bool creeps;
    Timers::Clock::time_point since;  ///< its last step
  };

 public:
  class Lease {
   public:
    Lease() = default;  ///< of nothing
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();
    /// Its bytes move from now on.
    void busy();
    /// It waits for somebody from now on.
    void idle();
    /// Its bytes move too slowly to count, or no longer so.
    void creeps(bool slowly);

   private:
    friend class Slots;
    Lease(Slots& slots, std::list<Entry>::iterator entry) : slots_(&slots), entry_(entry) {}
    void step(bool moves);
    Slots* slots_ = nullptr;
    std::list<Entry>::iterator entry_;
  };

  /// `config` outlives it. `freed`: a sending job may be able to start now; comes from inside
  /// calls.
  Slots(Timers& timers, const QueueConfig& config, std::function<void()> freed);
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  /// Of a job that begins, waiting.
  [[nodiscard]] Lease take(Direction direction);
  /// May one more sending job start? If not, `freed` will come.
  bool may_send();
  /// `freed` is not called any more.
  void close() { freed_ = nullptr; }

 private:
  bool counts(const Entry& entry) const;
  void notify();

  Timers& timers_;
  const QueueConfig& config_;
  std::function<void()> freed_;
  std::list<Entry> live_;
  std::unique_ptr<Timer> patience_;
};

}  // namespace xmppftd

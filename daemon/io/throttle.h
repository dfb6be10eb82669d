// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>

namespace xmppftd {

/// A limit in bytes per second that any number of moves may share: a token bucket, 50 ms deep. Who
/// has moved a piece pays for it and is told its next turn. Turns follow each other in the order in
/// which they were given out, so all that share a throttle go round, a piece each. Any thread.
class Throttle {
 public:
  using Clock = std::chrono::steady_clock;

  /// 0 = no limit.
  explicit Throttle(std::uint64_t bytes_per_second = 0) : rate_(bytes_per_second) {}

  /// Takes effect at once: a turn that was given under another rate has come. 0 = no limit.
  void set_rate(std::uint64_t bytes_per_second);
  std::uint64_t rate() const noexcept { return rate_.load(std::memory_order_relaxed); }

  struct Turn {
    Clock::time_point at = Clock::time_point::min();
    std::uint64_t change = 0;  ///< of the rate, that it was given after
  };
  /// `bytes` were moved: when may the same one move more?
  Turn pay(std::uint64_t bytes, Clock::time_point now);
  /// When the turn comes or came.
  Clock::time_point due(const Turn& turn) const noexcept {
    return turn.change == changes_.load(std::memory_order_relaxed) ? turn.at
                                                                   : Clock::time_point::min();
  }

 private:
  std::atomic<std::uint64_t> rate_;
  std::atomic<std::uint64_t> changes_{0};
  std::mutex mutex_;
  Clock::time_point paid_until_ = Clock::time_point::min();  // guarded by mutex_
};

/// The pace of one move: a limit of its own, and one that it shares. Belongs to the thread that
/// moves; only the limits are changed from elsewhere.
class Pace {
 public:
  using Clock = Throttle::Clock;
  /// Who waits for its turn looks again after this time at the latest, for a limit may have
  /// changed.
  static constexpr std::chrono::milliseconds kLookAgain{50};

  Pace() = default;
  /// Either may be null: no limit.
  Pace(std::shared_ptr<Throttle> own, std::shared_ptr<Throttle> shared)
      : own_{std::move(own), {}}, shared_{std::move(shared), {}} {}

  /// Nothing may be moved before.
  Clock::time_point due() const noexcept;
  /// How many bytes to move at a time: no more than `most`, and than what both limits let through
  /// in 50 ms, but at least one byte of `most`.
  std::uint64_t piece(std::uint64_t most) const noexcept;
  void pay(std::uint64_t bytes, Clock::time_point now);

 private:
  struct Limit {
    std::shared_ptr<Throttle> throttle;  // shared with whoever sets its rate
    Throttle::Turn turn;
  };
  Limit own_, shared_;
};

}  // namespace xmppftd

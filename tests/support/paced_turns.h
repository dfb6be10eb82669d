// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "io/bulk.h"
#include "io/timer.h"

namespace xmppftd::test {

/// What a block end was asked for, by doubles of BlockReader and BlockWriter: done in order, on
/// turns of the clock, each piece when the end's pace lets it.
class PacedTurns {
 public:
  /// While `held` says so nothing is done either, for another reason.
  PacedTurns(Timers& timers, const FileEnd& file, std::shared_ptr<Progress> progress,
             std::function<bool()> held = nullptr)
      : timers_(timers),
        limit_(std::make_shared<Throttle>(file.rate)),
        pace_(limit_, file.throttle),
        progress_(std::move(progress)),
        held_(std::move(held)) {}

  void set_rate(std::uint64_t bytes_per_second) { limit_->set_rate(bytes_per_second); }
  /// Reads or writes a block of so many bytes.
  void move(std::size_t size, Callback<void()> block) { add({size, std::move(block)}); }
  /// What moves no byte waits for its turn, but not for the pace.
  void end(Callback<void()> task) { add({0, std::move(task)}); }

 private:
  struct Piece {
    std::size_t size = 0;  // to be paid for
    Callback<void()> run;
  };
  void add(Piece piece) {
    waiting_.push_back(std::move(piece));
    await();
  }
  std::chrono::milliseconds delay() {
    if (held_ && held_()) return std::chrono::milliseconds(100);
    const auto now = timers_.now();
    const auto due = waiting_.front().size == 0 ? now : std::max(now, pace_.due());
    tell(due > now);
    return std::min(std::chrono::ceil<std::chrono::milliseconds>(due - now), Pace::kLookAgain);
  }
  void await() {
    if (timer_ || waiting_.empty()) return;
    timer_ = timers_.after(delay(), [this] {
      timer_.reset();
      if (delay() == delay().zero()) {
        auto piece = std::move(waiting_.front());
        waiting_.pop_front();
        if (piece.size > 0) pace_.pay(piece.size, timers_.now());
        const std::weak_ptr<char> alive = alive_;
        piece.run();
        if (alive.expired()) return;
      }
      await();
    });
  }
  void tell(bool throttled) {
    if (progress_) progress_->throttled = throttled;
  }

  Timers& timers_;
  const std::shared_ptr<Throttle> limit_;
  Pace pace_;
  const std::shared_ptr<Progress> progress_;
  const std::function<bool()> held_;
  std::deque<Piece> waiting_;
  std::unique_ptr<Timer> timer_;
  const std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace xmppftd::test

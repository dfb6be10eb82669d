// SPDX-License-Identifier: MIT
#include "data/block_work.h"

#include <algorithm>
#include <utility>

namespace xmppftd {

BlockWork::BlockWork(Worker& worker, Pace pace, std::shared_ptr<Progress> progress)
    : worker_(worker), pace_(std::move(pace)), progress_(std::move(progress)) {}

void BlockWork::move(Callback<std::uint64_t()> block) {
  waiting_.push_back({true, std::move(block)});
  go_on();
}

void BlockWork::end(Callback<void()> task) {
  waiting_.push_back({false, [task = std::move(task)]() mutable {
                        task();
                        return std::uint64_t{0};
                      }});
  go_on();
}

void BlockWork::drop() {
  waiting_.clear();
  tell(false);
}

void BlockWork::go_on() {
  while (!waiting_.empty() && !must_wait(waiting_.front(), Worker::Clock::now())) {
    auto piece = std::move(waiting_.front());
    waiting_.pop_front();
    if (const auto bytes = piece.run(); bytes > 0) pace_.pay(bytes, Worker::Clock::now());
  }
}

bool BlockWork::must_wait(const Piece& piece, Worker::Clock::time_point now) {
  const auto due = piece.paced ? pace_.due() : now;
  tell(due > now);
  if (due <= now) return false;
  if (!std::exchange(alarmed_, true))
    worker_.at(std::min(due, now + Pace::kLookAgain), [work = weak_from_this()] {
      if (const auto self = work.lock()) {
        self->alarmed_ = false;
        self->go_on();
      }
    });
  return true;
}

void BlockWork::tell(bool throttled) {
  if (std::exchange(throttled_, throttled) == throttled || progress_ == nullptr) return;
  progress_->throttled.store(throttled, std::memory_order_relaxed);
}

}  // namespace xmppftd

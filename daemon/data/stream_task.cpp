// SPDX-License-Identifier: MIT
#include "data/stream_task.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace xmppftd {

StreamTask::StreamTask(StreamParts parts, std::uint32_t interest, Clock::time_point now)
    : file_(std::move(parts.file.file)),
      reach_(std::move(parts.file.reach)),
      range_(parts.range),
      interest_(interest),
      socket_(std::move(parts.socket)),
      progress_(std::move(parts.progress)),
      digest_(std::move(parts.digest)),
      pace_(std::move(parts.pace)),
      moving_interest_(interest),
      stall_(parts.stall),
      answer_(std::move(parts.answer)) {
  ::fcntl(socket_.get(), F_SETFL, ::fcntl(socket_.get(), F_GETFL) | O_NONBLOCK);
  alive(now);
}

StreamTask::~StreamTask() {
  if (digest_ != nullptr) digest_->cancel();
}

std::uint64_t StreamTask::allowed(std::uint64_t most, Clock::time_point now) {
  if (const auto due = pace_.due(); due > now) {
    hold(now, std::min(due, now + Pace::kLookAgain));
    return 0;
  }
  set_throttled(false);
  interest_ = moving_interest_;
  return pace_.piece(most);
}

void StreamTask::hold(Clock::time_point now, Clock::time_point until) {
  set_throttled(true);
  alive(now);
  deadline_ = until;
  interest_ = EPOLLET;  // by edge, as an error or a hang-up, which come unasked, stay
}

void StreamTask::set_throttled(bool throttled) {
  if (std::exchange(throttled_, throttled) != throttled && progress_ != nullptr)
    progress_->throttled.store(throttled, std::memory_order_relaxed);
}

void StreamTask::advance(std::uint64_t bytes, Clock::time_point now) {
  moved_ += bytes;
  pace_.pay(bytes, now);
  if (progress_ != nullptr) progress_->bytes.store(moved_, std::memory_order_relaxed);
  if (digest_ != nullptr) digest_->reached(moved_);
}

Error StreamTask::stalled(std::string_view what) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(stall_).count();
  return {Errc::Timeout, std::string(what) + " for " + std::to_string(seconds) + " s, at " +
                             place_in(range_, moved_)};
}

void StreamTask::conclude(Result<void> how) {
  socket_.reset();
  if (!how) {
    answer_.give(std::move(how).error());
  } else if (digest_ == nullptr) {
    answer_.give(Moved{moved_, std::nullopt});
  } else {
    std::exchange(digest_, nullptr)
        ->finish([answer = std::move(answer_), moved = moved_](Result<Hash> hash) mutable {
          if (hash) {
            answer.give(Moved{moved, std::move(hash).value()});
          } else {
            answer.give(std::move(hash).error());
          }
        });
  }
}

Error socket_error(int error_number, std::string_view what) {
  switch (error_number) {
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ENOTCONN:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETRESET:
    case ENETDOWN:
      // No remedy: whether the file comes again is for those to say who know the job.
      return system_error(Errc::Interrupted, error_number, what, "");
    default: return system_error(error_number, what);
  }
}

}  // namespace xmppftd

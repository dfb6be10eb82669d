// SPDX-License-Identifier: MIT
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <memory>
#include <optional>

#include "data/answer.h"
#include "data/file_io.h"
#include "data/range_digest.h"
#include "io/bulk.h"

namespace xmppftd {

/// What a stream task is made of.
struct StreamParts {
  UniqueFd socket;  ///< connected; becomes non-blocking
  FileEnd file;
  ByteRange range;
  std::shared_ptr<Progress> progress;   ///< may be null
  std::shared_ptr<RangeDigest> digest;  ///< null when nobody will compare
  Pace pace;
  std::chrono::milliseconds stall;
  Answer<Moved> answer;
};

/// One file moving through one socket, on a worker's thread. The worker calls step() whenever the
/// socket is ready for `interest()` or `deadline()` has passed, and conclude() once a step gave the
/// end.
class StreamTask {
 public:
  using Clock = std::chrono::steady_clock;
  /// How the task ended, or nothing: it goes on.
  using Step = std::optional<Result<void>>;

  StreamTask(const StreamTask&) = delete;
  StreamTask& operator=(const StreamTask&) = delete;
  virtual ~StreamTask();

  /// Moves at most one quantum. Never blocks on the socket.
  virtual Step step(Clock::time_point now, Quantum& buffer) = 0;

  int socket() const noexcept { return socket_.get(); }
  std::uint32_t interest() const noexcept { return interest_; }
  Clock::time_point deadline() const noexcept { return deadline_; }

  /// Closes the socket, then tells core; with a digest once that is done.
  void conclude(Result<void> how);

 protected:
  StreamTask(StreamParts parts, std::uint32_t interest, Clock::time_point now);

  /// How many bytes to move now, `most` at most. 0 = none yet, for the pace is kept; until
  /// deadline() the socket is not looked at.
  std::uint64_t allowed(std::uint64_t most, Clock::time_point now);
  /// Leaves the socket alone until then. It is not up to the peer.
  void hold(Clock::time_point now, Clock::time_point until);
  /// `bytes` more of the range are through our side. Whether that is a sign of the peer's life, the
  /// caller knows.
  void advance(std::uint64_t bytes, Clock::time_point now);
  std::uint64_t left() const noexcept { return range_.length - moved_; }
  std::uint64_t position() const noexcept { return range_.offset + moved_; }
  int file() const noexcept { return file_->fd.get(); }

  /// Something in the kernel's queues moved, or it was not up to the peer: the stall timer starts
  /// anew.
  void alive(Clock::time_point now) noexcept { give_up_ = deadline_ = now + stall_; }
  /// "no byte was taken for 60 s".
  Error stalled(std::string_view what) const;

  const std::shared_ptr<OpenFile> file_;
  const std::shared_ptr<const Reach> reach_;  ///< may be null
  const ByteRange range_;
  std::uint64_t moved_ = 0;
  std::uint32_t interest_;
  Clock::time_point give_up_{};   ///< a Timeout, unless something moves
  Clock::time_point deadline_{};  ///< when to be called without the socket being ready

 private:
  void set_throttled(bool throttled);

  UniqueFd socket_;
  const std::shared_ptr<Progress> progress_;
  std::shared_ptr<RangeDigest> digest_;  ///< null once concluded
  Pace pace_;
  const std::uint32_t moving_interest_;
  bool throttled_ = false;
  const std::chrono::milliseconds stall_;
  Answer<Moved> answer_;
};

/// The other end or the network ended the connection. `what` says what we were doing. Errors:
/// Interrupted, or those of system_error() for what no peer can cause.
Error socket_error(int error_number, std::string_view what);

}  // namespace xmppftd

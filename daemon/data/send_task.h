// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "data/stream_task.h"

namespace xmppftd {

/// File to socket. The last 64 KiB are read, then the file is seen unchanged, and only then do they
/// leave, so the peer can never complete a mixed file.
///
///   Streaming -> Tail -> AwaitingClose (direct) -> Draining -> end
///                    \-> Draining (proxy) -> end
class SendTask final : public StreamTask {
 public:
  SendTask(StreamParts parts, StreamEnd end, Clock::time_point now);
  Step step(Clock::time_point now, Quantum& buffer) override;

 private:
  enum class State { Streaming, Tail, AwaitingClose, Draining };

  Step stream(Clock::time_point now);
  Step send_tail(Clock::time_point now);
  Step after_last_byte(Clock::time_point now);
  Step await_close(Clock::time_point now, Quantum& buffer);
  Step drain(Clock::time_point now);
  void start_draining(Clock::time_point now);
  /// The socket took nothing: goes on while the peer still acknowledges.
  Step wait(Clock::time_point now, std::string_view what);
  /// What it acknowledged since, and nothing else, is a sign of its life.
  void heed_peer(Clock::time_point now);
  /// Payload bytes in the kernel that the peer has not acknowledged.
  int unacknowledged() const noexcept;
  /// All bytes are with the peer. The file's content must not have moved until now: sendfile lends
  /// the socket the page cache's own pages.
  Result<void> handed_over();

  FileIdentity known_;  ///< the file as last seen
  const StreamEnd end_;
  State state_;
  std::vector<std::uint8_t> tail_;
  std::size_t tail_sent_ = 0;
  bool half_closed_ = false;
  std::uint64_t acknowledged_ = 0;  ///< bytes that the peer had taken at the last wait
  std::chrono::milliseconds poll_{
      1};  ///< between two looks at the send queue; no event tells that it is empty
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include "data/stream_task.h"

namespace xmppftd {

/// Socket to file. Nothing is ever written past the range; a byte beyond it fails the move,
/// and so does an end before it (NT2), unless the range is open.
class ReceiveTask final : public StreamTask {
 public:
  ReceiveTask(StreamParts parts, Clock::time_point now);
  Step step(Clock::time_point now, Quantum& buffer) override;

 private:
  Step receive(Clock::time_point now, Quantum& buffer);
  Step expect_end(Clock::time_point now);
  std::uint64_t within_reach() const noexcept;

  WriteBack write_back_;
  std::optional<Clock::time_point>
      end_by_;  ///< set when all is here: a peer that still says nothing then is done
};

}  // namespace xmppftd

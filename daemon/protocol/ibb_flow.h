// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/result.h"

// The flow of one In-Band Bytestream (XEP-0047) in one direction: sequence, window, end. No stanza,
// no clock, no file: events in, what to do next out.
namespace xmppftd {

/// The sending half: which block to read and send next, and when to close.
///
///   Sending -> Draining -> Closing -> Done
///      \__________\___________________> Failed
class IbbSender {
 public:
  enum class State {
    Sending,   ///< blocks are left to send
    Draining,  ///< all were sent, some await their acknowledgement
    Closing,   ///< all were acknowledged: send <close/>, or await its answer
    Done,
    Failed,
  };
  /// Bytes [offset, offset + size) of the range, under the number that acked() will name.
  struct Block {
    std::uint64_t number = 0;  ///< from 0, never wraps
    std::uint16_t seq = 0;     ///< the wire's: `number` modulo 65536
    std::uint64_t offset = 0;
    std::size_t size = 0;  ///< 1 to the block size; smaller only at the end
  };

  /// `length` bytes in all, in blocks of `block_size`, at most `window` of them unanswered; both at
  /// least 1.
  IbbSender(std::uint64_t length, std::size_t block_size, std::size_t window);

  State state() const noexcept { return state_; }
  /// The next block, or nothing while the window is full or none is left. Each block is given once,
  /// in order; the caller sends them in that order.
  std::optional<Block> next();
  /// The peer acknowledged a block; in any order. One that is not outstanding is ignored.
  void acked(std::uint64_t number);
  /// A block was refused, timed out or could not be read. Ignored once all were acknowledged.
  void fail(Error why);
  /// The peer answered our <close/>, by a result or an error: both end the stream (XEP-0047
  /// section 2.3).
  void close_answered();
  /// The peer sent <close/>: the end of a stream whose last block it has (gabble does so), else
  /// Failed (Cancelled).
  void peer_closed();

  /// For later blocks; at least 1.
  void set_window(std::size_t window);
  std::size_t window() const noexcept { return window_; }
  std::size_t outstanding() const noexcept { return outstanding_; }
  /// Bytes from the start that the peer has, without a gap.
  std::uint64_t delivered() const noexcept { return delivered_; }
  const Error& error() const noexcept { return error_; }

 private:
  struct Sent {
    std::size_t size = 0;
    bool acked = false;
  };
  void advance();

  State state_ = State::Sending;
  const std::uint64_t length_;
  const std::size_t block_size_;
  std::size_t window_;
  std::uint64_t given_ = 0;  // bytes given by next()
  std::uint64_t next_number_ = 0;
  std::deque<Sent> sent_;  // from the oldest unacknowledged block on
  std::size_t outstanding_ = 0;
  std::uint64_t delivered_ = 0;
  Error error_;
};

/// Whether our memory takes one more block of `size` bytes beside `blocks` of `bytes` in all that
/// are not written yet. The same before the file is there to write to as after, so what was let in
/// then is let in now.
bool ibb_has_room(std::size_t blocks, std::uint64_t bytes, std::size_t size);

/// The receiving half: which blocks to take, when to acknowledge them, what to refuse. A block is
/// acknowledged when it was written: the disk's pace is the peer's.
///
///   Receiving -> Complete -> Closed
///       \____________\------> Failed
class IbbReceiver {
 public:
  enum class State {
    Receiving,
    /// every byte is here and written. One more would be a lie about the size, so give <close/> a
    /// moment
    Complete,
    Closed,  ///< and the peer said that this was all
    Failed,
  };
  /// The stanza error that refuses a block.
  enum class Refusal {
    ItemNotFound,        ///< the stream has ended
    UnexpectedRequest,   ///< out of sequence
    BadRequest,          ///< over the block size or the file's end
    ResourceConstraint,  ///< more blocks under way than our memory takes
  };
  /// What an event asks its caller to do, in this order.
  struct Reaction {
    bool acknowledge = false;       ///< answer the oldest unanswered data IQ with a result
    std::optional<Refusal> refuse;  ///< answer this block so (an IQ), drop it
    bool answer_close = false;      ///< answer the peer's <close/> with a result
  };

  /// `length` bytes are expected in blocks of at most `block_size`. With nothing to come it is
  /// Complete at once.
  IbbReceiver(std::uint64_t length, std::size_t block_size);

  State state() const noexcept { return state_; }
  /// A block arrived. Without `refuse` in the reaction it is taken: write it. `in_iq`: it came in
  /// an IQ, which wants an answer; one in a <message/> is never acknowledged.
  Reaction block(std::uint16_t seq, std::size_t size, bool in_iq);
  /// The oldest taken block was written.
  Reaction written();
  /// Writing failed; the blocks under way will not be written. The caller fails their IQs.
  Reaction write_failed(Error why);
  /// The peer sent <close/>. It is answered once what was taken is written; before the last byte it
  /// means Failed (Interrupted): the sender may offer the rest again.
  Reaction peer_closed();
  /// The stream's peer or session is gone, or a timer passed. No failure once all is Complete.
  void fail(Error why);

  /// Bytes from the start that are written, without a gap.
  std::uint64_t stored() const noexcept { return stored_; }
  std::size_t unwritten() const noexcept { return unwritten_.size(); }
  const Error& error() const noexcept { return error_; }

 private:
  struct Unwritten {
    std::size_t size = 0;
    bool in_iq = false;
  };
  Reaction refuse(Refusal refusal, Errc code, std::string detail);
  bool take_due_close();

  State state_;
  const std::uint64_t length_;
  const std::size_t block_size_;
  std::uint16_t expected_ = 0;  // sequence number; wraps by itself
  std::uint64_t taken_ = 0;     // bytes
  std::uint64_t stored_ = 0;    // bytes
  std::deque<Unwritten> unwritten_;
  bool peer_closed_ = false;
  Error error_;
};

}  // namespace xmppftd

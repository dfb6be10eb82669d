// SPDX-License-Identifier: MIT
#include "protocol/ibb_flow.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

namespace xmppftd {
namespace {

// A sender that waits is held back by the acknowledgements, which come when its blocks are written;
// these bound what the others can take. COMPAT gloox, and whoever sends by <message/>, push
// hundreds of blocks while a part file is made or a core is busy, and a refusal costs the whole
// file: a disk that stands still for some seconds must not be one. So the bound is what a transfer
// may take of our memory, in bytes, however they came.
constexpr std::uint64_t kMaxUnwrittenBytes = std::uint64_t{4} << 20;
// The stanza around a block: its addresses, id and tree. It bounds empty and tiny blocks.
constexpr std::uint64_t kStanzaBytes = 4096;

}  // namespace

IbbSender::IbbSender(std::uint64_t length, std::size_t block_size, std::size_t window)
    : length_(length), block_size_(block_size), window_(window) {
  assert(block_size > 0 && window > 0);
  advance();
}

std::optional<IbbSender::Block> IbbSender::next() {
  if (state_ != State::Sending || outstanding_ >= window_) return std::nullopt;
  Block block;
  block.number = next_number_++;
  block.seq = static_cast<std::uint16_t>(block.number);
  block.offset = given_;
  block.size = static_cast<std::size_t>(std::min<std::uint64_t>(block_size_, length_ - given_));
  given_ += block.size;
  sent_.push_back({block.size, false});
  ++outstanding_;
  advance();
  return block;
}

void IbbSender::acked(std::uint64_t number) {
  if (state_ != State::Sending && state_ != State::Draining) return;
  const std::uint64_t oldest = next_number_ - sent_.size();
  if (number < oldest || number >= next_number_) return;
  Sent& block = sent_[static_cast<std::size_t>(number - oldest)];
  if (block.acked) return;
  block.acked = true;
  --outstanding_;
  while (!sent_.empty() && sent_.front().acked) {
    delivered_ += sent_.front().size;
    sent_.pop_front();
  }
  advance();
}

void IbbSender::advance() {
  if (state_ == State::Sending && given_ == length_) state_ = State::Draining;
  if (state_ == State::Draining && sent_.empty()) state_ = State::Closing;
}

void IbbSender::fail(Error why) {
  if (state_ != State::Sending && state_ != State::Draining) return;
  state_ = State::Failed;
  error_ = std::move(why);
}

void IbbSender::close_answered() {
  if (state_ == State::Closing) state_ = State::Done;
}

void IbbSender::peer_closed() {
  if (state_ == State::Closing) state_ = State::Done;
  fail({Errc::Cancelled, "the peer closed the stream after " + std::to_string(delivered_) + " of " +
                             std::to_string(length_) + " bytes"});
}

void IbbSender::set_window(std::size_t window) { window_ = std::max<std::size_t>(window, 1); }

bool ibb_has_room(std::size_t blocks, std::uint64_t bytes, std::size_t size) {
  return bytes + size + (blocks + 1) * kStanzaBytes <= kMaxUnwrittenBytes;
}

IbbReceiver::IbbReceiver(std::uint64_t length, std::size_t block_size)
    : state_(length == 0 ? State::Complete : State::Receiving),
      length_(length),
      block_size_(block_size) {
  assert(block_size > 0);
}

IbbReceiver::Reaction IbbReceiver::block(std::uint16_t seq, std::size_t size, bool in_iq) {
  if (state_ == State::Failed || peer_closed_) {
    Reaction reaction;
    reaction.refuse = Refusal::ItemNotFound;
    return reaction;
  }
  // COMPAT Libervia: counts modulo 65535, so its 0 comes where 65535 is due.
  if (seq == 0 && expected_ == 65535) expected_ = 0;
  if (seq != expected_) {
    return refuse(
        Refusal::UnexpectedRequest, Errc::Protocol,
        "block " + std::to_string(seq) + " came where " + std::to_string(expected_) + " was due");
  }
  if (size > block_size_) {
    return refuse(Refusal::BadRequest, Errc::Protocol,
                  "a block has " + std::to_string(size) + " bytes, " + std::to_string(block_size_) +
                      " were agreed");
  }
  if (size > length_ - taken_) {
    return refuse(Refusal::BadRequest, Errc::Protocol,
                  "the stream is longer than the " + std::to_string(length_) + " bytes announced");
  }
  if (!ibb_has_room(unwritten_.size(), taken_ - stored_, size)) {
    return refuse(Refusal::ResourceConstraint, Errc::Constraint,
                  "the peer sends faster than this disk writes, and does not wait");
  }
  ++expected_;
  taken_ += size;
  unwritten_.push_back({size, in_iq});
  return {};
}

IbbReceiver::Reaction IbbReceiver::refuse(Refusal refusal, Errc code, std::string detail) {
  state_ = State::Failed;
  error_ = {code, std::move(detail)};
  Reaction reaction;
  reaction.refuse = refusal;
  return reaction;
}

IbbReceiver::Reaction IbbReceiver::written() {
  assert(!unwritten_.empty());
  const Unwritten block = unwritten_.front();
  unwritten_.pop_front();
  stored_ += block.size;
  if (state_ == State::Receiving && stored_ == length_) state_ = State::Complete;
  Reaction reaction;
  reaction.acknowledge = block.in_iq;
  reaction.answer_close = take_due_close();
  return reaction;
}

IbbReceiver::Reaction IbbReceiver::write_failed(Error why) {
  unwritten_.clear();
  taken_ = stored_;
  fail(std::move(why));
  Reaction reaction;
  reaction.answer_close = take_due_close();
  return reaction;
}

IbbReceiver::Reaction IbbReceiver::peer_closed() {
  peer_closed_ = true;
  if (taken_ < length_) {
    fail({Errc::Interrupted, "the peer closed the stream after " + std::to_string(taken_) + " of " +
                                 std::to_string(length_) + " bytes"});
  }
  Reaction reaction;
  reaction.answer_close = take_due_close();
  return reaction;
}

bool IbbReceiver::take_due_close() {
  if (!peer_closed_ || !unwritten_.empty()) return false;
  if (state_ == State::Complete) state_ = State::Closed;
  return true;
}

void IbbReceiver::fail(Error why) {
  if (state_ != State::Receiving) return;
  state_ = State::Failed;
  error_ = std::move(why);
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "io/carrier.h"
#include "transport/ibb_transport.h"

namespace xmppftd {

/// An open in-band bytestream: what its two directions share. Registered with its transport, by
/// peer and sid, from birth to end().
class IbbStream : public Carrier {
 public:
  IbbStream(IbbTransport& transport, const StreamKey& key, std::size_t block_size);
  ~IbbStream() override;
  IbbStream(const IbbStream&) = delete;
  IbbStream& operator=(const IbbStream&) = delete;

  void set_rate(std::uint64_t bytes_per_second) final;
  const Progress& progress() const override { return *progress_; }
  const StreamLabel& label() const override { return label_; }

  // Stanzas of the peer. Any of these may destroy the stream.
  virtual void data(IncomingIq iq) = 0;
  virtual void data_in_message(const Element& data) = 0;
  virtual void closed(IncomingIq iq) = 0;
  /// The peer or the session is gone.
  virtual void lost(Error why) = 0;

 protected:
  const IbbContext& context() const { return transport_.context_; }
  const StreamKey& key() const { return key_; }
  std::size_t block_size() const { return block_size_; }
  bool ended() const { return ended_; }
  ServerLimit& limit() { return transport_.limit_; }
  const ServerLimit& limit() const { return transport_.limit_; }
  const std::shared_ptr<Progress>& shared_progress() const { return progress_; }
  std::uint64_t rate() const { return rate_; }
  /// What reads or writes the blocks, while there is one.
  virtual Paced* blocks() = 0;
  /// Bytes that this stream may have unanswered now.
  std::size_t share() const;
  void set_progress(std::uint64_t bytes) {
    progress_->bytes.store(bytes, std::memory_order_relaxed);
  }
  /// <close/>, whose answer nobody waits for.
  void send_close();
  /// No stanza finds this stream any more.
  void leave();

 private:
  IbbTransport& transport_;
  const StreamKey key_;
  const std::size_t block_size_;
  const StreamLabel label_;
  // Shared with whoever reads or writes the blocks.
  const std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
  std::uint64_t rate_ = 0;
  bool ended_ = false;
};

/// We send. The peer's acknowledgements pace the reading; when all are there, <close/> asks for the
/// last one. Moved::acknowledged says that it came. `round_trip`: how long the peer's answer to
/// <open/> took.
std::unique_ptr<Carrier> make_ibb_sender(IbbTransport& transport, const StreamKey& key,
                                         std::size_t block_size,
                                         std::chrono::milliseconds round_trip);
/// We receive. A block is acknowledged when it was written, so the disk paces the peer.
std::unique_ptr<Carrier> make_ibb_receiver(IbbTransport& transport, const StreamKey& key,
                                           std::size_t block_size);

}  // namespace xmppftd

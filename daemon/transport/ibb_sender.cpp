// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <optional>

#include "protocol/ibb_flow.h"
#include "transport/ibb_stream.h"
#include "transport/refusal.h"
#include "xep/xep0047_ibb.h"

namespace xmppftd {
namespace {

constexpr std::uint64_t kMaxSeq = 65535;

class IbbSendStream final : public IbbStream, private ServerLimit::Stream {
 public:
  IbbSendStream(IbbTransport& transport, const StreamKey& key, std::size_t block_size,
                std::chrono::milliseconds round_trip)
      : IbbStream(transport, key, block_size), round_trip_(round_trip) {}
  ~IbbSendStream() override;

  void start(FileEnd file, ByteRange range, Handler& handler) override;
  void data(IncomingIq iq) override;
  void data_in_message(const Element&) override {}
  void closed(IncomingIq iq) override;
  void lost(Error why) override;

 private:
  void on_server_limit(std::uint64_t rate) override { handler_->on_server_limit(rate); }
  Paced* blocks() override { return reader_.get(); }
  std::size_t window() const;
  std::chrono::milliseconds close_answer_within() const;
  void read_ahead();
  void send(const IbbSender::Block& block, Result<Bytes> bytes);
  void answered(std::uint64_t number, const IqReply& reply);
  static Error refusal(std::uint64_t number, const IqFailure& failure);
  void say_close();
  void go_on();
  void end(Result<Moved> how);

  const std::chrono::milliseconds round_trip_;
  Handler* handler_ = nullptr;
  std::optional<IbbSender> flow_;  // from start() on
  std::unique_ptr<BlockReader> reader_;
  std::map<std::uint64_t, std::unique_ptr<IqRequest>> unanswered_;  // by block number
  std::unique_ptr<IqRequest> close_;
  bool acknowledged_ = false;           // the peer answered our <close/>, or said it itself
  bool nobody_there_ = false;           // who would hear a <close/>
  std::optional<Error> early_failure_;  // before start()
  std::unique_ptr<Timer> soon_;
  std::optional<Moved> moved_;  // what the reader says
};

IbbSendStream::~IbbSendStream() {
  limit().remove(*this);
  if (!ended() && !close_ && !nobody_there_) send_close();
}

void IbbSendStream::start(FileEnd file, ByteRange range, Handler& handler) {
  handler_ = &handler;
  flow_.emplace(range.length, block_size(), window());
  file.rate = rate();
  reader_ = context().bulk.read_blocks(std::move(file), range, shared_progress());
  limit().add(*this);
  if (early_failure_) flow_->fail(*early_failure_);
  if (flow_->state() != IbbSender::State::Failed) return go_on();
  // A Handler is never called from inside start().
  soon_ = context().timers.after({}, [this] { go_on(); });
}

/// What it means that a block was not acknowledged.
Error IbbSendStream::refusal(std::uint64_t number, const IqFailure& failure) {
  Error why = explain(Step::IbbBlock, failure);
  if (failure.kind != IqFailure::Kind::Refused || is_peers_disk(why.code)) return why;
  // COMPAT QXmpp 1.4: never wraps the sequence; Libervia: wraps it a block early. Whoever refuses
  // just there would do so again.
  const bool at_wrap = number == kMaxSeq || number == kMaxSeq + 1;
  if (at_wrap && why.code != Errc::PeerOffline)
    return {Errc::PeerUnsupported,
            "the peer counts no further than 65,535 blocks, so a file of this size cannot reach it "
            "in-band (" +
                why.detail + ")"};
  why.code = Errc::Interrupted;  // the rest may be offered again
  return why;
}

/// Data in the reverse direction.
void IbbSendStream::data(IncomingIq iq) { iq.fail(StanzaError::of(Condition::NotAcceptable)); }

void IbbSendStream::closed(IncomingIq iq) {
  iq.reply();
  nobody_there_ = true;
  if (!flow_) {
    early_failure_ = Error{Errc::Interrupted, "the peer closed the stream"};
    return;
  }
  // Nobody says why it closes; a daemon that restarts does it too. So: Interrupted, not Cancelled.
  flow_->fail(Error{Errc::Interrupted, "the peer closed the stream"});
  flow_->peer_closed();
  acknowledged_ = flow_->state() == IbbSender::State::Done;
  go_on();
}

void IbbSendStream::lost(Error why) {
  nobody_there_ = true;
  if (!flow_) {
    early_failure_ = std::move(why);
    return;
  }
  flow_->fail(std::move(why));
  if (flow_->state() == IbbSender::State::Closing) flow_->close_answered();
  go_on();
}

/// Blocks under way.
std::size_t IbbSendStream::window() const {
  if (limit().found()) return 1;
  return std::clamp<std::size_t>(share() / block_size(), 1,
                                 std::max<std::size_t>(context().config.window, 1));
}

void IbbSendStream::read_ahead() {
  flow_->set_window(window());
  while (const auto block = flow_->next()) {
    reader_->read(block->size,
                  [this, block = *block](Result<Bytes> bytes) { send(block, std::move(bytes)); });
  }
}

void IbbSendStream::send(const IbbSender::Block& block, Result<Bytes> bytes) {
  if (!bytes) {
    flow_->fail(bytes.error());
    return go_on();
  }
  unanswered_[block.number] = context().iq.request(
      IqType::Set, key().peer, IbbData{key().sid, block.seq, *std::move(bytes)}.build(),
      IbbTransport::kAnswerWithin,
      [this, number = block.number](const IqReply& reply) { answered(number, reply); });
}

void IbbSendStream::answered(std::uint64_t number, const IqReply& reply) {
  const auto keep = unanswered_.extract(number);  // our caller is its callback
  if (const auto* failure = std::get_if<IqFailure>(&reply)) {
    flow_->fail(refusal(number, *failure));
  } else {
    const auto before = flow_->delivered();
    flow_->acked(number);
    set_progress(flow_->delivered());
    limit().delivered(flow_->delivered() - before);
  }
  go_on();
}

std::chrono::milliseconds IbbSendStream::close_answer_within() const {
  if (limit().found()) return IbbTransport::kAnswerWithin;
  return std::max<std::chrono::milliseconds>(IbbTransport::kCloseAnswerWithin, 3 * round_trip_);
}

void IbbSendStream::say_close() {
  if (close_) return;
  const auto within = close_answer_within();
  limit().remove(*this);
  close_ = context().iq.request(IqType::Set, key().peer, IbbClose{key().sid}.build(), within,
                                [this](const IqReply& reply) {
                                  // The peer has every block: whatever it says now, this is the
                                  // end.
                                  if (std::holds_alternative<Element>(reply)) acknowledged_ = true;
                                  flow_->close_answered();
                                  go_on();
                                });
  reader_->finish([this](Result<Moved> moved) {
    if (!moved) return end(std::move(moved));
    moved_ = *moved;
    go_on();
  });
}

/// After every event: what the machine's state asks for. May destroy us.
void IbbSendStream::go_on() {
  if (ended()) return;
  switch (flow_->state()) {
    case IbbSender::State::Sending: return read_ahead();
    case IbbSender::State::Draining: return;
    case IbbSender::State::Closing: return say_close();
    case IbbSender::State::Done:
      if (!moved_) return;
      moved_->acknowledged = acknowledged_;
      return end(*moved_);
    case IbbSender::State::Failed:
      if (!nobody_there_) send_close();
      return end(flow_->error());
  }
}

void IbbSendStream::end(Result<Moved> how) {
  unanswered_.clear();
  limit().remove(*this);
  reader_.reset();
  leave();
  handler_->on_end(std::move(how));  // may destroy us
}

}  // namespace

std::unique_ptr<Carrier> make_ibb_sender(IbbTransport& transport, const StreamKey& key,
                                         std::size_t block_size,
                                         std::chrono::milliseconds round_trip) {
  return std::make_unique<IbbSendStream>(transport, key, block_size, round_trip);
}

}  // namespace xmppftd

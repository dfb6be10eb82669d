// SPDX-License-Identifier: MIT
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "protocol/ibb_flow.h"
#include "transport/ibb_stream.h"
#include "xep/xep0047_ibb.h"

namespace xmppftd {
namespace {

constexpr std::chrono::seconds kSilence{60};
/// For <close/> after the last byte. A byte too many in that time is a lie about the size.
constexpr std::chrono::seconds kCloseWithin{2};

StanzaError to_stanza_error(IbbReceiver::Refusal refusal) {
  switch (refusal) {
    case IbbReceiver::Refusal::ItemNotFound: return StanzaError::of(Condition::ItemNotFound);
    case IbbReceiver::Refusal::UnexpectedRequest:
      return StanzaError::of(Condition::UnexpectedRequest);
    case IbbReceiver::Refusal::BadRequest: return StanzaError::of(Condition::BadRequest);
    case IbbReceiver::Refusal::ResourceConstraint:
      return StanzaError::of(Condition::ResourceConstraint);
  }
  return StanzaError::of(Condition::InternalServerError);
}

class IbbReceiveStream final : public IbbStream {
 public:
  using IbbStream::IbbStream;
  ~IbbReceiveStream() override;

  void start(FileEnd file, ByteRange range, Handler& handler) override;
  void data(IncomingIq iq) override;
  void data_in_message(const Element& data) override;
  void closed(IncomingIq iq) override;
  void lost(Error why) override;

 private:
  using Early = std::variant<IncomingIq, Element>;  // a block in an IQ, in a message
  Paced* blocks() override { return writer_.get(); }
  void keep(Early block);
  void take_early();
  void take(const Element& data, std::optional<IncomingIq> iq);
  void wrote(const Result<void>& result);
  void react(const IbbReceiver::Reaction& reaction);
  void watch(std::chrono::milliseconds time);
  void go_on();
  void refuse_owed();
  void end(Result<Moved> how);

  Handler* handler_ = nullptr;
  std::optional<IbbReceiver> flow_;  // from start() on
  // What came before start(): the peer sends as soon as its <open/> was answered, while our part
  // file is still being made. None of it is acknowledged before it was written.
  std::vector<Early> early_;
  std::uint64_t early_bytes_ = 0;
  std::optional<Error> early_failure_;
  std::unique_ptr<BlockWriter> writer_;
  std::deque<IncomingIq> unanswered_;  // blocks being written, oldest first
  std::optional<IncomingIq> close_;    // the peer's, owed an answer
  bool nobody_there_ = false;          // who would hear a <close/>
  Timers::Clock::time_point last_block_{};
  std::unique_ptr<Timer> early_timer_, silence_, close_timer_;
  bool finishing_ = false;
  bool close_waited_ = false;
  std::optional<Moved> moved_;
};

IbbReceiveStream::~IbbReceiveStream() {
  if (ended()) return;
  if (!nobody_there_) send_close();
  refuse_owed();
}

void IbbReceiveStream::start(FileEnd file, ByteRange range, Handler& handler) {
  handler_ = &handler;
  flow_.emplace(range.length, block_size());
  file.rate = rate();
  writer_ = context().bulk.write_blocks(std::move(file), range, shared_progress());
  last_block_ = context().timers.now();
  watch(kSilence);
  // A Handler is never called from inside start().
  early_timer_ = context().timers.after({}, [this] { take_early(); });
}

void IbbReceiveStream::take_early() {
  for (auto& block : std::exchange(early_, {})) {
    if (auto* iq = std::get_if<IncomingIq>(&block)) {
      const Element data = iq->payload();
      take(data, std::move(*iq));
    } else {
      take(std::get<Element>(block), std::nullopt);
    }
  }
  if (early_failure_) flow_->fail(*early_failure_);
  if (close_) react(flow_->peer_closed());
  go_on();
}

void IbbReceiveStream::data(IncomingIq iq) {
  if (!flow_ || !early_.empty()) return keep(std::move(iq));
  const Element data = iq.payload();
  take(data, std::move(iq));
  go_on();
}

void IbbReceiveStream::data_in_message(const Element& data) {
  if (!flow_ || !early_.empty()) return keep(data);
  take(data, std::nullopt);
  go_on();
}

void IbbReceiveStream::keep(Early block) {
  auto* iq = std::get_if<IncomingIq>(&block);
  const Element& data = iq != nullptr ? iq->payload() : std::get<Element>(block);
  const std::size_t size = data.text.size() / 4 * 3;  // of base64: never less than its bytes
  // After one that was refused the next would only be out of sequence.
  if (!early_failure_ && ibb_has_room(early_.size(), early_bytes_, size)) {
    early_bytes_ += size;
    return early_.push_back(std::move(block));
  }
  if (iq != nullptr) iq->fail(StanzaError::of(Condition::ResourceConstraint));
  if (!early_failure_)
    early_failure_ = Error{Errc::Constraint, "the peer does not wait for its blocks to be taken"};
}

void IbbReceiveStream::take(const Element& data, std::optional<IncomingIq> iq) {
  auto block = IbbData::parse(data, block_size());
  if (!block) {  // IB3
    if (iq) iq->fail(xmppftd::to_stanza_error(block.error()));
    return flow_->fail(block.error());
  }
  const auto reaction = flow_->block(block->seq, block->bytes.size(), iq.has_value());
  if (reaction.refuse) {
    if (iq) iq->fail(to_stanza_error(*reaction.refuse));
  } else {
    last_block_ = context().timers.now();
    if (iq) unanswered_.push_back(std::move(*iq));
    writer_->write(std::move(block->bytes), [this](Result<void> result) { wrote(result); });
  }
  react(reaction);
}

void IbbReceiveStream::wrote(const Result<void>& result) {
  if (result) {
    const auto reaction = flow_->written();
    last_block_ = context().timers.now();  // the peer may have waited for this
    set_progress(flow_->stored());
    react(reaction);
  } else {
    const auto reaction = flow_->write_failed(result.error());
    for (auto& iq : std::exchange(unanswered_, {}))
      iq.fail(xmppftd::to_stanza_error(result.error()));
    react(reaction);
  }
  go_on();
}

void IbbReceiveStream::react(const IbbReceiver::Reaction& reaction) {
  if (reaction.acknowledge) {
    unanswered_.front().reply();
    unanswered_.pop_front();
  }
  if (reaction.answer_close && close_) {
    close_->reply();
    close_.reset();
  }
}

void IbbReceiveStream::closed(IncomingIq iq) {
  if (close_) return iq.reply();  // once is enough
  nobody_there_ = true;
  close_ = std::move(iq);
  if (!flow_ || !early_.empty()) return;
  react(flow_->peer_closed());
  go_on();
}

void IbbReceiveStream::lost(Error why) {
  if (!flow_) {
    early_failure_ = std::move(why);
    return;
  }
  nobody_there_ = true;
  close_waited_ = true;
  flow_->fail(std::move(why));
  go_on();
}

void IbbReceiveStream::watch(std::chrono::milliseconds time) {
  silence_ = context().timers.after(time, [this] {
    const auto since =
        std::chrono::duration_cast<std::chrono::milliseconds>(context().timers.now() - last_block_);
    if (since < kSilence) return watch(kSilence - since);
    if (flow_->unwritten() > 0) return watch(kSilence);  // our own disk is the slow one
    flow_->fail(Error{Errc::Timeout, "no block came for 60 s"});
    go_on();
  });
}

/// After every event: what the machine's state asks for. May destroy us.
void IbbReceiveStream::go_on() {
  if (ended()) return;
  switch (flow_->state()) {
    case IbbReceiver::State::Receiving: return;
    case IbbReceiver::State::Complete:
    case IbbReceiver::State::Closed: break;
    case IbbReceiver::State::Failed: return end(flow_->error());
  }
  if (!std::exchange(finishing_, true)) {
    silence_.reset();
    writer_->finish([this](Result<Moved> moved) {
      if (!moved) return end(std::move(moved));
      moved_ = *moved;
      go_on();
    });
    close_timer_ = context().timers.after(kCloseWithin, [this] {
      close_waited_ = true;
      go_on();
    });
  }
  const bool closed = flow_->state() == IbbReceiver::State::Closed || close_waited_;
  if (moved_ && closed) end(*moved_);
}

/// Nobody will take these any more.
void IbbReceiveStream::refuse_owed() {
  for (auto& iq : std::exchange(unanswered_, {})) iq.fail(StanzaError::of(Condition::ItemNotFound));
  for (auto& block : std::exchange(early_, {}))
    if (auto* iq = std::get_if<IncomingIq>(&block))
      iq->fail(StanzaError::of(Condition::ItemNotFound));
  if (close_) std::exchange(close_, std::nullopt)->reply();
}

void IbbReceiveStream::end(Result<Moved> how) {
  early_timer_.reset();
  silence_.reset();
  close_timer_.reset();
  writer_.reset();
  if (!how && !nobody_there_) send_close();
  refuse_owed();
  leave();
  handler_->on_end(std::move(how));  // may destroy us
}

}  // namespace

std::unique_ptr<Carrier> make_ibb_receiver(IbbTransport& transport, const StreamKey& key,
                                           std::size_t block_size) {
  return std::make_unique<IbbReceiveStream>(transport, key, block_size);
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "transport/ibb_opening.h"

#include "transport/ibb_stream.h"
#include "transport/refusal.h"

namespace xmppftd {

IbbOpening::IbbOpening(IbbTransport& transport, const IbbContext& context, const StreamKey& key,
                       std::size_t block_size, Transport::Opened done)
    : transport_(transport),
      context_(context),
      key_(key),
      block_size_(block_size),
      done_(std::move(done)) {
  propose();
}

void IbbOpening::propose() {
  asked_ = context_.timers.now();
  request_ = context_.iq.request(
      IqType::Set, key_.peer, IbbOpen{key_.sid, block_size_, IbbStanza::Iq}.build(),
      IbbTransport::kAnswerWithin, [this](IqReply reply) { answered(std::move(reply)); });
}

void IbbOpening::answered(IqReply reply) {
  const auto* failure = std::get_if<IqFailure>(&reply);
  if (!failure) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(context_.timers.now() - asked_);
    transport_.limit_.round_trip(took);
    auto done = std::move(done_);
    return done(make_ibb_sender(transport_, key_, block_size_, took));
  }
  const bool refused = failure->kind == IqFailure::Kind::Refused;
  if (refused && failure->error.condition == Condition::ResourceConstraint &&
      block_size_ / 2 >= IbbTransport::kMinBlock) {
    block_size_ /= 2;
    return propose();
  }
  Error why = explain(Step::IbbOpen, *failure);
  if (refused && why.code != Errc::PeerOffline) why.code = Errc::StreamFailed;
  auto done = std::move(done_);
  done(std::move(why));
}

IbbExpectation::IbbExpectation(IbbTransport& transport, const StreamKey& key,
                               Transport::Opened done)
    : transport_(transport), key_(key), done_(std::move(done)) {
  transport_.expected_[{key_.peer, key_.sid}] = this;
}

IbbExpectation::~IbbExpectation() {
  if (done_) stop_expecting();
}

/// Whoever expects the same stream since, expects it still.
void IbbExpectation::stop_expecting() {
  const auto here = transport_.expected_.find({key_.peer, key_.sid});
  if (here != transport_.expected_.end() && here->second == this) transport_.expected_.erase(here);
}

void IbbExpectation::opened(IncomingIq iq, const IbbOpen& open) {
  stop_expecting();
  auto stream = make_ibb_receiver(transport_, key_, open.block_size);
  iq.reply();
  auto done = std::move(done_);
  done(std::move(stream));
}

}  // namespace xmppftd

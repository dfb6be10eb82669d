// SPDX-License-Identifier: MIT
#include "transport/ibb_transport.h"

#include <algorithm>
#include <cassert>
#include <vector>

#include "transport/ibb_opening.h"
#include "transport/ibb_stream.h"

namespace xmppftd {
namespace {

constexpr std::size_t kEndedKept = 32;

struct NextTurn final : Transport::Attempt {
  explicit NextTurn(std::unique_ptr<Timer> its_timer) : timer(std::move(its_timer)) {}
  std::unique_ptr<Timer> timer;
};

std::string sid_of(const Element& payload) {
  return std::string(payload.attribute_or_empty("sid"));
}

}  // namespace

IbbTransport::IbbTransport(IbbContext context)
    : context_(context), limit_(context.iq, context.timers) {
  auto& iq = context_.iq;
  iq.handle(IqType::Set, "open", kNsIbb,
            [this](IncomingIq request) { open_requested(std::move(request)); });
  iq.handle(IqType::Set, "data", kNsIbb,
            [this](IncomingIq request) { data_arrived(std::move(request)); });
  iq.handle(IqType::Set, "close", kNsIbb,
            [this](IncomingIq request) { close_requested(std::move(request)); });
  // COMPAT Miranda NG: sends its blocks in messages.
  iq.handle_message("data", kNsIbb, [this](const Jid& from, const Element& message) {
    message_arrived(from, message);
  });
}

IbbTransport::~IbbTransport() { assert(expected_.empty() && streams_.empty()); }

std::unique_ptr<Transport::Attempt> IbbTransport::prepare(const StreamTerms&,
                                                          Callback<void()> ready) {
  return std::make_unique<NextTurn>(context_.timers.after({}, std::move(ready)));
}

std::unique_ptr<Transport::Attempt> IbbTransport::open(const StreamKey& key,
                                                       const StreamTerms& terms, Opened done) {
  const auto size =
      terms.peer_is_xmppftd ? context_.config.block_size_xmppftd : context_.config.block_size;
  return std::make_unique<IbbOpening>(*this, context_, key, size, std::move(done));
}

std::unique_ptr<Transport::Attempt> IbbTransport::expect(const StreamKey& key, const StreamTerms&,
                                                         Opened done) {
  return std::make_unique<IbbExpectation>(*this, key, std::move(done));
}

bool IbbTransport::carries(const Jid& from, const Element& payload) const {
  if (payload.xmlns != kNsIbb) return false;
  const Key key{from, sid_of(payload)};
  return streams_.count(key) != 0 || expected_.count(key) != 0;
}

IbbStream* IbbTransport::find(const Jid& from, const Element& payload) const {
  const auto found = streams_.find({from, sid_of(payload)});
  return found == streams_.end() ? nullptr : found->second;
}

void IbbTransport::open_requested(IncomingIq iq) {
  const auto open = IbbOpen::parse(iq.payload());
  if (!open) return iq.fail(to_stanza_error(open.error()));
  const auto found = expected_.find({iq.from(), open->sid});
  if (found == expected_.end()) return iq.fail(StanzaError::of(Condition::ItemNotFound));
  found->second->opened(std::move(iq), *open);
}

void IbbTransport::data_arrived(IncomingIq iq) {
  if (auto* stream = find(iq.from(), iq.payload())) return stream->data(std::move(iq));
  iq.fail(StanzaError::of(Condition::ItemNotFound));
}

void IbbTransport::message_arrived(const Jid& from, const Element& message) {
  const auto* data = message.child("data", kNsIbb);
  if (!data || message.attribute_or_empty("type") == "error") return;
  if (auto* stream = find(from, *data)) stream->data_in_message(*data);
}

void IbbTransport::close_requested(IncomingIq iq) {
  if (auto* stream = find(iq.from(), iq.payload())) return stream->closed(std::move(iq));
  // COMPAT gabble closes too, after it answered our <close/>; and some close after the last byte.
  const Key key{iq.from(), sid_of(iq.payload())};
  if (std::find(ended_.begin(), ended_.end(), key) != ended_.end()) return iq.reply();
  iq.fail(StanzaError::of(Condition::ItemNotFound));
}

void IbbTransport::peer_gone(const Jid& full) {
  std::vector<Key> theirs;
  for (const auto& [key, stream] : streams_)
    if (key.first == full) theirs.push_back(key);
  lose(theirs, {Errc::Interrupted, "the peer went offline"});
}

void IbbTransport::session_ended() {
  std::vector<Key> all;
  for (const auto& [key, stream] : streams_) all.push_back(key);
  lose(all, {Errc::NotOnline, "the XMPP session ended"});
}

void IbbTransport::lose(const std::vector<Key>& keys, const Error& why) {
  for (const auto& key : keys) {  // each may take others with it
    const auto found = streams_.find(key);
    if (found != streams_.end()) found->second->lost(why);
  }
}

// ---- IbbStream: the part that the registry knows
// --------------------------------------------------

IbbStream::IbbStream(IbbTransport& transport, const StreamKey& key, std::size_t block_size)
    : transport_(transport), key_(key), block_size_(block_size), label_{key.method, "", "", 0} {
  const IbbTransport::Key here{key_.peer, key_.sid};
  std::erase(transport_.ended_, here);  // its sid may be used again
  transport_.streams_[here] = this;
}

IbbStream::~IbbStream() { leave(); }

void IbbStream::leave() {
  if (std::exchange(ended_, true)) return;
  const IbbTransport::Key key{key_.peer, key_.sid};
  const auto here = transport_.streams_.find(key);
  if (here == transport_.streams_.end() || here->second != this) return;  // another one's by now
  transport_.streams_.erase(here);
  transport_.ended_.push_back(key);
  if (transport_.ended_.size() > kEndedKept) transport_.ended_.pop_front();
}

void IbbStream::set_rate(std::uint64_t bytes_per_second) {
  rate_ = bytes_per_second;
  if (auto* moving = blocks()) moving->set_rate(rate_);
}

std::size_t IbbStream::share() const {
  return IbbTransport::kMaxInFlight / std::max<std::size_t>(transport_.streams_.size(), 1);
}

void IbbStream::send_close() {
  const auto forgotten = context().iq.request(
      IqType::Set, key_.peer, Element("close", std::string(kNsIbb)).set("sid", key_.sid),
      IbbTransport::kAnswerWithin, [](const IqReply&) {});
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "negotiation/negotiator.h"
#include "negotiation/si_exchange.h"
#include "negotiation/stream_switch.h"

namespace xmppftd {

/// A peer's offer while the user thinks.
class SiPendingOffer final : public IncomingOffer {
 public:
  SiPendingOffer(const SiWorld& world, Negotiator& negotiator,
                 std::unique_ptr<SiExchange> exchange);

  const Offer& offer() const override { return offer_; }
  Negotiator& negotiator() const override { return negotiator_; }
  std::unique_ptr<Receiving> accept(const Terms& terms, Receiving::Handler& handler) override;
  void decline(const Error& why) override;
  void have_it(const std::optional<Hash>& hash) override;

 private:
  const SiWorld world_;
  Negotiator& negotiator_;
  std::unique_ptr<SiExchange> exchange_;  // null once answered
  const Offer offer_;
};

/// We accepted a file: by our own preference among the methods offered, whatever their order (QXmpp
/// and gloox put IBB first). The answer goes out once the streams that may come are expected.
///
///   AwaitingStream -> Moving -> AwaitingDone (only where both confirm) -> Verifying -> Over
///         \_____________\____________\-> Over
class SiIncoming final : public Receiving, private SiExchange::Keeper {
 public:
  static constexpr std::chrono::seconds kStreamWithin{
      160};  ///< the first sign of a stream, by S5B or IBB
  static constexpr std::chrono::seconds kDoneWithin{60};  ///< the sender's word after the last byte
  static constexpr std::chrono::minutes kDoneWithinAway{10};  ///< where a session was lost

  SiIncoming(const SiWorld& world, std::unique_ptr<SiExchange> exchange,
             const IncomingOffer::Terms& terms, Handler& handler);
  ~SiIncoming() override;
  SiIncoming(const SiIncoming&) = delete;
  SiIncoming& operator=(const SiIncoming&) = delete;

  // Receiving
  void delivered(const Moved& moved) override;
  bool vouched() const override { return !done_asked_.empty(); }
  void complete() override;
  void fail(const Error& why) override;

 private:
  enum class State { AwaitingStream, Moving, AwaitingDone, Verifying, Over };
  void set_state(State state);
  std::vector<Transport*> usable_methods(bool streams_allowed) const;
  StreamKey stream_key(const Transport& transport) const;
  void answer(const std::vector<Transport*>& methods, const StreamTerms& terms);
  void opened(Result<std::unique_ptr<Carrier>> carrier);
  void second_opened(Result<std::unique_ptr<Carrier>> carrier);
  void take(std::unique_ptr<Carrier> carrier);
  void declared(std::optional<Hash> hash);
  void say_end(std::optional<StanzaError> refusal);
  void close();
  void await_done();
  void end(Error why);
  // SiExchange::Keeper
  void done_said(IncomingIq iq) override;
  void lost(const Error& why) override;

  const SiWorld world_;
  Handler& handler_;
  std::unique_ptr<SiExchange> exchange_;
  ByteRange range_;
  State state_ = State::AwaitingStream;
  std::unique_ptr<Transport::Attempt> first_;
  SecondStream second_;  // without attempt: none is possible
  std::unique_ptr<Timer> timer_;
  bool session_lost_ = false;           // the sender's or ours, since the stream is open
  std::vector<IncomingIq> done_asked_;  // not answered yet
  std::optional<Hash> declared_;
};

}  // namespace xmppftd

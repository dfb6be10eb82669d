// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/later.h"
#include "negotiation/negotiator.h"
#include "negotiation/si_negotiator.h"
#include "xep/xep0096_si.h"

namespace xmppftd {

/// A peer's offer that waits for our answer: owns the unanswered IQ, and its place among the live sids.
class SiIncomingOffer final : public IncomingOffer {
 public:
  SiIncomingOffer(const SiWorld& world, std::shared_ptr<SiSessions> sessions, SiOffer si, Jid self, IncomingIq request);
  ~SiIncomingOffer() override;

  const Offer& offer() const override { return offer_; }
  [[nodiscard]] std::unique_ptr<Negotiation> accept(const Terms& terms, Negotiation::Handler& handler) override;
  void decline(const Error& why) override;

 private:
  const SiWorld& world_;
  std::shared_ptr<SiSessions> sessions_;
  SiOffer si_;
  Jid self_;
  Offer offer_;
  std::optional<IncomingIq> request_;  // none once answered
};

/// A file that we accepted:
///
///     Expecting -> Moving -> AwaitingWord -> Verifying -> Ended
///
/// The peer opens the stream by the method we chose, or, when that failed, by IBB with the same sid. Then either the
/// peer's word on the content comes (our confirmation protocol), or the offer's own hash is all there is.
class SiIncoming final : public Negotiation, private SiSessions::Confirmable {
 public:
  /// How long a sender may take to fall back to IBB (Pidgin's own receivers wait as long), and to ask for confirmation.
  static constexpr std::chrono::seconds kFallbackWithin{30};
  static constexpr std::chrono::seconds kWordWithin{150};

  SiIncoming(const SiWorld& world, std::shared_ptr<SiSessions> sessions, SiOffer si, const StreamKey& key,
             const std::vector<Transport*>& methods, const IncomingOffer::Terms& terms, Handler& handler);
  ~SiIncoming() override;

  void delivered(const Moved& moved) override;
  void complete() override;
  void fail(const Error& why) override;

 private:
  using Key = SiSessions::Key;
  void expect(Transport& transport, const StreamKey& key, const IncomingOffer::Terms& terms);
  void on_opened(Transport& transport, Result<std::unique_ptr<Carrier>> opened);
  void on_done(IncomingIq request) override;
  void tell_declared(std::optional<Hash> declared);
  std::optional<HashAlgo> digest() const;

  struct Expectation {
    Transport* transport;
    std::unique_ptr<Transport::Attempt> attempt;  // null once it failed
  };

  const SiWorld& world_;
  std::shared_ptr<SiSessions> sessions_;
  SiOffer si_;
  ByteRange range_;
  Key key_;
  Handler& handler_;
  std::vector<Expectation> expected_;
  std::unique_ptr<Timer> timer_;     // the fallback's, then the word's
  bool delivered_ = false;
  bool told_ = false;                // on_declared() was, or is about to be, called
  std::optional<IncomingIq> done_;   // the peer's question, to be answered when the file is in place
  std::optional<Hash> word_;         // what it says the content is
  Later later_;
};

}  // namespace xmppftd

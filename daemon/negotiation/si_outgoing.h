// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "io/later.h"
#include "negotiation/negotiator.h"
#include "negotiation/si_negotiator.h"
#include "xep/xep0096_si.h"

namespace xmppftd {

/// A file that we offer:
///
///     Preparing -> AwaitingAnswer -> Opening -> Moving -> Confirming -> Ended
///                        ^              |
///                        +--- a second offer, IBB alone, when S5B failed and IBB with the same sid was refused
///
/// When SOCKS5 Bytestreams fail in whatever way, IBB is opened with the same sid if the peer speaks it (Pidgin expects
/// just that); nobody is asked again (DECISIONS, Wire).
class SiOutgoing final : public Negotiation {
 public:
  /// The peer's word on the content; a dropped session gets a few more tries within this time.
  static constexpr std::chrono::seconds kConfirmWithin{600};
  static constexpr std::chrono::seconds kAskAgainAfter{5};
  static constexpr unsigned kAskAgain = 20;

  using Running = std::shared_ptr<std::vector<SiOutgoing*>>;
  SiOutgoing(const SiWorld& world, Running running, const Offer& offer, const OfferPlan& plan, Handler& handler);
  ~SiOutgoing() override;

  void delivered(const Moved& moved) override;
  void complete() override {}
  void fail(const Error& why) override;

  void peer_gone(const Jid& full);

 private:
  enum class State { Preparing, AwaitingAnswer, Opening, Moving, Confirming, Ended };
  struct Method {
    Transport* transport;
    StreamPlan plan;
  };

  void prepare(std::size_t next);
  void send_offer();
  void on_answer(const IqReply& reply);
  void open(Method& method);
  void on_open_failed(const Error& why);
  void confirm();
  void on_confirmed(const IqReply& reply);
  void end(Error why);
  void finish(Delivery delivery);
  Method* find(std::string_view method);
  bool may_fall_back() const;

  const SiWorld& world_;
  Running running_;
  Offer offer_;
  OfferPlan plan_;
  Handler& handler_;
  State state_ = State::Preparing;
  std::vector<Method> methods_;       // those that the peer speaks too, in our order
  SiOffer si_;
  std::string in_use_;                // method of the attempt under way
  bool fell_back_ = false;            // S5B failed in this negotiation
  bool offered_again_ = false;        // with IBB alone
  ByteRange range_;
  bool confirms_ = false;             // both said so
  std::optional<Hash> content_;       // of the whole file, when it was computed on the way
  unsigned asked_ = 0;
  std::unique_ptr<Transport::Attempt> attempt_;
  std::unique_ptr<IqRequest> request_;
  std::unique_ptr<Timer> ask_again_;
  Later later_;
};

}  // namespace xmppftd

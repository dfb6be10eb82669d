// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "negotiation/confirmation.h"
#include "negotiation/negotiator.h"
#include "negotiation/si_exchange.h"

namespace xmppftd {

/// We offer a file (XEP-0096) and open the stream that the peer chooses. Where S5B fails, for
/// whatever reason, it goes on in-band: with the same sid first (Pidgin, our own kind), then by one
/// new offer of IBB alone.
///
///   Preparing -> AwaitingAnswer -> Opening -> Moving -> Confirming -> Over
///                       ^_____________|  once
class SiOutgoing final : public Sending {
 public:
  SiOutgoing(const SiWorld& world, std::shared_ptr<SiRegistry> registry, const Offer& offer,
             const OfferTerms& terms, Handler& handler);
  ~SiOutgoing() override;
  SiOutgoing(const SiOutgoing&) = delete;
  SiOutgoing& operator=(const SiOutgoing&) = delete;

  const Jid& peer() const { return peer_; }
  /// The peer or our session is gone. A stream that is open goes on.
  void lost(const Error& why);
  /// The peer was told that this offer is the last one, so it must not hear that another follows.
  void withdrawn() { held_ = false; }

  // Sending
  void delivered(const Moved& moved) override;
  std::string open_sid() const override;

 private:
  enum class State { Preparing, AwaitingAnswer, Opening, Moving, Confirming, Over };
  /// One that the offer names (XEP-0095 section 3.2).
  struct StreamMethod {
    Transport* transport;
    StreamTerms terms;
    std::string word;  // Method::word
  };
  void set_state(State state);
  void collect_methods(const OfferTerms& terms);
  void keep_in_band_only();
  StreamMethod* find(std::string_view method);
  void prepare();
  Result<void> drop_unusable_methods();
  void send_offer();
  void answered(const IqReply& reply);
  void open(StreamMethod& method);
  void opened(Result<std::unique_ptr<Carrier>> carrier);
  void fall_back(Error why);
  void completed(Delivery delivery, std::optional<Hash> verified);
  void end(Error why);
  void leave_stream();

  const SiWorld world_;
  const std::shared_ptr<SiRegistry> registry_;
  Handler& handler_;
  const Jid peer_;
  const std::chrono::milliseconds answer_within_;
  std::vector<StreamMethod> methods_;
  SiOffer offer_;
  State state_ = State::Preparing;
  ByteRange range_;
  bool agreed_to_confirm_ = false;
  bool held_ = false;               // the peer may hold the offer
  StreamMethod* method_ = nullptr;  // being opened, or open
  bool awaited_ = false;            // the peer accepted this sid, and waits for its bytes
  bool accepted_ = false;           // the Handler knows
  bool fell_back_ = false;
  bool offered_again_ = false;
  std::vector<std::unique_ptr<Transport::Attempt>> preparations_;
  std::size_t unprepared_ = 0;
  std::unique_ptr<IqRequest> request_;
  std::unique_ptr<Transport::Attempt> attempt_;
  std::unique_ptr<Confirmation> confirmation_;
  std::unique_ptr<Timer> soon_;
};

}  // namespace xmppftd

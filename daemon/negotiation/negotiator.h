// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/carrier.h"
#include "model/file_info.h"
#include "model/jid.h"
#include "model/job.h"
#include "session/peer_features.h"
#include "transport/transport.h"
#include "xep/element.h"

namespace xmppftd {

/// One file offered by one side to the other.
struct Offer {
  Jid peer;  ///< full JID of the other side
  FileInfo file;
  bool ranges = false;  ///< the offer says parts of the file may be asked for
  /// offers to us: its program is of our kind, and offers again by itself what was lost
  bool can_confirm = false;
  std::string sid{};  ///< offers to us: names it among those of its peer
  /// names the file through all its offers, where both programs are of our kind; "" = nothing does
  std::string file_id{};
  /// offers to us: it can still be answered when the session in which it came is over
  bool outlives_session = false;
};

/// A peer of our kind takes an offer back, or what we accepted of it.
struct Withdrawal {
  Jid peer;
  std::string sid;     ///< Offer::sid
  bool again = false;  ///< the file will be offered anew
};

/// What our side adds when it offers.
struct OfferTerms {
  /// Of this family, in our order of preference; never empty. All are ones that we carry and the
  /// peer takes: see AccountPort::plan().
  std::vector<MethodChoice> methods;
  PeerFeatures peer;
  bool direct_allowed = true;  ///< ip_policy lets this peer see our addresses
  std::chrono::milliseconds answer_within{std::chrono::minutes(5)};  ///< the peer's user decides
};

/// What either side of an agreement about one file hears. Calls never come from inside a call to
/// the agreement.
class AgreementHandler {
 public:
  /// The stream is open. Start the carrier on `range` with `digest`: what the carrier shall compute
  /// because both sides will compare it. None for a part of a file: whoever wants to compare must
  /// hash the whole.
  virtual void on_carrier(std::unique_ptr<Carrier> carrier, ByteRange range,
                          std::optional<HashAlgo> digest) = 0;
  /// It failed: Declined, PeerOffline, NoCommonMethod, Timeout, StreamFailed, HashMismatch... Last
  /// call.
  virtual void on_ended(Error why) = 0;
  /// A line for the job's story.
  virtual void on_step(std::string_view what, std::string detail) = 0;

 protected:
  ~AgreementHandler() = default;
};

/// A file of ours that a peer is offered, from offer to goodbye. Destroying it while a peer of our
/// kind awaits the bytes tells that peer that the file will be offered again, unless
/// Negotiator::withdraw() told it that nothing more comes.
class Sending {
 public:
  class Handler : public AgreementHandler {
   public:
    /// The peer said yes and the stream is being opened.
    virtual void on_accepted() = 0;
    /// After delivered(): how sure we are. Or in place of on_accepted(), Confirmed: the peer has
    /// the file of an earlier offer, whole. `verified`: what the peer found the content to hash to.
    /// Last call.
    virtual void on_completed(Delivery delivery, std::optional<Hash> verified) = 0;

   protected:
    ~Handler() = default;
  };
  virtual ~Sending() = default;
  /// The carrier ended well. `moved.hash` (of the whole file, or absent) goes to a peer that agreed
  /// to confirm; on_completed(Confirmed) follows when it published the file, on_ended when it could
  /// not or was never heard. Other peers: on_completed, Confirmed for an IBB stream whose every
  /// block and close were acknowledged, else HandedOver.
  virtual void delivered(const Moved& moved) = 0;
  /// The id of an offer that the peer may still hold, for Negotiator::withdraw(); "" = it holds
  /// none, or could not be told.
  virtual std::string open_sid() const = 0;
};

/// A peer's file that we accepted.
class Receiving {
 public:
  class Handler : public AgreementHandler {
   public:
    /// After delivered(), the sender's word about the content arrived (or never will): `declared`
    /// is what it must hash to, none = size only. Verify and publish, then call complete() or
    /// fail().
    virtual void on_declared(std::optional<Hash> declared) = 0;
    /// After complete(): the sender knows, as far as the protocol has words. Last call.
    virtual void on_completed() = 0;

   protected:
    ~Handler() = default;
  };
  virtual ~Receiving() = default;
  /// The carrier ended well. on_declared follows; on_ended(Interrupted) when a peer that agreed to
  /// confirm says nothing for 60 s, or 10 min where a session was lost.
  virtual void delivered(const Moved& moved) = 0;
  /// Has the sender said already that all its bytes are out? Then it has handed the file over.
  virtual bool vouched() const = 0;
  /// After on_declared: verified and published. on_completed follows.
  virtual void complete() = 0;
  /// It was not what was offered, or could not be stored: tells the peer why where the protocol has
  /// words. No Handler call follows.
  virtual void fail(const Error& why) = 0;
};

/// One signalling protocol over one account's session, registered in account/.
class Negotiator {
 public:
  virtual ~Negotiator() = default;
  /// Whose methods it agrees on: Method::family.
  virtual std::string_view family() const = 0;
  /// Has it what carries this method of its family, as the configuration has it?
  virtual bool carries(const Method& method) const = 0;
  /// Will this peer confirm the content after the transfer, so that no hash is needed before it?
  virtual bool confirms(const PeerFeatures& peer) const = 0;
  /// The digest that an offer of this family can carry, for peers that do not confirm.
  virtual HashAlgo offer_hash() const = 0;
  /// `handler` outlives the Sending.
  [[nodiscard]] virtual std::unique_ptr<Sending> offer(const Offer& offer, const OfferTerms& terms,
                                                       Sending::Handler& handler) = 0;
  /// Tells a peer of our kind that nothing more will come of an offer (Sending::open_sid), before
  /// its Sending, if that is still there, is destroyed. Whether it heard is not told.
  virtual void withdraw(const Jid& peer, const std::string& sid) = 0;
  /// Tells a peer of our kind, whose offer we declined for want of room (DiskFull), that there is
  /// some. Whether it heard is not told.
  virtual void say_ready(const Jid& peer) = 0;

  /// Does this set speak of an offer of that peer which is live, or over and still remembered?
  virtual bool knows(const Jid& from, const Element& payload) const = 0;
  /// This full JID went offline: what is agreed with it and has no stream yet ends.
  virtual void peer_gone(const Jid& full) = 0;
  /// The session is over, likewise for every peer.
  virtual void session_ended() = 0;
};

/// A peer's offer that waits for our answer. Destroyed unanswered it declines (403 forbidden).
class IncomingOffer {
 public:
  virtual ~IncomingOffer() = default;
  virtual const Offer& offer() const = 0;
  /// Whose it is: there as long as the account is.
  virtual Negotiator& negotiator() const = 0;
  /// Consumes the offer. `range` is the whole file unless the offer allowed ranges.
  /// `direct_allowed`: ip_policy lets us connect to this peer's addresses.
  struct Terms {
    ByteRange range;
    bool direct_allowed = true;
    bool own_proxy_only = false;
    bool streams_allowed = true;  ///< false: in-band only (ip_policy ibb-only)
  };
  [[nodiscard]] virtual std::unique_ptr<Receiving> accept(const Terms& terms,
                                                          Receiving::Handler& handler) = 0;
  /// Consumes the offer. Declined = forbidden; Cancelled (offered again after that), Constraint,
  /// DiskFull, Policy and Timeout have words of their own.
  virtual void decline(const Error& why) = 0;
  /// Consumes the offer of a program of our kind: its file is here, whole, of an earlier offer.
  virtual void have_it(const std::optional<Hash>& hash) = 0;
};

/// Who hears of offers: the session, which tells the queue whose they are.
class OfferListener {
 public:
  virtual void on_offer(std::unique_ptr<IncomingOffer> offer) = 0;
  /// False when nothing is known of it.
  virtual bool on_withdrawn(const Withdrawal& what) = 0;
  /// A peer of our kind has room again for what it declined.
  virtual void on_ready(const Jid& peer) = 0;

 protected:
  ~OfferListener() = default;
};

}  // namespace xmppftd

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

namespace xmppftd {

/// One file offered by one side to the other.
struct Offer {
  Jid peer;  ///< full JID of the other side
  FileInfo file;
  bool ranges = false;  ///< the offer says parts of the file may be asked for
  /// offers to us: its program is of our kind, and offers again by itself what was lost
  bool can_confirm = false;
  std::string sid{};  ///< offers to us: names it among those of its peer
};

/// A peer of our kind takes an offer back, or what we accepted of it.
struct Withdrawal {
  Jid peer;
  std::string sid;     ///< Offer::sid
  bool again = false;  ///< the file will be offered anew
};

/// What our side adds when it offers.
struct OfferPlan {
  std::vector<MethodChoice> methods;  ///< allowed, in our order of preference; never empty
  PeerFeatures peer;
  bool direct_allowed = true;  ///< ip_policy lets this peer see our addresses
  std::chrono::milliseconds answer_within{std::chrono::minutes(5)};  ///< the peer's user decides
};

/// Agreement with a peer about one file, from offer to goodbye. `Handler` calls never come from
/// inside a call to this object. Destroying it while a peer of our kind awaits the bytes tells that
/// peer that the file will be offered again, unless Negotiator::withdraw() told it that nothing
/// more comes.
class Negotiation {
 public:
  class Handler {
   public:
    /// Out only: the peer said yes and the stream is being opened.
    virtual void on_accepted() = 0;
    /// The stream is open. Start the carrier on `range` with `digest`: what the carrier shall
    /// compute because both sides will compare it. None for a part of a file: whoever wants to
    /// compare must hash the whole.
    virtual void on_carrier(std::unique_ptr<Carrier> carrier, ByteRange range,
                            std::optional<HashAlgo> digest) = 0;
    /// After complete(). Out: how sure we are. In: never an error; HandedOver.
    virtual void on_completed(Delivery delivery, std::optional<Hash> verified) = 0;
    /// In only, after delivered(): the sender's word about the content arrived (or never will):
    /// `declared` is what it must hash to, none = size only. Verify and publish, then call
    /// complete() or fail().
    virtual void on_declared(std::optional<Hash> declared) = 0;
    /// It failed: Declined, PeerOffline, NoCommonMethod, Timeout, StreamFailed, HashMismatch...
    /// Last call.
    virtual void on_ended(Error why) = 0;
    /// A line for the job's story.
    virtual void on_step(std::string_view what, std::string detail) = 0;

   protected:
    ~Handler() = default;
  };
  virtual ~Negotiation() = default;
  /// The carrier ended well. Out: `moved.hash` (of the whole file, or absent) goes to a peer that
  /// agreed to confirm; on_completed(Confirmed) follows when it published the file, on_ended when
  /// it could not or was never heard. Other peers: on_completed, Confirmed for an IBB stream whose
  /// every block and close were acknowledged, else HandedOver. In: on_declared follows;
  /// on_ended(Interrupted) when a peer that agreed to confirm says nothing for 60 s, or 10 min
  /// where a session was lost.
  virtual void delivered(const Moved& moved) = 0;
  /// Out only: the id of an offer that the peer may still hold, for Negotiator::withdraw(); "" = it
  /// holds none, or could not be told.
  virtual std::string open_sid() const { return ""; }
  /// In only, after on_declared: verified and published. on_completed follows.
  virtual void complete() = 0;
  /// In only: it was not what was offered, or could not be stored: tells the peer why where the
  /// protocol has words. No Handler call follows.
  virtual void fail(const Error& why) = 0;
};

/// One signalling protocol over one account's session, registered in account/.
class Negotiator {
 public:
  virtual ~Negotiator() = default;
  /// Can this resource be sent files, by at least one of `methods`?
  virtual bool can_reach(const PeerFeatures& peer,
                         const std::vector<MethodChoice>& methods) const = 0;
  /// Will this peer confirm the content after the transfer, so that no hash is needed before it?
  virtual bool confirms(const PeerFeatures& peer) const = 0;
  /// `handler` outlives the Negotiation.
  [[nodiscard]] virtual std::unique_ptr<Negotiation> offer(const Offer& offer,
                                                           const OfferPlan& plan,
                                                           Negotiation::Handler& handler) = 0;
  /// Tells a peer of our kind that nothing more will come of an offer (Negotiation::open_sid),
  /// before its Negotiation, if that is still there, is destroyed. Whether it heard is not told.
  virtual void withdraw(const Jid& peer, const std::string& sid) = 0;
};

/// A peer's offer that waits for our answer. Destroyed unanswered it declines (403 forbidden).
class IncomingOffer {
 public:
  virtual ~IncomingOffer() = default;
  virtual const Offer& offer() const = 0;
  /// Consumes the offer. `range` is the whole file unless the offer allowed ranges.
  /// `direct_allowed`: ip_policy lets us connect to this peer's addresses.
  struct Terms {
    ByteRange range;
    bool direct_allowed = true;
    bool own_proxy_only = false;
    bool streams_allowed = true;  ///< false: in-band only (ip_policy ibb-only)
  };
  [[nodiscard]] virtual std::unique_ptr<Negotiation> accept(const Terms& terms,
                                                            Negotiation::Handler& handler) = 0;
  /// Consumes the offer. Declined = forbidden; Cancelled (offered again after that), Constraint,
  /// Policy and Timeout have words of their own.
  virtual void decline(const Error& why) = 0;
};

/// Who hears of offers: the queue, through the account.
class OfferListener {
 public:
  virtual void on_offer(std::unique_ptr<IncomingOffer> offer) = 0;
  /// False when nothing is known of it.
  virtual bool on_withdrawn(const Withdrawal& what) = 0;

 protected:
  ~OfferListener() = default;
};

}  // namespace xmppftd

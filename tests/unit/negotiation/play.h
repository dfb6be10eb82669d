// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/namespaces.h"
#include "negotiation/si_negotiator.h"
#include "support/fake_bulk.h"
#include "support/fake_iq_channel.h"
#include "support/fake_transport.h"
#include "support/jid.h"

namespace xmppftd::test {

inline const std::string kSha = std::string(64, 'a');
inline const std::string kUs = "romeo@montague.lit/orchard";
inline const std::string kPeer = "juliet@capulet.lit/balcony";
inline const std::string kS5b = "http://jabber.org/protocol/bytestreams";
inline const std::string kIbb = "http://jabber.org/protocol/ibb";

/// A job as an agreement sees it: starts what it is given, remembers what it is told.
template <class Agreement>
struct FakeJob : Agreement::Handler, Carrier::Handler {
  std::vector<std::string> heard;  ///< "accepted", "carrier si-ibb 0+10 sha-256", ...
  std::optional<Error> ended;
  std::vector<std::string> steps;
  std::unique_ptr<Agreement> agreement;
  std::unique_ptr<Carrier> carrier;
  std::optional<Result<Moved>> moved;

  void on_carrier(std::unique_ptr<Carrier> its_carrier, ByteRange range,
                  std::optional<HashAlgo> digest) override {
    carrier = std::move(its_carrier);
    heard.push_back("carrier " + carrier->label().method + " " + std::to_string(range.offset) +
                    "+" + std::to_string(range.length) +
                    (digest ? " " + std::string(to_string(*digest)) : ""));
    carrier->start(some_file(digest), range, *this);
  }
  void on_ended(Error why) override {
    heard.push_back("ended " + std::string(to_string(why.code)));
    ended = std::move(why);
    agreement.reset();
  }
  void on_step(std::string_view what, std::string detail) override {
    steps.push_back(std::string(what) + " " + detail);
  }
  void on_end(Result<Moved> how) override {
    carrier.reset();
    moved = std::move(how);
  }
  /// What was heard since the last look.
  std::vector<std::string> take() { return std::exchange(heard, {}); }

 protected:
  ~FakeJob() = default;
};

struct SendJob final : FakeJob<Sending> {
  void on_accepted() override { heard.emplace_back("accepted"); }
  void on_completed(Delivery delivery, std::optional<Hash> verified) override {
    heard.push_back("completed " + std::string(to_string(delivery)) +
                    (verified ? " " + verified->hex : ""));
    agreement.reset();
  }
};

struct ReceiveJob final : FakeJob<Receiving> {
  void on_declared(std::optional<Hash> declared) override {
    heard.push_back("declared " +
                    (declared ? std::string(to_string(declared->algo)) + " " + declared->hex
                              : std::string("nothing")));
  }
  void on_completed() override {
    heard.emplace_back("completed");
    agreement.reset();
  }
};

using Heard = std::vector<std::string>;

/// One account with two stream methods.
template <class Job>
struct Play : OfferListener {
  FakeTimers timers;
  FakeIqChannel iq{timers, kUs};
  FakeTransport s5b{timers, kS5b};
  FakeTransport ibb{timers, kIbb};
  Job job;
  std::vector<std::unique_ptr<IncomingOffer>> offers;
  std::vector<std::string> withdrawn;  ///< "sid", "sid again"
  bool knows_withdrawn = true;
  std::vector<std::string> ready;  ///< full JIDs
  SiNegotiator negotiator{{iq, timers, {&s5b, &ibb}}, *this};

  virtual ~Play() {
    job.agreement.reset();
    offers.clear();
  }
  void on_offer(std::unique_ptr<IncomingOffer> offer) override {
    offers.push_back(std::move(offer));
  }
  bool on_withdrawn(const Withdrawal& what) override {
    withdrawn.push_back(what.sid + (what.again ? " again" : ""));
    return knows_withdrawn;
  }
  void on_ready(const Jid& peer) override { ready.push_back(peer.str()); }
};

}  // namespace xmppftd::test

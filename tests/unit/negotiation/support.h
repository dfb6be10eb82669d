// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "negotiation/si_negotiator.h"
#include "support/fake_iq_channel.h"
#include "support/fake_timers.h"
#include "support/fake_transport.h"
#include "support/jid.h"

namespace xmppftd::test {

/// Hears what a negotiation tells, as one line an event.
struct Listener final : Negotiation::Handler {
  void on_accepted() override { events.push_back("accepted"); }
  void on_carrier(std::unique_ptr<Carrier> opened, ByteRange range, std::optional<HashAlgo> digest) override {
    carrier = std::move(opened);
    events.push_back("carrier " + std::to_string(range.offset) + "+" + std::to_string(range.length) + " " +
                     (digest ? std::string(to_string(*digest)) : "none"));
  }
  void on_completed(Delivery delivery, std::optional<Hash> verified) override {
    events.push_back("completed " + std::string(to_string(delivery)) + (verified ? " " + verified->hex : ""));
  }
  void on_declared(std::optional<Hash> declared) override {
    events.push_back("declared " + (declared ? declared->hex : std::string("nothing")));
  }
  void on_ended(Error why) override { events.push_back("ended " + std::string(to_string(why.code))); }
  void on_step(std::string_view what, std::string) override { steps.push_back(std::string(what)); }

  /// What was heard since the last look.
  std::vector<std::string> heard() { return std::exchange(events, {}); }

  std::unique_ptr<Carrier> carrier;
  std::vector<std::string> events;
  std::vector<std::string> steps;
};

struct OfferBox final : OfferListener {
  void on_offer(std::unique_ptr<IncomingOffer> offer) override { offers.push_back(std::move(offer)); }
  std::vector<std::unique_ptr<IncomingOffer>> offers;
};

/// One account's negotiator between fakes.
struct Stage {
  FakeTimers timers;
  FakeIqChannel iq{timers};
  FakeTransport s5b{kNsBytestreams, "si-socks5"};
  FakeTransport ibb{kNsIbb, "si-ibb"};
  OfferBox box;
  SiNegotiator negotiator{{iq, timers, {&s5b, &ibb}}, box};
  Listener listener;
};

using Heard = std::vector<std::string>;

}  // namespace xmppftd::test

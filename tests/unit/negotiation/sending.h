// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>

#include "unit/negotiation/play.h"

namespace xmppftd::test {

struct OfferPlay final : Play<SendJob> {
  Offer offer{jid(kPeer), {}, true};
  OfferTerms terms;

  OfferPlay() {
    offer.file.name = "test.txt";
    offer.file.size = 1022;
    offer.file.modified = std::chrono::sys_seconds(std::chrono::seconds(61));
    offer.file.hash = Hash{HashAlgo::Md5, "552da749930852c69ae5d2141d3766b1"};
    terms.methods = {{"si-socks5", ""}, {"si-ibb", ""}};
    terms.peer.features = {std::string(kNsSi), std::string(kNsSiFile), kS5b, kIbb};
  }
  /// Up to the offer, which is taken.
  FakeIqChannel::Sent send() {
    job.agreement = negotiator.offer(offer, terms, job);
    iq.expect_nothing();
    timers.turn();
    return iq.take();
  }
  static std::vector<std::string> methods_of(const FakeIqChannel::Sent& sent) {
    auto parsed = SiOffer::parse(sent.payload());
    REQUIRE(parsed.ok());
    return parsed->methods;
  }
  static std::string answer(const std::string& method, const std::string& file = "",
                            bool confirm = false) {
    return "<si xmlns='http://jabber.org/protocol/si'>" + file +
           "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
           "type='submit'>"
           "<field var='stream-method'><value>" +
           method + "</value></field></x></feature>" +
           (confirm ? "<confirm xmlns='urn:xmppft:confirm:0'/>" : "") + "</si>";
  }
  void confirming() { terms.peer.features.insert(std::string(kNsConfirm)); }
};

}  // namespace xmppftd::test

// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>

#include "support/sids.h"
#include "unit/negotiation/play.h"

namespace xmppftd::test {

inline const std::string kMd5 = "552da749930852c69ae5d2141d3766b1";

struct AcceptPlay final : Play<ReceiveJob> {
  std::string sid = "a0";
  std::string profile = "http://jabber.org/protocol/si/profile/file-transfer";
  std::string file = "name='test.txt' size='1022' hash='" + kMd5 + "'";
  std::string inside = "<range/>";
  std::vector<std::string> methods{kS5b, kIbb};
  bool confirm = false;

  void arrive(const std::string& id = "offer1", const std::string& from = kPeer) {
    std::string options;
    for (const auto& method : methods) options += "<option><value>" + method + "</value></option>";
    iq.inject(
        "<iq type='set' id='" + id + "' from='" + from +
        "'><si xmlns='http://jabber.org/protocol/si' id='" + escaped(sid) + "' profile='" +
        profile + "'><file xmlns='http://jabber.org/protocol/si/profile/file-transfer' " + file +
        ">" + inside +
        "</file><feature xmlns='http://jabber.org/protocol/feature-neg'>"
        "<x xmlns='jabber:x:data' type='form'><field var='stream-method' type='list-single'>" +
        options + "</field></x></feature>" +
        (confirm ? "<confirm xmlns='urn:xmppft:confirm:0'/>" : "") + "</si></iq>");
  }
  std::string answer(const std::string& method, const std::string& range = "") const {
    return "<si xmlns='http://jabber.org/protocol/si'>" +
           (range.empty() ? ""
                          : "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'>" +
                                range + "</file>") +
           "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
           "type='submit'>"
           "<field var='stream-method'><value>" +
           method + "</value></field></x></feature>" +
           (confirm ? "<confirm xmlns='urn:xmppft:confirm:0'/>" : "") + "</si>";
  }
  void accept(IncomingOffer::Terms terms) {
    REQUIRE(offers.size() == 1);
    auto offer = std::move(offers.front());
    offers.clear();
    job.agreement = offer->accept(terms, job);
  }
  void accept() {
    IncomingOffer::Terms terms;
    terms.range = {0, offers.at(0)->offer().file.known_size()};
    accept(terms);
  }
  void done(const std::string& id, const std::string& hash = kSha,
            const std::string& from = kPeer) {
    iq.inject("<iq type='set' id='" + id + "' from='" + from +
              "'><done xmlns='urn:xmppft:confirm:0' sid='" + escaped(sid) + "'>" +
              (hash.empty() ? ""
                            : "<hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>" +
                                  to_base64(*from_hex(hash)) + "</hash>") +
              "</done></iq>");
  }
  /// Accepted; the stream is open by S5B.
  std::shared_ptr<FakeCarrier::State> stream() {
    arrive();
    accept();
    iq.expect_result("offer1", "*");
    auto state = s5b.succeed();
    job.take();
    return state;
  }
  /// The job reports that all bytes are here.
  void deliver(FakeCarrier::State& state) {
    state.end(Moved{1022, std::nullopt, false});
    REQUIRE(job.moved.has_value());
    job.agreement->delivered(**job.moved);
  }
};

}  // namespace xmppftd::test

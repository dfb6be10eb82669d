// SPDX-License-Identifier: MIT
#include "account/ways.h"

#include <catch2/catch.hpp>

#include "support/jid.h"

namespace ways_test {
using namespace xmppftd;
using namespace xmppftd::test;
namespace {

/// A signalling protocol that carries what the test says.
class OneFamily final : public Negotiator {
 public:
  OneFamily(std::string_view family, bool carries) : family_(family), carries_(carries) {}
  std::string_view family() const override { return family_; }
  bool carries(const Method&) const override { return carries_; }
  bool confirms(const PeerFeatures&) const override { return false; }
  HashAlgo offer_hash() const override { return HashAlgo::Md5; }
  std::unique_ptr<Sending> offer(const Offer&, const OfferTerms&, Sending::Handler&) override {
    return nullptr;
  }
  void withdraw(const Jid&, const std::string&) override {}
  void say_ready(const Jid&) override {}
  bool knows(const Jid&, const Element&) const override { return false; }
  void peer_gone(const Jid&) override {}
  void session_ended() override {}

 private:
  const std::string_view family_;
  const bool carries_;
};

const Jid kAsked = jid("juliet@capulet.lit");
const Jid kFull = jid("juliet@capulet.lit/balcony");

PeerFinder::Found found_with(std::initializer_list<std::string_view> features) {
  PeerFinder::Found found{kFull, {}};
  for (const auto feature : features) found.features.features.emplace(feature);
  return found;
}

std::vector<std::string> words(const std::vector<MethodChoice>& methods) {
  std::vector<std::string> words;
  for (const auto& method : methods) words.push_back(method.str());
  return words;
}

}  // namespace

TEST_CASE("ways: what one signalling protocol agrees on is one way, in the order asked for",
          "[ways]") {
  OneFamily si(kNsSi, true);
  const std::vector<MethodChoice> methods{
      {"si-ibb", ""}, {"si-socks5", "proxy"}, {"si-socks5", "direct"}};
  const Ways ways({&si}, methods, {});
  CHECK(ways.need_resource());
  const auto plan = ways.to(kAsked, found_with({kNsSi, kNsSiFile, kNsIbb, kNsBytestreams}));
  REQUIRE(plan.ok());
  REQUIRE(plan->ways.size() == 1);
  CHECK(plan->ways[0].negotiator == &si);
  CHECK(plan->ways[0].peer == kFull);
  CHECK(plan->ways[0].methods == methods);
  CHECK(plan->ways[0].features.has(kNsIbb));
  CHECK(plan->left_out.empty());
}

TEST_CASE("ways: the profile and a stream method, not the one without the other", "[ways]") {
  OneFamily si(kNsSi, true);
  const Ways ways({&si}, all_choices(), {});
  CHECK(ways.can_reach(found_with({kNsSi, kNsSiFile, kNsIbb}).features));
  CHECK_FALSE(ways.can_reach(found_with({kNsBytestreams, kNsIbb}).features));  // Gajim
  CHECK_FALSE(ways.can_reach(found_with({kNsSi, kNsSiFile}).features));
  CHECK_FALSE(ways.can_reach(found_with({kNsSi, kNsIbb}).features));
  CHECK_FALSE(ways.can_reach({}));
}

TEST_CASE("ways: what the peer does not take is left out, and said", "[ways]") {
  OneFamily si(kNsSi, true);
  const auto plan =
      Ways({&si}, all_choices(), {}).to(kAsked, found_with({kNsSi, kNsSiFile, kNsIbb}));
  REQUIRE(plan.ok());
  CHECK(words(plan->ways.at(0).methods) == std::vector<std::string>{"si-ibb"});
  REQUIRE(plan->left_out.size() == 1);
  CHECK(plan->left_out[0].method.str() == "si-socks5");
  CHECK(plan->left_out[0].why.code == Errc::PeerUnsupported);
}

TEST_CASE("ways: ip_policy ibb-only leaves out what shows our address", "[ways]") {
  OneFamily si(kNsSi, true);
  PeerTrust trust;
  trust.streams_allowed = false;
  const auto everything = found_with({kNsSi, kNsSiFile, kNsIbb, kNsBytestreams});
  const auto plan = Ways({&si}, all_choices(), trust).to(kAsked, everything);
  REQUIRE(plan.ok());
  CHECK(words(plan->ways.at(0).methods) == std::vector<std::string>{"si-ibb"});
  const Ways none({&si}, {{"si-socks5", ""}}, trust);
  CHECK_FALSE(none.need_resource());
  const auto refused = none.to(kAsked, std::nullopt);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Errc::Policy);
  CHECK(refused.error().detail.find("si-ibb") != std::string::npos);
}

TEST_CASE("ways: a method whose protocol or transport is not there is left out", "[ways]") {
  OneFamily other("urn:example:other", true), empty(kNsSi, false);
  for (auto* negotiator : {&other, &empty}) {
    const Ways ways({negotiator}, all_choices(), {});
    CHECK_FALSE(ways.need_resource());
    const auto plan = ways.to(kAsked, std::nullopt);
    REQUIRE_FALSE(plan.ok());
    // Nobody was looked for, and no presence of the peer would help.
    CHECK(plan.error().code == Errc::NoCommonMethod);
    CHECK(plan.error().detail.find("\"methods\" names none that this job may use (si-socks5, "
                                   "si-ibb); name one there") != std::string::npos);
  }
}

TEST_CASE("ways: a method that is not known is left out, and what is left is tried", "[ways]") {
  OneFamily si(kNsSi, true);
  const auto everything = found_with({kNsSi, kNsSiFile, kNsIbb, kNsBytestreams});
  const MethodChoice tor{"upload", "tor"}, route{"si-socks5", "tor"};
  const auto plan = Ways({&si}, {tor, {"si-ibb", ""}, route}, {}).to(kAsked, everything);
  REQUIRE(plan.ok());
  CHECK(words(plan->ways.at(0).methods) == std::vector<std::string>{"si-ibb"});
  REQUIRE(plan->left_out.size() == 2);
  CHECK(plan->left_out[0].method == tor);
  CHECK(plan->left_out[1].method == route);
  for (const auto& one : plan->left_out) {
    CHECK(one.why.code == Errc::NoCommonMethod);
    CHECK(one.why.detail == "this xmppftd knows no such method");
  }
}

TEST_CASE("ways: where no method is known the job is told which there are", "[ways]") {
  OneFamily si(kNsSi, true);
  const Ways ways({&si}, {{"upload", "tor"}}, {});
  CHECK_FALSE(ways.need_resource());
  const auto plan = ways.to(kAsked, std::nullopt);
  REQUIRE_FALSE(plan.ok());
  CHECK(plan.error().code == Errc::NoCommonMethod);
  CHECK(plan.error().detail.find("\"upload/tor\" is not a method; choose from si-") == 0);
}

TEST_CASE("ways: one that is not known does not hide why the others are none", "[ways]") {
  OneFamily si(kNsSi, true);
  PeerTrust trust;
  trust.streams_allowed = false;
  const auto plan =
      Ways({&si}, {{"si-socks5", ""}, {"upload", ""}}, trust).to(kAsked, std::nullopt);
  REQUIRE_FALSE(plan.ok());
  CHECK(plan.error().code == Errc::Policy);
}

TEST_CASE("ways: why no resource was found is why there is no way", "[ways]") {
  OneFamily si(kNsSi, true);
  for (const auto code : {Errc::NotOnline, Errc::PeerOffline, Errc::NoSuchPeer}) {
    const auto plan = Ways({&si}, all_choices(), {})
                          .to(kAsked, Result<PeerFinder::Found>(Error{code, "the test says so"}));
    REQUIRE_FALSE(plan.ok());
    CHECK(plan.error().code == code);
  }
}

}  // namespace ways_test

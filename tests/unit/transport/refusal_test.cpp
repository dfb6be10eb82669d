// SPDX-License-Identifier: MIT
#include "transport/refusal.h"

#include <catch2/catch.hpp>

namespace refusal_test {

using namespace xmppftd;

TEST_CASE("refusal: each tells what it means, the condition and the peer's own words",
          "[refusal]") {
  const auto step = GENERATE(Step::SiOffer, Step::S5bOffer, Step::S5bActivation, Step::IbbOpen,
                             Step::IbbBlock, Step::Confirmation);
  for (int i = 0; i <= static_cast<int>(Condition::UnexpectedRequest); ++i) {
    const auto condition = static_cast<Condition>(i);
    IqFailure failure{IqFailure::Kind::Refused, StanzaError::of(condition, "Tybalt\x1b said no")};
    const Error why = explain(step, failure);
    const auto said = why.detail.find(" (" + std::string(to_string(condition)));
    REQUIRE(said != std::string::npos);
    CHECK(said > 20);  // a sentence stands before it
    CHECK(why.detail.find("Tybalt") != std::string::npos);
    CHECK(why.detail.find('\x1b') == std::string::npos);
    CHECK(why.detail.find("answered") == std::string::npos);
    CHECK(why.code == to_error(failure.error, "").code);
  }
}

TEST_CASE("refusal: silence and the end of our session have words of their own", "[refusal]") {
  const auto step = GENERATE(Step::SiOffer, Step::S5bOffer, Step::S5bActivation, Step::IbbOpen,
                             Step::IbbBlock, Step::Confirmation);
  CHECK(explain(step, {IqFailure::Kind::Timeout, {}}).code == Errc::Timeout);
  CHECK(explain(step, {IqFailure::Kind::Timeout, {}}).detail.find("in time") != std::string::npos);
  CHECK(explain(step, {IqFailure::Kind::Disconnected, {}}).code == Errc::NotOnline);
}

TEST_CASE("refusal: an application condition says it more exactly", "[refusal]") {
  auto error = StanzaError::of(Condition::BadRequest);
  error.application = Element("no-valid-streams", "http://jabber.org/protocol/si");
  const auto why = explain(Step::SiOffer, {IqFailure::Kind::Refused, error});
  CHECK(why.code == Errc::NoCommonMethod);
  CHECK(why.detail.find("--method") != std::string::npos);
}

TEST_CASE("refusal: what a proxy forgot goes on in-band or is offered again, and both are said",
          "[refusal]") {
  for (const auto condition :
       {Condition::ItemNotFound, Condition::NotAllowed, Condition::BadRequest}) {
    const auto why =
        explain(Step::S5bActivation, {IqFailure::Kind::Refused, StanzaError::of(condition)});
    CHECK(why.detail.find("in-band if it may, else it is offered again") != std::string::npos);
  }
}

}  // namespace refusal_test

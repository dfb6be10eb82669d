// SPDX-License-Identifier: MIT
#include "transport/refusal.h"

#include <set>
#include <vector>

#include <catch2/catch.hpp>

namespace refusal_test {

using namespace xmppftd;

namespace {

constexpr Step kSteps[] = {Step::SiOffer, Step::S5bOffer, Step::S5bActivation,
                           Step::IbbOpen, Step::IbbBlock, Step::Confirmation};

const std::string kGone = "the peer went offline meanwhile; the job goes on when it is back";
const std::string kNoSuchServer = "the peer's server cannot be found";
const std::string kServerSilent = "the peer's server does not answer";

/// How the sentence begins that a user reads after a refusal.
struct Meaning {
  Step step;
  std::string words;
  std::vector<Condition> conditions;
};

std::vector<Meaning> meanings() {
  using enum Condition;
  return {
      {Step::SiOffer, "the peer's program does not understand the offer", {BadRequest}},
      {Step::SiOffer, "the peer's program takes no files (XEP-0096)", {FeatureNotImplemented}},
      {Step::SiOffer, "the peer declined the file", {Forbidden}},
      {Step::SiOffer, "the peer's program does not take the file as", {NotAcceptable}},
      {Step::SiOffer, "a server on the way did not let the offer pass", {NotAllowed}},
      {Step::SiOffer,
       "the peer takes files of its contacts only",
       {NotAuthorized, RegistrationRequired, SubscriptionRequired}},
      {Step::SiOffer,
       "the peer is not there any more",
       {ItemNotFound, RecipientUnavailable, ServiceUnavailable}},
      {Step::SiOffer, "the peer does not use this address any more", {Gone, Redirect}},
      {Step::SiOffer, "a server on the way does not take the peer's address", {JidMalformed}},
      {Step::SiOffer, kNoSuchServer, {RemoteServerNotFound}},
      {Step::SiOffer, kServerSilent, {RemoteServerTimeout}},
      {Step::SiOffer, "the peer takes no more files just now", {ResourceConstraint}},
      {Step::SiOffer, "the rules of the peer or of a server forbid", {PolicyViolation}},
      {Step::SiOffer,
       "the peer's program failed over the offer",
       {Conflict, InternalServerError, UndefinedCondition, UnexpectedRequest}},

      {Step::S5bOffer,
       "the peer reached none of the offered hosts",
       {ItemNotFound, RemoteServerNotFound, RemoteServerTimeout}},
      {Step::S5bOffer,
       "the peer's program refused the SOCKS5 stream",
       {Forbidden, NotAcceptable, NotAllowed, NotAuthorized, RegistrationRequired,
        SubscriptionRequired}},
      {Step::S5bOffer, kGone, {Gone, RecipientUnavailable, Redirect, ServiceUnavailable}},
      {Step::S5bOffer,
       "the peer's program does not understand the offered hosts",
       {BadRequest, FeatureNotImplemented, JidMalformed, UnexpectedRequest}},
      {Step::S5bOffer,
       "the peer takes no more streams just now",
       {PolicyViolation, ResourceConstraint}},
      {Step::S5bOffer,
       "the peer's program could not open the SOCKS5 stream",
       {Conflict, InternalServerError, UndefinedCondition}},

      {Step::S5bActivation,
       "the proxy does not know the stream",
       {BadRequest, Conflict, ItemNotFound, NotAcceptable, NotAllowed, UnexpectedRequest}},
      {Step::S5bActivation,
       "the proxy does not serve this account",
       {Forbidden, NotAuthorized, RegistrationRequired, SubscriptionRequired}},
      {Step::S5bActivation,
       "the proxy is not there any more",
       {Gone, RecipientUnavailable, Redirect, RemoteServerNotFound, RemoteServerTimeout,
        ServiceUnavailable}},
      {Step::S5bActivation,
       "the proxy takes no more streams just now",
       {PolicyViolation, ResourceConstraint}},
      {Step::S5bActivation,
       "the proxy could not connect the two sides",
       {FeatureNotImplemented, InternalServerError, JidMalformed, UndefinedCondition}},

      {Step::IbbOpen,
       "the peer's program does not know the file any more",
       {ItemNotFound, UnexpectedRequest}},
      {Step::IbbOpen,
       "the peer's program takes no in-band stream of us",
       {Forbidden, NotAcceptable, NotAllowed, NotAuthorized, RegistrationRequired,
        SubscriptionRequired}},
      {Step::IbbOpen,
       "the peer's program does not understand in-band streams",
       {BadRequest, FeatureNotImplemented, JidMalformed}},
      {Step::IbbOpen,
       "the peer went offline meanwhile, or its program has no in-band streams",
       {Gone, RecipientUnavailable, Redirect, ServiceUnavailable}},
      {Step::IbbOpen, kNoSuchServer, {RemoteServerNotFound}},
      {Step::IbbOpen, kServerSilent, {RemoteServerTimeout}},
      {Step::IbbOpen,
       "the peer takes no in-band stream just now",
       {PolicyViolation, ResourceConstraint}},
      {Step::IbbOpen,
       "the peer's program could not open an in-band stream",
       {Conflict, InternalServerError, UndefinedCondition}},

      {Step::IbbBlock,
       "the peer's program could not use a block",
       {BadRequest, NotAcceptable, UnexpectedRequest}},
      {Step::IbbBlock,
       "the peer's program gave the in-band stream up",
       {Conflict, Forbidden, ItemNotFound, NotAllowed, NotAuthorized, RegistrationRequired,
        SubscriptionRequired}},
      {Step::IbbBlock, kGone, {Gone, RecipientUnavailable, Redirect, ServiceUnavailable}},
      {Step::IbbBlock, kNoSuchServer, {RemoteServerNotFound}},
      {Step::IbbBlock, kServerSilent, {RemoteServerTimeout}},
      {Step::IbbBlock,
       "the peer or a server does not keep up with the in-band stream",
       {PolicyViolation, ResourceConstraint}},
      {Step::IbbBlock,
       "the peer's program ended the in-band stream",
       {FeatureNotImplemented, InternalServerError, JidMalformed, UndefinedCondition}},

      {Step::Confirmation,
       "the receiver knows nothing of the file any more",
       {ItemNotFound, UnexpectedRequest}},
      {Step::Confirmation, kGone, {Gone, RecipientUnavailable, Redirect, ServiceUnavailable}},
      {Step::Confirmation, kNoSuchServer, {RemoteServerNotFound}},
      {Step::Confirmation, kServerSilent, {RemoteServerTimeout}},
      {Step::Confirmation,
       "the receiver has no room for the file",
       {PolicyViolation, ResourceConstraint}},
      {Step::Confirmation,
       "the receiver has all bytes but could not keep the file",
       {BadRequest, Conflict, FeatureNotImplemented, Forbidden, InternalServerError, JidMalformed,
        NotAcceptable, NotAllowed, NotAuthorized, RegistrationRequired, SubscriptionRequired,
        UndefinedCondition}},
  };
}

std::string said(Step step, const StanzaError& error) {
  return explain(step, {IqFailure::Kind::Refused, error}).detail;
}

}  // namespace

TEST_CASE("refusal: each condition at each step has its own meaning", "[refusal]") {
  std::set<std::pair<Step, Condition>> seen;
  for (const auto& [step, words, conditions] : meanings())
    for (const auto condition : conditions) {
      INFO("step " << static_cast<int>(step) << ", " << to_string(condition));
      const auto sentence = said(step, StanzaError::of(condition));
      CHECK(sentence.substr(0, words.size()) == words);
      CHECK(seen.emplace(step, condition).second);
    }
  const auto conditions = static_cast<std::size_t>(Condition::UnexpectedRequest) + 1;
  CHECK(seen.size() == std::size(kSteps) * conditions);  // and none is left out
}

TEST_CASE("refusal: an application condition means something at its own step only", "[refusal]") {
  struct Own {
    Step step;
    std::string name, words;
  };
  const std::vector<Own> all = {
      {Step::SiOffer, "no-valid-streams", "the peer's program takes none of the ways"},
      {Step::SiOffer, "bad-profile", "the peer's program takes streams but no files (XEP-0096)"},
      {Step::SiOffer, "cannot-store", "the receiver's disk failed again"},
      {Step::IbbBlock, "cannot-store", "the receiver's disk failed again"},
      {Step::Confirmation, "cannot-store", "the receiver's disk failed again"},
      {Step::Confirmation, "hash-mismatch", "what arrived is not what was sent"},
      {Step::Confirmation, "unheard-of", ""},
  };
  for (const auto step : kSteps)
    for (const auto& own : all) {
      auto error = StanzaError::of(Condition::BadRequest);
      const auto plain = said(step, error);
      error.application = Element(own.name, "urn:example:errors");
      const auto sentence = said(step, error);
      INFO("step " << static_cast<int>(step) << ", " << own.name);
      const auto own_word = [&](const Own& one) {
        return one.step == step && one.name == own.name;
      };
      const auto meant = std::find_if(all.begin(), all.end(), own_word);
      const auto words = meant != all.end() && !meant->words.empty()
                             ? meant->words
                             : plain.substr(0, plain.find(" (bad-request"));
      CHECK(sentence.substr(0, words.size()) == words);
      CHECK(sentence.find(" (bad-request, " + own.name + ")") != std::string::npos);
    }
}

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

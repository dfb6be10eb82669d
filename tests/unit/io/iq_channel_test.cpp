// SPDX-License-Identifier: MIT
#include "io/iq_channel.h"

#include <catch2/catch.hpp>

#include "support/xml.h"

namespace iq_channel_test {

using namespace xmppftd;

namespace {

/// Collects answers; `line` is what a session holds and drops when it ends.
struct Answers final : IncomingIq::Responder {
  std::vector<std::string> sent;
  std::shared_ptr<IncomingIq::Responder*> line = std::make_shared<IncomingIq::Responder*>(this);

  void respond(const IncomingIq&, Iq answer) override {
    sent.push_back(answer.build().to_xml(kNsClient));
  }
  IncomingIq request() {
    auto iq = Iq::parse(
        test::parse_xml("<iq type='set' id='7' from='juliet@capulet.lit/balcony'"
                        " to='romeo@montague.lit/orchard'><ping xmlns='urn:xmpp:ping'/></iq>"));
    return {*iq, *Jid::parse("juliet@capulet.lit/balcony"), line};
  }
};

constexpr auto kDropped =
    "<iq type='error' id='7' to='juliet@capulet.lit/balcony'><error type='cancel' code='500'>"
    "<internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>";

}  // namespace

TEST_CASE("incoming iq: each kind of answer carries the id and goes to the asker", "[iq]") {
  Answers answers;
  answers.request().reply();
  answers.request().reply(Element("pong", "urn:xmpp:ping"));
  answers.request().fail(StanzaError::of(Condition::ItemNotFound));
  REQUIRE(answers.sent.size() == 3);
  CHECK(answers.sent[0] == "<iq type='result' id='7' to='juliet@capulet.lit/balcony'/>");
  CHECK(answers.sent[1] ==
        "<iq type='result' id='7' to='juliet@capulet.lit/balcony'>"
        "<pong xmlns='urn:xmpp:ping'/></iq>");
  CHECK(answers.sent[2].find("<item-not-found") != std::string::npos);
}

TEST_CASE("incoming iq: dropped unanswered it answers internal-server-error, once", "[iq]") {
  Answers answers;
  {
    auto first = answers.request();
    auto second = std::move(first);  // the empty shell of `first` owes nothing
    CHECK(second.from().str() == "juliet@capulet.lit/balcony");
    CHECK(second.to() == "romeo@montague.lit/orchard");
  }
  CHECK(answers.sent == std::vector<std::string>{kDropped});
}

TEST_CASE("incoming iq: assigning over an unanswered one answers that one", "[iq]") {
  Answers answers;
  auto held = answers.request();
  held = answers.request();
  CHECK(answers.sent == std::vector<std::string>{kDropped});
  held.reply();
  CHECK(answers.sent.size() == 2);
}

TEST_CASE("incoming iq: after the session ended its answer goes nowhere", "[iq]") {
  Answers answers;
  auto cleared = answers.request();
  auto expired = answers.request();
  *answers.line = nullptr;
  cleared.reply();
  answers.line.reset();
  expired.reply();
  CHECK(answers.sent.empty());
}

TEST_CASE("iq failure: each kind has its code and names the step", "[iq]") {
  const auto refused =
      IqFailure{IqFailure::Kind::Refused, StanzaError::of(Condition::Forbidden)}.to_error(
          "SI offer");
  CHECK(refused.code == Errc::Declined);
  CHECK(refused.detail.find("SI offer") == 0);
  CHECK(IqFailure{IqFailure::Kind::Timeout, {}}.to_error("SI offer").code == Errc::Timeout);
  CHECK(IqFailure{IqFailure::Kind::Disconnected, {}}.to_error("SI offer").code == Errc::NotOnline);
}

}  // namespace iq_channel_test

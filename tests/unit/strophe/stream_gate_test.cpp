// SPDX-License-Identifier: MIT
#include "strophe/stream_gate.h"

#include <catch2/catch.hpp>

#include "fake_policy.h"

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

using Notes = std::vector<std::string>;
const std::string kStream = "http://etherx.jabber.org/streams\x1f";
const std::string kSasl = "urn:ietf:params:xml:ns:xmpp-sasl\x1f";
const std::string kTls = "urn:ietf:params:xml:ns:xmpp-tls\x1f";

struct Gate {
  Transcript out;
  FakePolicy policy;
  PolicyScope scope{policy};
  StreamGate gate{out, out};
  Feed<StreamGate> feed{gate};

  Gate() { feed.open(kStream + "stream"); }
  Gate& offer(const Notes& mechanisms) {
    feed.open(kStream + "features").open(kSasl + "mechanisms");
    for (const auto& name : mechanisms) feed.element(kSasl + "mechanism", name);
    feed.close().element("urn:other\x1fother").close();
    return *this;
  }
};

}  // namespace

TEST_CASE("gate: libstrophe sees the chosen mechanism alone", "[strophe]") {
  Gate t;
  t.policy.choice = "SCRAM-SHA-1";
  t.offer({"PLAIN", "SCRAM-SHA-1", "DIGEST-MD5"});
  CHECK(t.policy.notes ==
        Notes{"offered PLAIN", "offered SCRAM-SHA-1", "offered DIGEST-MD5", "features mechanisms"});
  CHECK(t.out.xml.find("DIGEST") == std::string::npos);
  CHECK(t.out.xml.find("PLAIN") == std::string::npos);
  CHECK(t.out.xml.find("|mechanism>SCRAM-SHA-1</") != std::string::npos);
  CHECK(t.out.xml.find("<urn:other|other>") != std::string::npos);
}

TEST_CASE("gate: no chosen mechanism, none to see", "[strophe]") {
  Gate t;
  t.offer({"PLAIN", "DIGEST-MD5"});
  CHECK(t.out.xml.find("|mechanism>") == std::string::npos);
  CHECK(t.out.xml.find("|mechanisms></") != std::string::npos);
}

TEST_CASE("gate: features are reported, and refused if the policy says so", "[strophe]") {
  Gate t;
  t.policy.features_fine = GENERATE(true, false);
  t.feed.open(kStream + "features")
      .element(kTls + "starttls")
      .element(
          "urn:ietf:params:xml:ns:xmpp-bind\x1f"
          "bind");
  t.feed.close();
  CHECK(t.policy.notes == Notes{"features starttls bind"});
  CHECK(t.out.refusals.empty() == t.policy.features_fine);
  CHECK(t.out.xml.ends_with("features>") == t.policy.features_fine);
}

TEST_CASE("gate: starttls of another namespace is none", "[strophe]") {
  Gate t;
  t.feed.open(kStream + "features").element("urn:x\x1fstarttls").close();
  CHECK(t.policy.notes == Notes{"features"});
}

TEST_CASE("gate: what comes in clear behind <proceed/> is not believed", "[strophe]") {
  Gate t;
  t.feed.element(kTls + "proceed").open(kStream + "features");
  CHECK(t.out.refusals == Notes{"data behind <proceed/>"});
  CHECK(t.out.xml.ends_with("proceed>"));
}

TEST_CASE("gate: the condition of a SASL failure is told, its text is not", "[strophe]") {
  Gate t;
  t.feed.open(kSasl + "failure").element(kSasl + "not-authorized");
  t.feed.element(kSasl + "text", "no").close();
  CHECK(t.policy.notes == Notes{"failure not-authorized"});
}

TEST_CASE("gate: a challenge is read before libstrophe computes it", "[strophe]") {
  Gate t;
  t.policy.challenge_fine = GENERATE(true, false);
  t.feed.element(kSasl + "challenge", "cj1h");
  CHECK(t.policy.notes == Notes{"challenge cj1h"});
  CHECK(t.out.refusals.empty() == t.policy.challenge_fine);
  CHECK(t.out.xml.ends_with("challenge>") == t.policy.challenge_fine);
}

TEST_CASE("gate: an empty stream error is never passed on empty", "[strophe]") {
  Gate t;
  t.feed.element(kStream + "error");
  CHECK(t.out.xml.ends_with("error> </http://etherx.jabber.org/streams|error>"));
  CHECK(t.out.texts == 1);
}

TEST_CASE("gate: stanzas pass as they are", "[strophe]") {
  Gate t;
  t.feed.open("jabber:client\x1fiq", {"id", "1"})
      .open(kSasl + "mechanisms")
      .element(kSasl + "mechanism", "PLAIN");
  t.feed.close().close();
  CHECK(t.policy.notes.empty());
  CHECK(t.out.xml.find("|mechanism>PLAIN</") != std::string::npos);
}

TEST_CASE("gate: without a policy everything passes", "[strophe]") {
  Transcript out;
  StreamGate gate(out, out);
  Feed feed(gate);
  feed.open(kStream + "stream").open(kStream + "features").open(kSasl + "mechanisms");
  feed.element(kSasl + "mechanism", "PLAIN").close().close();
  CHECK(out.xml.find("|mechanism>PLAIN</") != std::string::npos);
}

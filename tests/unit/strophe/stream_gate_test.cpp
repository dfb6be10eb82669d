// SPDX-License-Identifier: MIT
#include "strophe/stream_gate.h"

#include <catch2/catch.hpp>

#include "fake_policy.h"

namespace stream_gate_test {

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
          "bind")
      .element("urn:xmpp:features:pre-approval\x1fsub");
  t.feed.close();
  CHECK(t.policy.notes == Notes{"features starttls bind pre-approval"});
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

TEST_CASE("gate: a SASL failure is told with its text (RFC 6120 s6.4.5)", "[strophe]") {
  Gate t;
  t.feed.open(kSasl + "failure").element(kSasl + "not-authorized");
  t.feed.element(kSasl + "text", "locked, try in 20 minutes").close();
  t.feed.open(kSasl + "failure")
      .element(kSasl + "text", "first")
      .element(kSasl + "aborted")
      .close();
  t.feed.element(kSasl + "failure");
  CHECK(t.policy.notes == Notes{"failure not-authorized: locked, try in 20 minutes",
                                "failure aborted: first", "failure "});
}

TEST_CASE("gate: the text of a failure is bounded", "[strophe]") {
  Gate t;
  t.feed.open(kSasl + "failure").element(kSasl + "text", std::string(100'000, 'x')).close();
  REQUIRE(t.policy.notes.size() == 1);
  CHECK(t.policy.notes[0].size() < 1100);
}

TEST_CASE("gate: a stream error is told with its condition, content and text", "[strophe]") {
  const std::string streams = "urn:ietf:params:xml:ns:xmpp-streams\x1f";
  Gate t;
  t.feed.open(kStream + "error").element(streams + "see-other-host", "[2001:db8::1]:5222");
  t.feed.element(streams + "text", "moved").element("urn:x\x1fown-condition", "not this").close();
  CHECK(t.policy.notes == Notes{"stream error see-other-host: moved <[2001:db8::1]:5222>"});
}

TEST_CASE("gate: a refused bind is told, not what stands in the request", "[strophe]") {
  const std::string bind = "urn:ietf:params:xml:ns:xmpp-bind\x1f";
  const std::string stanzas = "urn:ietf:params:xml:ns:xmpp-stanzas\x1f";
  const std::string client = "jabber:client\x1f";
  Gate t;
  t.feed.open(client + "iq", {"id", "_xmpp_bind1", "type", "error"});
  t.feed.open(bind + "bind").element(bind + "resource", "phone").close();
  t.feed.open(client + "error", {"type", "cancel"}).element(stanzas + "conflict");
  t.feed.element(stanzas + "text", "taken").close().close();
  CHECK(t.policy.notes == Notes{"bind failure conflict: taken"});
  // No other error is one.
  t.feed.open(client + "iq", {"id", "7", "type", "error"}).open(client + "error");
  t.feed.element(stanzas + "conflict").close().close();
  t.feed.open(client + "iq", {"id", "_xmpp_bind1", "type", "result"}).close();
  CHECK(t.policy.notes.size() == 1);
}

TEST_CASE("gate: the domain that the server says it serves is told", "[strophe]") {
  Transcript out;
  FakePolicy policy;
  PolicyScope scope{policy};
  StreamGate gate{out, out};
  Feed feed(gate);
  feed.open(kStream + "stream", {"id", "1", "from", "example.org"});
  CHECK(policy.notes == Notes{"header from example.org"});
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

}  // namespace stream_gate_test

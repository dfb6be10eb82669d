// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "base/bytes.h"
#include "strophe/certificate.h"
#include "strophe/down_reason.h"
#include "strophe/sasl.h"

using namespace xmppftd;
using Catch::Matchers::Contains;

namespace {

const std::string kFingerprint(64, 'a');
const Certificate kShown{"/CN=example.org", "/CN=Some CA", "Nov 22 12:00:00 2026 GMT",
                         "Dec 22 12:00:00 2026 GMT", kFingerprint};

bool sane(std::string_view challenge) { return rounds_are_sane(to_base64(view_of(challenge))); }

}  // namespace

TEST_CASE("sasl: the strongest SCRAM is chosen", "[strophe]") {
  CHECK(best_mechanism({"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"}, true) == "SCRAM-SHA-256");
  CHECK(best_mechanism({"SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "SCRAM-SHA-512"}, false) ==
        "SCRAM-SHA-512");
}

TEST_CASE("sasl: PLAIN only where allowed, DIGEST-MD5 never", "[strophe]") {
  CHECK(best_mechanism({"PLAIN", "DIGEST-MD5"}, false).empty());
  CHECK(best_mechanism({"PLAIN", "DIGEST-MD5"}, true) == "PLAIN");
  CHECK(best_mechanism({"DIGEST-MD5", "ANONYMOUS", "EXTERNAL"}, true).empty());
}

TEST_CASE("sasl: absurd numbers of SCRAM rounds are refused", "[strophe]") {
  CHECK(sane("r=abc,s=c2FsdA==,i=4096"));
  CHECK(sane("r=abc,s=c2FsdA==,i=500000"));
  CHECK_FALSE(sane("r=abc,s=c2FsdA==,i=500001"));
  CHECK_FALSE(sane("r=abc,s=c2FsdA==,i=0"));
  CHECK_FALSE(sane("r=abc,s=c2FsdA==,i=-1"));
  CHECK_FALSE(sane("i=4096x,r=abc"));
  CHECK_FALSE(sane("i=4096,r=abc,i=4000000000"));
  CHECK(sane("r=abc"));
  CHECK(rounds_are_sane("not base64!"));
}

TEST_CASE("sasl: a failure's condition decides whether to ask for the password", "[strophe]") {
  CHECK(sasl_error("not-authorized").code == Errc::AuthFailed);
  CHECK(sasl_error("account-disabled").code == Errc::AuthFailed);
  CHECK(sasl_error("made-up").code == Errc::AuthFailed);
  CHECK(sasl_error("temporary-auth-failure").code == Errc::Network);
  CHECK(sasl_error("malformed-request").code == Errc::Protocol);
  CHECK_THAT(sasl_error("a\033[31m").detail, !Contains("\033"));
}

TEST_CASE("certificate: one that OpenSSL is content with passes", "[strophe]") {
  CHECK(judge_certificate("example.org", kShown, "", {}));
}

TEST_CASE("certificate: a complaint refuses it and says all a user needs (NT1)", "[strophe]") {
  const auto verdict = judge_certificate("example.org", kShown, "",
                                         {"self-signed certificate", "hostname mismatch"});
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().code == Errc::Tls);
  for (const char* part :
       {"example.org", "self-signed certificate", "hostname mismatch", "/CN=example.org",
        "/CN=Some CA", "Nov 22 12:00:00 2026 GMT", "Dec 22 12:00:00 2026 GMT"})
    CHECK_THAT(verdict.error().detail, Contains(part));
  CHECK_THAT(verdict.error().detail, Contains("--pin " + kFingerprint));
}

TEST_CASE("certificate: the pinned one passes whatever OpenSSL says", "[strophe]") {
  CHECK(judge_certificate("example.org", kShown, kFingerprint, {"certificate has expired"}));
  CHECK(judge_certificate("example.org", kShown, std::string(64, 'A'), {}));
  std::string colons = "AA";
  for (int i = 1; i < 32; ++i) colons += ":AA";
  CHECK(judge_certificate("example.org", kShown, colons, {}));
}

TEST_CASE("certificate: with a pin no other passes, however good", "[strophe]") {
  const std::string pin =
      GENERATE(std::string(64, 'b'), std::string(63, 'a'), std::string(65, 'a'), std::string("a"));
  const auto verdict = judge_certificate("example.org", kShown, pin, {});
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().code == Errc::Tls);
  CHECK_THAT(verdict.error().detail, Contains(kFingerprint));
}

TEST_CASE("log: the errno of a refused connection is kept", "[strophe]") {
  LoginLog log;
  log.line(XMPP_LEVEL_DEBUG, "xmpp", "connection failed, error 111");
  CHECK(log.connect_error() == 111);
}

TEST_CASE("log: the first complaint is kept, debug lines with their secrets are not", "[strophe]") {
  LoginLog log;
  log.line(XMPP_LEVEL_DEBUG, "conn", "SENT: <auth>c2VjcmV0</auth>");
  CHECK(log.complaint().empty());
  log.line(XMPP_LEVEL_ERROR, "xmpp", "Binding failed.\033[0m");
  log.line(XMPP_LEVEL_ERROR, "auth", "Cannot authenticate with known methods");
  CHECK(log.complaint() == "Binding failed.?[0m");
}

TEST_CASE("log: OpenSSL's reason is kept, but no mere end of file", "[strophe]") {
  LoginLog log;
  log.line(XMPP_LEVEL_DEBUG, "tls", "error:0A000126:SSL routines::unexpected eof while reading");
  CHECK(log.tls_error().empty());
  log.line(XMPP_LEVEL_DEBUG, "tls", "error=SSL_ERROR_SSL(1) errno=0 lasterror=0");
  CHECK(log.tls_error().empty());
  log.line(XMPP_LEVEL_DEBUG, "tls", "error:0A000410:SSL routines::sslv3 alert handshake failure");
  CHECK(log.tls_error() == "sslv3 alert handshake failure");
}

TEST_CASE("log: want of descriptors is no fault of the server's TLS", "[strophe]") {
  LoginLog log;
  log.line(XMPP_LEVEL_DEBUG, "tls", "error:80000018:system library::(null)");
  log.line(XMPP_LEVEL_DEBUG, "tls", "error:10080002:BIO routines::system lib");
  log.line(XMPP_LEVEL_ERROR, "tls", "SSL_CTX_load_verify_locations() failed");
  CHECK(log.tls_error().empty());
  CHECK(log.complaint() == "Too many open files");
}

TEST_CASE("log: libstrophe is told to write none once the login is done", "[strophe]") {
  LoginLog log;
  REQUIRE(log.native().handler != nullptr);
  log.native().handler(log.native().userdata, XMPP_LEVEL_ERROR, "xmpp", "first");
  CHECK(log.complaint() == "first");
  log.stop();
  CHECK(log.native().handler == nullptr);
}

TEST_CASE("stream error: what it means for the next attempt", "[strophe]") {
  CHECK(stream_error(XMPP_SE_CONFLICT, "").code == Errc::Conflict);
  CHECK(stream_error(XMPP_SE_SYSTEM_SHUTDOWN, "").code == Errc::Network);
  CHECK(stream_error(XMPP_SE_NOT_AUTHORIZED, "").code == Errc::AuthFailed);
  CHECK(stream_error(XMPP_SE_XML_NOT_WELL_FORMED, "").code == Errc::Protocol);
  CHECK_THAT(stream_error(XMPP_SE_CONFLICT, "Replaced\n").detail, Contains(": Replaced?"));
}

TEST_CASE("a lost connection is named where errno says something", "[strophe]") {
  CHECK_THAT(connection_lost(ECONNRESET).detail, Contains("Connection reset by peer"));
  CHECK(connection_lost(5).detail == "the connection was lost");
  CHECK(connection_lost(0).code == Errc::Network);
}

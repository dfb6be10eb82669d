// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "base/bytes.h"
#include "strophe/certificate.h"
#include "strophe/down_reason.h"
#include "strophe/sasl.h"

namespace login_test {

using namespace xmppftd;
using Catch::Matchers::Contains;

namespace {

const std::string kFingerprint(64, 'a');
constexpr std::int64_t kNow = 1'795'000'000;  // in November 2026
constexpr std::int64_t kDay = 24 * 3600;

/// Made by openssl req -x509 with all kinds of names.
const std::string kPem =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBxDCCAWmgAwIBAgIUGG4nHxF5pYuVgS5TBPN1zSZBg6UwCgYIKoZIzj0EAwIw\n"
    "EzERMA8GA1UEAwwIeGZ0LnRlc3QwHhcNMjYxMTI3MTYwMjU3WhcNMzYxMTI0MTYw\n"
    "MjU3WjATMREwDwYDVQQDDAh4ZnQudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEH\n"
    "A0IABP5z/046OVVfri5B16WF86Fx5XrhtanQi5R+u73/ELJ065kqduliLqoVfjS1\n"
    "g01FtQ4BC5aq0x4OcDzrctEcjYCjgZowgZcwdgYDVR0RBG8wbYISeG4tLWJjaGVy\n"
    "LWt2YS50ZXN0oCMGCCsGAQUFBwgHoBcWFV94bXBwLWNsaWVudC54ZnQudGVzdKAa\n"
    "BggrBgEFBQcIBaAODAxiw7xjaGVyLnRlc3SHBH8AAAGHEAAAAAAAAAAAAAAAAAAA\n"
    "AAEwHQYDVR0OBBYEFLUDJZ1NCisQFPEEbXPkizf+B2xCMAoGCCqGSM49BAMCA0kA\n"
    "MEYCIQDHSyeJqYFpBk6VXb8OCSVuVqxJo9fSMmblNns64oF99QIhAI+PVrwY+5cF\n"
    "rQBTrENJpK9i8E6bcDYEWdaDBL+yVT7a\n"
    "-----END CERTIFICATE-----\n";
const std::string kPemFingerprint =
    "bc304f0115dbc9937fbc0139acbe909a333912d133dc4b176b67425cc9da7340";

Certificate shown() {
  return {"/CN=example.org",
          "/CN=Some CA",
          kNow - 10 * kDay,
          kNow + 20 * kDay,
          kFingerprint,
          {.dns = {"example.org"}, .services = {}, .addresses = {}, .ips = {}, .common_name = ""}};
}

Complaint other(std::string text) { return {Complaint::About::Other, std::move(text), shown()}; }

std::optional<Down> judged(std::string_view pin = "", std::vector<Complaint> complaints = {},
                           std::string_view domain = "example.org",
                           const Certificate& certificate = shown()) {
  return judge_certificate(domain, certificate, pin, complaints, kNow);
}

bool sane(std::string_view challenge) { return rounds_are_sane(to_base64(view_of(challenge))); }

SaslWalk walk(bool allow_plain, std::string password = "secret") {
  return SaslWalk(Secret(std::move(password)), allow_plain);
}

const std::vector<std::string> kAll = {"PLAIN",      "SCRAM-SHA-1",   "SCRAM-SHA-1-PLUS",
                                       "DIGEST-MD5", "SCRAM-SHA-512", "SCRAM-SHA-256"};

}  // namespace

TEST_CASE("sasl: the strongest SCRAM is tried first, then the next", "[strophe]") {
  auto sasl = walk(false);
  for (const char* name : {"SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1"}) {
    CHECK(sasl.choose(kAll) == name);
    CHECK(sasl.is_open());
    CHECK_FALSE(sasl.refused());
    sasl.failed("not-authorized", "");
    CHECK(sasl.more() == (name != std::string_view("SCRAM-SHA-1")));
  }
  CHECK(sasl.refused());
  CHECK(sasl.down().reason == AccountReason::AuthPlain);  // not tried, and not allowed
  CHECK(waits_for_user(sasl.down().reason));
  CHECK_THAT(sasl.down().detail,
             Contains("SCRAM-SHA-1: not-authorized") && Contains("allow_plain"));
  CHECK(sasl.choose(kAll).empty());
}

TEST_CASE("sasl: PLAIN last and only where allowed, DIGEST-MD5 never", "[strophe]") {
  auto sasl = walk(true);
  for (const char* name : {"SCRAM-SHA-1", "PLAIN"}) {
    CHECK(sasl.choose({"PLAIN", "DIGEST-MD5", "SCRAM-SHA-1"}) == name);
    sasl.failed("not-authorized", "");
  }
  CHECK(sasl.refused());
  CHECK(sasl.down().reason == AccountReason::Auth);

  auto strict = walk(false);
  CHECK(strict.choose({"PLAIN", "DIGEST-MD5"}).empty());
  CHECK(strict.down().reason == AccountReason::Plain);
  CHECK_FALSE(strict.refused());
  auto lost = walk(true);
  CHECK(lost.choose({"DIGEST-MD5", "X-\033"}).empty());
  CHECK(lost.down().reason == AccountReason::NoMechanism);
  CHECK_THAT(lost.down().detail, Contains("DIGEST-MD5") && !Contains("\033"));
}

TEST_CASE("sasl: only a refusal by all is one", "[strophe]") {
  const char* const condition = GENERATE("malformed-request", "invalid-mechanism", "aborted", "");
  const bool first = GENERATE(true, false);
  auto sasl = walk(false);
  for (const bool odd : {first, !first}) {
    REQUIRE_FALSE(sasl.choose({"SCRAM-SHA-256", "SCRAM-SHA-1"}).empty());
    if (!odd)
      sasl.failed("not-authorized", "");
    else if (*condition == 0)
      sasl.broke_off();
    else
      sasl.failed(condition, "");
  }
  CHECK_FALSE(sasl.more());
  CHECK_FALSE(sasl.refused());
  CHECK_FALSE(waits_for_user(sasl.down().reason));
}

TEST_CASE("sasl: conditions that are not about the mechanism end the tries", "[strophe]") {
  const auto [condition, reason, final_] = GENERATE(table<const char*, AccountReason, bool>({
      {"temporary-auth-failure", AccountReason::AuthTrouble, false},
      {"account-disabled", AccountReason::Disabled, true},
      {"credentials-expired", AccountReason::Expired, true},
  }));
  auto sasl = walk(true);
  REQUIRE(sasl.choose(kAll) == "SCRAM-SHA-512");
  sasl.failed(condition, "locked, try in 20 minutes\n");
  CHECK_FALSE(sasl.more());
  CHECK(sasl.refused() == final_);
  CHECK(sasl.down().reason == reason);
  CHECK_THAT(sasl.down().detail, Contains(": locked, try in 20 minutes?"));
  // The next server may say otherwise, to the same mechanism.
  if (!final_) CHECK(sasl.choose(kAll) == "SCRAM-SHA-512");
}

TEST_CASE("sasl: a condition that nobody knows is a refusal, printed safely", "[strophe]") {
  auto sasl = walk(false);
  REQUIRE_FALSE(sasl.choose({"SCRAM-SHA-1"}).empty());
  sasl.failed("a\033[31m", "");
  CHECK(sasl.refused());
  CHECK_THAT(sasl.down().detail, !Contains("\033"));
}

TEST_CASE("sasl: passwords are prepared (RFC 4013)", "[strophe]") {
  const auto [typed, prepared] = GENERATE(table<std::string, std::string>({
      {"secret", "secret"},
      {"pa\u0308sswo\u0308rd", "p\u00e4ssw\u00f6rd"},  // NFD
      {"a\u00a0b", "a b"},                             // no-break space
      {"a\u202fb", "a b"},                             // the narrow one
      {"a\u3000b", "a b"},                             // the ideographic one
      {"\ufb01sh", "fish"},                            // a ligature
      {"\u2168", "IX"},
      {"I\u00adX", "IX"},  // soft hyphen
      {"\u00aa", "a"},
      {"caf\u00e9", "caf\u00e9"},
      {"\U0001F525", "\U0001F525"},  // younger than Unicode 3.2
  }));
  CHECK(saslprep(typed) == prepared);
  auto sasl = walk(false, typed);
  REQUIRE_FALSE(sasl.choose({"SCRAM-SHA-1"}).empty());
  CHECK(sasl.password() == prepared);
}

TEST_CASE("sasl: what SASLprep forbids is used as it is", "[strophe]") {
  const std::string typed = GENERATE("a\u0007b", "\u0627\u0031", "\u00ad");
  CHECK_FALSE(saslprep(typed));
  auto sasl = walk(false, typed);
  REQUIRE_FALSE(sasl.choose({"SCRAM-SHA-1"}).empty());
  CHECK(sasl.password() == typed);
}

TEST_CASE("sasl: PLAIN is tried with the password as typed, too (RFC 4616 s2)", "[strophe]") {
  auto sasl = walk(true, "a\u00a0b");
  CHECK(sasl.choose({"PLAIN"}) == "PLAIN");
  CHECK(std::string(sasl.password()) == "a b");
  sasl.failed("not-authorized", "");
  REQUIRE(sasl.more());
  CHECK(sasl.choose({"PLAIN"}) == "PLAIN");
  CHECK(std::string(sasl.password()) == "a\u00a0b");
  sasl.failed("not-authorized", "");
  CHECK(sasl.refused());
}

TEST_CASE("sasl: user names are escaped inside SCRAM (RFC 5802 s5.1)", "[strophe]") {
  CHECK(scram_escaped("ann") == "ann");
  CHECK(scram_escaped("a=b") == "a=3Db");
  CHECK(scram_escaped("a,b,=") == "a=2Cb=2C=3D");
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

TEST_CASE("certificate: one that OpenSSL is content with passes", "[strophe]") {
  CHECK_FALSE(judged());
}

TEST_CASE("certificate: a complaint refuses it and says all a user needs (NT1)", "[strophe]") {
  const auto refused = judged("", {other("self-signed certificate"), other("bad")}, "example.com");
  REQUIRE(refused);
  CHECK(refused->reason == AccountReason::Tls);
  CHECK(refused->certificate == kFingerprint);
  for (const char* part : {"example.com", "self-signed certificate, bad, it is for example.org",
                           "/CN=example.org", "/CN=Some CA", "valid from 2026-11", "to 2026-12"})
    CHECK_THAT(refused->detail, Contains(part));
  CHECK_THAT(refused->detail, Contains(kFingerprint));
}

TEST_CASE("certificate: the pinned one passes whatever OpenSSL says", "[strophe]") {
  CHECK_FALSE(judged(kFingerprint, {other("certificate has expired")}, "example.com"));
  CHECK_FALSE(judged(std::string(64, 'A')));
  std::string colons = "AA";
  for (int i = 1; i < 32; ++i) colons += ":AA";
  CHECK_FALSE(judged(colons));
}

TEST_CASE("certificate: with a pin no other passes, however good", "[strophe]") {
  const std::string pin =
      GENERATE(std::string(64, 'b'), std::string(63, 'a'), std::string(65, 'a'), std::string("a"));
  const auto refused = judged(pin);
  REQUIRE(refused);
  CHECK(refused->reason == AccountReason::Pin);
  CHECK(refused->certificate == kFingerprint);
  CHECK_THAT(refused->detail, Contains(kFingerprint));
}

TEST_CASE("certificate: names of all kinds that XMPP knows (RFC 6120 s13.7.1.2)", "[strophe]") {
  const CertificateNames dns{
      {"*.example.org", "Example.NET", "xn--bcher-kva.test"}, {}, {}, {}, "a.b"};
  for (const char* good : {"a.example.org", "example.net", "xn--bcher-kva.test"})
    CHECK(names_domain(dns, good));
  // A wildcard is one label; and with names of other kinds the CN counts nothing (RFC 6125 s6.4.4).
  for (const char* bad : {"example.org", "a.b.example.org", ".example.org", "org", "a.b"})
    CHECK_FALSE(names_domain(dns, bad));
  const CertificateNames odd{{"*", "*.", "*.org", "f*.example.com", "a.*.com"}, {}, {}, {}, ""};
  for (const char* bad : {"example", "a.org", "foo.example.com", "a.b.com", "*.org"})
    CHECK(names_domain(odd, bad) == (bad == std::string_view("*.org")));
  const CertificateNames service{
      {}, {"_xmpp-client.example.org", "_xmpp-server.example.com"}, {}, {}, "example.net"};
  CHECK(names_domain(service, "example.org"));
  CHECK_FALSE(names_domain(service, "example.com"));
  CHECK_FALSE(names_domain(service, "example.net"));
  const CertificateNames addresses{{}, {}, {"b\u00fccher.test", "ann@example.org"}, {}, ""};
  CHECK(names_domain(addresses, "xn--bcher-kva.test"));
  CHECK_FALSE(names_domain(addresses, "example.org"));
  const CertificateNames ips{{"192.0.2.7"}, {}, {}, {"192.0.2.1", "2001:db8::1"}, ""};
  CHECK(names_domain(ips, "192.0.2.1"));
  CHECK(names_domain(ips, "2001:db8::1"));
  CHECK_FALSE(names_domain(ips, "192.0.2.7"));
  CHECK(names_domain({{}, {}, {}, {}, "example.org"}, "example.org"));
  CHECK_FALSE(names_domain({}, "example.org"));
}

TEST_CASE("certificate: one of another time speaks of the clock", "[strophe]") {
  Complaint complaint{Complaint::About::NotYetValid, "certificate is not yet valid", shown()};
  complaint.certificate.not_before = kNow + 300;
  SECTION("not valid yet") {}
  SECTION("expired years ago") {
    complaint.about = Complaint::About::Expired;
    complaint.certificate.not_after = kNow - 3 * 365 * kDay;
  }
  const auto refused = judged("", {complaint});
  REQUIRE(refused);
  CHECK(refused->reason == AccountReason::Clock);
  CHECK_THAT(refused->detail, Contains("clock") && Contains("2026-11"));
  // Not so where something else is wrong as well: the clock does not explain that.
  CHECK(judged("", {complaint, other("self-signed certificate")})->reason == AccountReason::Tls);
  CHECK(judged("", {complaint}, "example.com")->reason == AccountReason::Tls);
  CHECK_FALSE(judged(kFingerprint, {complaint}));
}

TEST_CASE("certificate: one that expired lately is the server's fault", "[strophe]") {
  Complaint complaint{Complaint::About::Expired, "certificate has expired", shown()};
  complaint.certificate.not_after = kNow - 30 * kDay;
  CHECK(judged("", {complaint})->reason == AccountReason::Tls);
}

TEST_CASE("certificate: names are read from PEM", "[strophe]") {
  const auto parsed = parse_certificate(kPem);
  REQUIRE(parsed);
  CHECK(parsed->subject == "/CN=xft.test");
  CHECK(parsed->not_before < parsed->not_after);
  CHECK(parsed->sha256 == kPemFingerprint);
  CHECK(parsed->names.dns == std::vector<std::string>{"xn--bcher-kva.test"});
  CHECK(parsed->names.services == std::vector<std::string>{"_xmpp-client.xft.test"});
  CHECK(parsed->names.addresses == std::vector<std::string>{"b\u00fccher.test"});
  CHECK(parsed->names.ips == std::vector<std::string>{"127.0.0.1", "::1"});
  CHECK(parsed->names.common_name == "xft.test");
  CHECK_FALSE(parse_certificate("no certificate"));
  CHECK_FALSE(parse_certificate(""));
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
  const auto [condition, reason] = GENERATE(table<const char*, AccountReason>({
      {"conflict", AccountReason::Conflict},
      {"system-shutdown", AccountReason::Server},
      {"host-unknown", AccountReason::HostUnknown},
      {"host-gone", AccountReason::HostUnknown},
      {"see-other-host", AccountReason::Redirected},
      {"policy-violation", AccountReason::Server},
      {"not-well-formed", AccountReason::Protocol},
      {"", AccountReason::Server},
      {"not-authorized", AccountReason::Server},
  }));
  const auto down = stream_error(condition, "Replaced\n");
  CHECK(down.reason == reason);
  CHECK_FALSE(waits_for_user(down.reason));  // only SASL refuses a password
  CHECK_THAT(down.detail, Contains(": Replaced?"));
}

TEST_CASE("bind error: another resource may do, or none", "[strophe]") {
  CHECK(bind_error("conflict", "").reason == AccountReason::Conflict);
  CHECK(bind_error("bad-request", "").reason == AccountReason::Conflict);
  CHECK(bind_error("not-allowed", "").reason == AccountReason::BindRefused);
  const auto full = bind_error("resource-constraint", "5 sessions at most");
  CHECK(full.reason == AccountReason::BindRefused);
  CHECK_THAT(full.detail, Contains("(resource-constraint): 5 sessions at most"));
}

TEST_CASE("a connection that never was: no network, or nobody there", "[strophe]") {
  CHECK(connect_error(ENETUNREACH).reason == AccountReason::NoNetwork);
  CHECK(connect_error(ECONNREFUSED).reason == AccountReason::Unreachable);
  CHECK(connect_error(ETIMEDOUT).detail == "Connection timed out");
  CHECK(connect_error(0).reason == AccountReason::Unreachable);
}

TEST_CASE("a lost connection is named where errno says something", "[strophe]") {
  CHECK_THAT(connection_lost(ECONNRESET).detail, Contains("Connection reset by peer"));
  CHECK(connection_lost(5).detail == "the connection was lost");
  CHECK(connection_lost(0).reason == AccountReason::Backoff);
}

}  // namespace login_test

// SPDX-License-Identifier: MIT
#include "bus/account_settings.h"

#include <catch2/catch.hpp>

namespace account_settings_test {

using namespace xmppftd;

namespace {

AccountSettings ann() {
  AccountSettings settings;
  settings.jid = "ann@example.org";
  return settings;
}

}  // namespace

TEST_CASE("account settings: server is HOST[:PORT], with brackets around IPv6", "[bus]") {
  const std::tuple<const char*, const char*, int> rows[] = {
      {"xmpp.example.org", "xmpp.example.org", 0}, {"192.0.2.1:5223", "192.0.2.1", 5223},
      {"[2001:db8::1]:5222", "2001:db8::1", 5222}, {"[2001:db8::1]", "2001:db8::1", 0},
      {"2001:db8::1", "2001:db8::1", 0},           {"", "", 0}};
  for (const auto& [text, host, port] : rows) {
    INFO(text);
    auto settings = ann();
    settings.host = "old";
    apply_settings({{"server", sdbus::Variant(std::string(text))}}, settings);
    CHECK(settings.host == host);
    CHECK(settings.port == port);
  }
  for (const std::string bad :
       {"host:", ":5222", "host:0", "host:70000", "host:x", "[::1", "a b", "ann@host"}) {
    INFO(bad);
    auto settings = ann();
    CHECK_THROWS_AS(apply_settings({{"server", sdbus::Variant(bad)}}, settings), sdbus::Error);
  }
}

TEST_CASE("account settings: a pin is 64 hex digits, colons allowed", "[bus]") {
  auto settings = ann();
  std::string pin;
  for (int i = 0; i < 32; ++i) pin += (i == 0 ? "" : ":") + std::string("AB");
  apply_settings({{"pin", sdbus::Variant(pin)}}, settings);
  CHECK(settings.pin.size() == 64);
  CHECK(settings.pin.substr(0, 4) == "abab");
  CHECK_THROWS_AS(apply_settings({{"pin", sdbus::Variant(std::string("abcd"))}}, settings),
                  sdbus::Error);
}

TEST_CASE("account settings: unknown keys and wrong types are named, x-* is let pass", "[bus]") {
  auto settings = ann();
  const auto message = [&](const VariantMap& map) {
    try {
      apply_settings(map, settings);
    } catch (const sdbus::Error& error) {
      return error.getMessage();
    }
    return std::string("none");
  };
  CHECK_THAT(message({{"sever", sdbus::Variant(std::string("x"))}}), Catch::Contains("\"sever\""));
  CHECK_THAT(message({{"enabled", sdbus::Variant(std::string("yes"))}}),
             Catch::Contains("\"enabled\""));
  CHECK_THAT(message({{"ip_policy", sdbus::Variant(std::string("closed"))}}),
             Catch::Contains("ibb-only"));
  CHECK_THAT(message({{"ca_file", sdbus::Variant(std::string("ca.pem"))}}),
             Catch::Contains("absolute"));
  CHECK(message({{"x-color", sdbus::Variant(1)}}) == "none");
}

}  // namespace account_settings_test

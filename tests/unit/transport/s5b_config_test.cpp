// SPDX-License-Identifier: MIT
#include "transport/s5b_config.h"

#include <catch2/catch.hpp>

namespace s5b_config_test {

using namespace xmppftd;

TEST_CASE("socks5 config: hosts with and without port", "[s5b][config]") {
  struct Row {
    std::string text, host;
    std::uint16_t port;
  };
  const auto row = GENERATE(values<Row>({{"192.0.2.7:4000", "192.0.2.7", 4000},
                                         {"[2001:db8::7]:4000", "2001:db8::7", 4000},
                                         {"[2001:db8::7]", "2001:db8::7", 0},
                                         {"files.example.org", "files.example.org", 0},
                                         {"[::]:0", "::", 0}}));
  const auto parsed = HostPort::parse(row.text);
  REQUIRE(parsed.ok());
  CHECK(parsed->host == row.host);
  CHECK(parsed->port == row.port);
}

TEST_CASE("socks5 config: what is no host and port is refused", "[s5b][config]") {
  const std::string text = GENERATE(values<std::string>(
      {"", ":80", "host:", "host:70000", "host:-1", "2001:db8::7", "[::1", "[::1]80", "[]:1"}));
  INFO(text);
  REQUIRE_FALSE(HostPort::parse(text).ok());
}

TEST_CASE("socks5 config: a proxy is a JID or a JID with its place", "[s5b][config]") {
  auto by_jid = NamedProxy::parse("proxy.example.org");
  REQUIRE(by_jid.ok());
  CHECK(by_jid->jid.str() == "proxy.example.org");
  CHECK_FALSE(by_jid->at.has_value());

  auto placed = NamedProxy::parse("proxy.example.org@[2001:db8::5]:7777");
  REQUIRE(placed.ok());
  CHECK(placed->jid.str() == "proxy.example.org");
  REQUIRE(placed->at.has_value());
  CHECK(placed->at->host == "2001:db8::5");
  CHECK(placed->at->port == 7777);

  auto with_node = NamedProxy::parse("streams@example.org");
  REQUIRE(with_node.ok());
  CHECK(with_node->jid.str() == "streams@example.org");

  CHECK_FALSE(NamedProxy::parse("proxy.example.org@192.0.2.7:0").ok());
  CHECK_FALSE(NamedProxy::parse("").ok());
}

TEST_CASE("socks5 config: listens on both families unless told", "[s5b][config]") {
  const auto config = S5bConfig::parse({});
  REQUIRE(config.ok());
  REQUIRE(config->listen.size() == 2);
  CHECK(config->listen[0].str() == "0.0.0.0:0");
  CHECK(config->listen[1].str() == "[::]:0");
  S5bConfig::Words words;
  words.listen = {"localhost:80"};
  CHECK_FALSE(S5bConfig::parse(words).ok());
}

}  // namespace s5b_config_test

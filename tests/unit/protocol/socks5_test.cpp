// SPDX-License-Identifier: MIT
#include "protocol/socks5.h"

#include <catch2/catch.hpp>

#include <initializer_list>

namespace socks5_test {

using namespace xmppftd;

namespace {

const std::string kHash = "f1fbefc946c2ef54e47bc137d841258f7a9ffbc0";  // Openfire, recorded
const Bytes kPayload{0xde, 0xad, 0xbe, 0xef, 5, 0, 0, 3};

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Bytes text(const std::string& characters) { return {characters.begin(), characters.end()}; }

/// CONNECT, or its reply, with a 40-digit address and port 0.
Bytes connect(std::uint8_t code, const std::string& hash = kHash) {
  return Bytes{5, code, 0, 3, 40} + text(hash) + Bytes{0, 0};
}

/// Feeds `in` piece by piece, cut before byte `cut`; returns all replies and counts what was
/// consumed.
template <class Machine>
Bytes feed_in_two(Machine& machine, const Bytes& in, std::size_t cut, std::size_t& consumed) {
  const ByteView view(in);
  auto first = machine.feed(view.first(cut));
  auto second = machine.feed(view.subspan(first.consumed));
  consumed = first.consumed + second.consumed;
  return first.reply + second.reply;
}

/// Reads as a Socket does, never more than wanted(); returns how many bytes that took.
template <class Machine>
std::size_t drive(Machine& machine, const Bytes& in, std::size_t step, Bytes& replies) {
  std::size_t at = 0;
  while (machine.wanted() > 0 && at < in.size()) {
    const auto count = std::min({machine.wanted(), step, in.size() - at});
    const auto fed = machine.feed(ByteView(in).subspan(at, count));
    REQUIRE(fed.consumed == count);
    at += count;
    replies = replies + fed.reply;
  }
  return at;
}

struct Reply {
  const char* what;
  Bytes bytes;
};

/// Every shape of reply that servers are known to send.
std::vector<Reply> good_replies() {
  return {
      {"the request echoed", connect(0)},
      {"IPv4", {5, 0, 0, 1, 192, 0, 2, 1, 0x1f, 0x90}},
      {"IPv6", Bytes{5, 0, 0, 4} + Bytes(16, 0xab) + Bytes{0, 80}},
      {"ejabberd < 2.0.2: type 0, no address", {5, 0, 0, 0, 0, 0}},
      {"Pidgin: its IP as text", Bytes{5, 0, 0, 3, 9} + text("192.0.2.1") + Bytes{0, 0}},
      {"an empty name", {5, 0, 0, 3, 0, 0, 0}},
      {"the longest name: 262 bytes", Bytes{5, 0, 0, 3, 255} + Bytes(255, 'a') + Bytes{0xff, 0xff}},
      {"a reserved byte set", {5, 0, 9, 1, 0, 0, 0, 0, 0, 0}}};
}

}  // namespace

TEST_CASE("socks5 client: writes are one greeting and one CONNECT", "[socks5]") {
  CHECK(Socks5Client::greeting() == Bytes{5, 1, 0});
  Socks5Client client(kHash);
  CHECK(client.wanted() == 2);
  const auto step = client.feed(Bytes{5, 0});
  CHECK(step.consumed == 2);
  CHECK(step.reply == connect(1));
  CHECK(step.reply.size() == 47);
  CHECK(client.state() == Socks5Client::State::AwaitingReply);
}

TEST_CASE("socks5 client: every good reply, cut at every byte, payload glued behind", "[socks5]") {
  const auto reply = GENERATE(from_range(good_replies()));
  INFO(reply.what);
  const Bytes handshake = Bytes{5, 0} + reply.bytes;
  const Bytes in = handshake + kPayload;
  for (std::size_t cut = 0; cut <= in.size(); ++cut) {
    Socks5Client client(kHash);
    std::size_t consumed = 0;
    const auto written = feed_in_two(client, in, cut, consumed);
    REQUIRE(client.state() == Socks5Client::State::Open);
    REQUIRE(client.wanted() == 0);
    REQUIRE(consumed == handshake.size());
    REQUIRE(written == connect(1));
    REQUIRE(client.feed(kPayload).consumed == 0);
  }
}

TEST_CASE("socks5 client: who reads only what is wanted never touches the payload", "[socks5]") {
  const auto reply = GENERATE(from_range(good_replies()));
  const std::size_t step = GENERATE(1u, 2u, 3u, 1000u);
  const Bytes handshake = Bytes{5, 0} + reply.bytes;
  Socks5Client client(kHash);
  Bytes written;
  CHECK(drive(client, handshake + kPayload, step, written) == handshake.size());
  CHECK(client.state() == Socks5Client::State::Open);
}

TEST_CASE("socks5 client: no part of a good handshake is enough", "[socks5]") {
  const auto reply = GENERATE(from_range(good_replies()));
  const Bytes handshake = Bytes{5, 0} + reply.bytes;
  for (std::size_t length = 0; length < handshake.size(); ++length) {
    Socks5Client client(kHash);
    client.feed(ByteView(handshake).first(length));
    REQUIRE(client.state() != Socks5Client::State::Open);
    REQUIRE(client.state() != Socks5Client::State::Failed);
    REQUIRE(client.wanted() > 0);
  }
}

TEST_CASE("socks5 client: a bad server fails the handshake (SB4)", "[socks5]") {
  const auto [in, code] = GENERATE(table<Bytes, Errc>({
      {{4, 0}, Errc::Protocol},         // SOCKS4
      {{'H'}, Errc::Protocol},          // an HTTP server, at its first byte
      {{5, 0xff}, Errc::StreamFailed},  // no acceptable method
      {{5, 2}, Errc::StreamFailed},     // wants a password
      {{5, 0, 4, 0, 0, 1}, Errc::Protocol},
      {{5, 0, 5, 1}, Errc::StreamFailed},  // gabble < 0.7.22 sends two bytes and closes
      {{5, 0, 5, 2, 0, 3}, Errc::StreamFailed},
      {{5, 0, 5, 255}, Errc::StreamFailed},
      {{5, 0, 5, 0, 0, 2}, Errc::Protocol},  // no such address type
      {{5, 0, 5, 0, 0, 5}, Errc::Protocol},
      {{5, 0, 5, 0, 0, 255}, Errc::Protocol},
  }));
  for (std::size_t cut = 0; cut <= in.size(); ++cut) {
    Socks5Client client(kHash);
    std::size_t consumed = 0;
    feed_in_two(client, in, cut, consumed);
    REQUIRE(client.state() == Socks5Client::State::Failed);
    REQUIRE(client.error().code == code);
    REQUIRE_FALSE(client.error().detail.empty());
    REQUIRE(client.wanted() == 0);
    REQUIRE(client.feed(kPayload).consumed == 0);
  }
}

TEST_CASE("socks5 client: a refusal says why (RFC 1928 s6)", "[socks5]") {
  const auto [rep, meaning] = GENERATE(table<std::uint8_t, std::string>({
      {1, "general failure"},
      {2, "not allowed by ruleset"},  // Openfire
      {3, "network unreachable"},
      {4, "host unreachable"},
      {5, "connection refused"},
      {6, "TTL expired"},
      {7, "command not supported"},
      {8, "address type not supported"},
      {9, "unassigned code"},
      {255, "unassigned code"},
  }));
  Socks5Client client(kHash);
  client.feed(Bytes{5, 0} + connect(rep));
  CHECK(client.error().detail ==
        "the streamhost refused: " + meaning + " (REP " + std::to_string(rep) + ")");
}

TEST_CASE("socks5 server: a client with method 0 among others, cut at every byte, payload glued",
          "[socks5]") {
  const auto greeting = GENERATE(Bytes{5, 1, 0}, Bytes{5, 2, 0, 2}, Bytes{5, 2, 2, 0},
                                 Bytes{5, 255} + Bytes(254, 9) + Bytes{0});
  const Bytes handshake = greeting + connect(1);
  CHECK(handshake.size() <= 304);
  for (std::size_t cut = 0; cut <= handshake.size(); ++cut) {
    Socks5Server server;
    std::size_t consumed = 0;
    const auto written = feed_in_two(server, handshake + kPayload, cut, consumed);
    REQUIRE(server.state() == Socks5Server::State::AwaitingVerdict);
    REQUIRE(server.wanted() == 0);
    REQUIRE(consumed == handshake.size());
    REQUIRE(written == Bytes{5, 0});
    REQUIRE(server.dst_addr() == kHash);
    REQUIRE(server.accept() == connect(0));
    REQUIRE(server.state() == Socks5Server::State::Open);
    REQUIRE(server.feed(kPayload).consumed == 0);
  }
}

TEST_CASE("socks5 server: who reads only what is wanted never touches the payload", "[socks5]") {
  const std::size_t step = GENERATE(1u, 2u, 3u, 1000u);
  const Bytes handshake = Bytes{5, 2, 0, 2} + connect(1);
  Socks5Server server;
  Bytes written;
  CHECK(drive(server, handshake + kPayload, step, written) == handshake.size());
  CHECK(server.state() == Socks5Server::State::AwaitingVerdict);
  CHECK(written == Bytes{5, 0});
}

TEST_CASE("socks5 server: no part of a good handshake is enough", "[socks5]") {
  const Bytes handshake = Bytes{5, 1, 0} + connect(1);
  for (std::size_t length = 0; length < handshake.size(); ++length) {
    Socks5Server server;
    server.feed(ByteView(handshake).first(length));
    REQUIRE(server.state() != Socks5Server::State::AwaitingVerdict);
    REQUIRE(server.state() != Socks5Server::State::Failed);
    REQUIRE(server.wanted() > 0);
  }
}

TEST_CASE("socks5 server: upper-case digits match and are echoed as sent", "[socks5]") {
  const std::string upper = "F1FBEFC946C2EF54E47BC137D841258F7A9FFBC0";
  Socks5Server server;
  server.feed(Bytes{5, 1, 0} + connect(1, upper));
  CHECK(server.dst_addr() == kHash);
  CHECK(server.accept() == connect(0, upper));
}

TEST_CASE("socks5 server: the refusal of an unknown hash is REP 2", "[socks5]") {
  Socks5Server server;
  server.feed(Bytes{5, 1, 0} + connect(1));
  CHECK(server.refuse() == connect(2));
  CHECK(server.state() == Socks5Server::State::Failed);
  CHECK(server.error().code == Errc::StreamFailed);
  CHECK(server.wanted() == 0);
}

TEST_CASE("socks5 server: a bad client is told why and closed (SB5)", "[socks5]") {
  const auto refused = [](std::uint8_t rep) { return Bytes{5, 0, 5, rep, 0, 1, 0, 0, 0, 0, 0, 0}; };
  struct Case {
    const char* what;
    Bytes in;
    Bytes out;
  };
  const Bytes hello{5, 1, 0};
  const auto c = GENERATE_COPY(values<Case>({
      {"SOCKS4", {4}, {}},
      {"HTTP", {'G'}, {}},
      {"no method at all", {5, 0}, {5, 0xff}},
      {"only a password", {5, 1, 2}, {5, 0xff}},
      {"a request of version 4", hello + Bytes{4, 1, 0, 3, 40}, refused(1)},
      {"BIND", hello + Bytes{5, 2, 0, 3, 40}, refused(7)},
      {"UDP ASSOCIATE", hello + Bytes{5, 3, 0, 3, 40}, refused(7)},
      {"a reserved byte set", hello + Bytes{5, 1, 1, 3, 40}, refused(1)},
      {"IPv4", hello + Bytes{5, 1, 0, 1, 127}, refused(8)},
      {"IPv6", hello + Bytes{5, 1, 0, 4, 0}, refused(8)},
      {"39 bytes", hello + Bytes{5, 1, 0, 3, 39}, refused(1)},
      {"41 bytes", hello + Bytes{5, 1, 0, 3, 41}, refused(1)},
      {"no address", hello + Bytes{5, 1, 0, 3, 0}, refused(1)},
      {"not hexadecimal", hello + connect(1, std::string(39, 'a') + "g"), refused(1)},
      {"port 1", hello + Bytes{5, 1, 0, 3, 40} + text(kHash) + Bytes{0, 1}, refused(1)},
      {"port 256", hello + Bytes{5, 1, 0, 3, 40} + text(kHash) + Bytes{1, 0}, refused(1)},
  }));
  INFO(c.what);
  for (std::size_t cut = 0; cut <= c.in.size(); ++cut) {
    Socks5Server server;
    std::size_t consumed = 0;
    const auto written = feed_in_two(server, c.in + kPayload, cut, consumed);
    REQUIRE(server.state() == Socks5Server::State::Failed);
    REQUIRE(server.wanted() == 0);
    REQUIRE(written == c.out);
    REQUIRE(consumed <= c.in.size() + 1);  // SOCKS4: the version is seen in a read of two
    REQUIRE(server.error().code == Errc::Protocol);
    REQUIRE(server.feed(kPayload).consumed == 0);
  }
}

TEST_CASE("socks5: a client and a server of ours agree", "[socks5]") {
  Socks5Client client(kHash);
  Socks5Server server;
  const auto method = server.feed(Socks5Client::greeting()).reply;
  const auto request = client.feed(method).reply;
  CHECK(server.feed(request).reply.empty());
  CHECK(server.dst_addr() == kHash);
  client.feed(server.accept());
  CHECK(client.state() == Socks5Client::State::Open);
}

}  // namespace socks5_test

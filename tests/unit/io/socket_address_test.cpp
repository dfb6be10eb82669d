// SPDX-License-Identifier: MIT
#include <netinet/in.h>

#include <catch2/catch.hpp>

#include "io/socket.h"

namespace socket_address_test {

using namespace xmppftd;

TEST_CASE("socket address: literals parse and print back", "[socket]") {
  const auto v4 = SocketAddress::parse("192.0.2.1", 7777);
  REQUIRE(v4);
  CHECK_FALSE(v4->is_v6());
  CHECK(v4->str() == "192.0.2.1:7777");
  CHECK(v4->bytes() == Bytes{192, 0, 2, 1});
  CHECK(v4->native_size() == sizeof(sockaddr_in));

  const auto v6 = SocketAddress::parse("2001:DB8:0:0::1", 80);
  REQUIRE(v6);
  CHECK(v6->is_v6());
  CHECK(v6->host() == "2001:db8::1");
  CHECK(v6->str() == "[2001:db8::1]:80");
  CHECK(v6->bytes().size() == 16);
  CHECK(v6->native_size() == sizeof(sockaddr_in6));
  CHECK(v6->with_port(1080).port() == 1080);
}

TEST_CASE("socket address: an IPv4-mapped address shows its four bytes (SB3)", "[socket]") {
  CHECK(SocketAddress::parse("::ffff:127.0.0.1", 1)->bytes() == Bytes{127, 0, 0, 1});
}

TEST_CASE("socket address: names, zones, brackets and short forms are no literals", "[socket]") {
  for (const char* text : {"", "localhost", "[::1]", "fe80::1%eth0", "127.1", "192.0.2.1 ",
                           "0x7f.0.0.1", "192.0.2.256"}) {
    INFO(text);
    const auto parsed = SocketAddress::parse(text, 1);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == Errc::BadArgument);
  }
  CHECK_FALSE(SocketAddress::parse(std::string_view("192.0.2.1\0x", 11), 1));
}

TEST_CASE("socket address: what the kernel filled in is read back", "[socket]") {
  sockaddr_storage storage{};
  auto& in = reinterpret_cast<sockaddr_in&>(storage);
  in.sin_family = AF_INET;
  in.sin_port = htons(5000);
  in.sin_addr.s_addr = htonl(0xc6336401);
  CHECK(SocketAddress::from(storage).str() == "198.51.100.1:5000");
}

}  // namespace socket_address_test

// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cstring>
#include <new>

#include "io/xmpp_link.h"

namespace secret_test {

using namespace xmppftd;

TEST_CASE("secret: moving leaves nothing behind, cloning keeps both", "[secret]") {
  Secret first(std::string("correct horse battery staple"));
  Secret second(std::move(first));
  CHECK(first.empty());
  CHECK(std::string(second.reveal()) == "correct horse battery staple");
  Secret copy = second.clone();
  second = Secret(std::string("other"));
  CHECK(std::string(copy.reveal()) == "correct horse battery staple");
  CHECK(std::string(second.reveal()) == "other");
}

TEST_CASE("secret: a short one, kept inside the object, is wiped with it", "[secret]") {
  alignas(Secret) unsigned char place[sizeof(Secret)];
  auto* secret = new (place) Secret(std::string("pa55word"));
  const auto* text = reinterpret_cast<const unsigned char*>(secret->reveal());
  REQUIRE(text >= place);  // the small-string buffer
  REQUIRE(text < place + sizeof place);
  const auto offset = static_cast<std::size_t>(text - place);
  SECTION("when it dies") { secret->~Secret(); }
  SECTION("when it is moved from") {
    const Secret taken(std::move(*secret));
    CHECK(std::string(taken.reveal()) == "pa55word");
    secret->~Secret();
  }
  CHECK(std::memcmp(place + offset, "\0\0\0\0\0\0\0\0", 8) == 0);
}

}  // namespace secret_test

// SPDX-License-Identifier: MIT
#include "model/method.h"

#include <catch2/catch.hpp>
#include <set>

namespace method_test {
using namespace xmppftd;

TEST_CASE("method: each row is found by its word and by what agrees on it, and no other is",
          "[method]") {
  std::set<std::string_view> words;
  std::set<std::pair<std::string_view, std::string_view>> agreed;
  for (const auto& method : all_methods()) {
    CHECK(find_method(method.word) == &method);
    CHECK(find_method(method.family, method.transport) == &method);
    CHECK(words.insert(method.word).second);
    CHECK(agreed.emplace(method.family, method.transport).second);
    CHECK_FALSE((method.needs_resource && method.features.empty()));
  }
  CHECK(find_method("") == nullptr);
  CHECK(find_method("SI-IBB") == nullptr);
  CHECK(find_method("", "") == nullptr);
}

TEST_CASE("method: a choice is a method or one route of it", "[method]") {
  for (const auto& method : all_methods()) {
    const std::string word(method.word);
    const auto whole = MethodChoice::parse(word);
    REQUIRE(whole.ok());
    CHECK(*whole == MethodChoice{word, ""});
    CHECK(whole->str() == word);
    for (const auto route : method.routes) {
      const auto part = MethodChoice::parse(word + "/" + std::string(route));
      REQUIRE(part.ok());
      CHECK(*part == MethodChoice{word, std::string(route)});
    }
    for (const auto* wrong : {"/", "/x", "/Direct", " ", "/direct/"})
      CHECK_FALSE(MethodChoice::parse(word + wrong).ok());
  }
}

TEST_CASE("method: what is none is named, with all that there are", "[method]") {
  const auto wrong = MethodChoice::parse("ftp");
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().code == Errc::BadArgument);
  CHECK(
      wrong.error().detail ==
      R"("ftp" is not a method; choose from si-socks5, si-socks5/direct, si-socks5/proxy, si-ibb)");
}

}  // namespace method_test

// SPDX-License-Identifier: MIT
#include "config/json_tree.h"

#include <catch2/catch.hpp>

namespace json_tree_test {

using namespace xmppftd;

static std::string place(Place p) {
  return std::to_string(p.line) + ":" + std::to_string(p.column);
}

TEST_CASE("json: every value and key knows where it stood", "[config]") {
  const auto parsed = parse_json(
      "{ // comment\n  \"a\": [1, true, null],\n  \"b\\\"c\": \"x\\\"y\", \"d\": -1.5 }");
  REQUIRE(std::holds_alternative<JsonNode>(parsed));
  const auto& members = *std::get<JsonNode>(parsed).object();
  REQUIRE(members.size() == 3);
  CHECK(place(members[0].key_place) == "2:3");
  CHECK(place(members[0].node.place) == "2:8");
  const auto& list = *members[0].node.array();
  CHECK(place(list[0].place) == "2:9");
  CHECK(place(list[1].place) == "2:12");
  CHECK(place(list[2].place) == "2:18");
  CHECK(members[1].key == "b\"c");
  CHECK(place(members[1].key_place) == "3:3");
  CHECK(place(members[1].node.place) == "3:11");
  CHECK(place(members[2].node.place) == "3:24");
}

TEST_CASE("json: syntax errors, duplicates and depth are told with their place", "[config]") {
  const auto mistake = [](const std::string& text) {
    const auto parsed = parse_json(text);
    const auto* wrong = std::get_if<JsonMistake>(&parsed);
    return wrong == nullptr ? "none" : place(wrong->place) + " " + wrong->message;
  };
  CHECK(mistake("{\n \"a\": 1,\n \"a\": 2}") == "3:2 a: duplicate key (first at 2:2)");
  CHECK(mistake("{\"a\": }").substr(0, 3) == "1:7");
  CHECK(mistake("") != "none");
  CHECK(mistake(std::string(50, '[')).find("16 levels") != std::string::npos);
}

}  // namespace json_tree_test

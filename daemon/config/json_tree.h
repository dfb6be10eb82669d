// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace xmppftd {

/// A place in a file, from 1.
struct Place {
  std::size_t line = 1;
  std::size_t column = 1;
};

/// JSON with comments as a tree that remembers where each value and key stood, so that mistakes can
/// be shown as a compiler shows them. (The library's own tree has no places and silently keeps the
/// last of two equal keys.)
struct JsonNode {
  struct Member;
  using Object = std::vector<Member>;
  using Array = std::vector<JsonNode>;

  Place place;
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value;

  const std::string* string() const { return std::get_if<std::string>(&value); }
  const bool* boolean() const { return std::get_if<bool>(&value); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value); }
  const Array* array() const { return std::get_if<Array>(&value); }
  const Object* object() const { return std::get_if<Object>(&value); }
  /// The value as a user wrote it, shortened, for messages.
  std::string shown() const;
};

struct JsonNode::Member {
  std::string key;
  Place key_place;
  JsonNode node;
};

/// What is wrong with a text and where.
struct JsonMistake {
  Place place;
  std::string message;
};

/// Parses a whole text. Syntax errors and duplicate keys are mistakes; nesting is limited to 16.
std::variant<JsonNode, JsonMistake> parse_json(const std::string& text);

}  // namespace xmppftd

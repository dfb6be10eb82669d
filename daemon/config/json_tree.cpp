// SPDX-License-Identifier: MIT
#include "config/json_tree.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxDepth = 16;

/// Feeds the parser and tells how far it has read.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, std::size_t* count) : at_(at), count_(count) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*count_;
    return *this;
  }
  CountingIterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ == b.at_;
  }
  friend bool operator!=(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ != b.at_;
  }

 private:
  const char* at_;
  std::size_t* count_;
};

Place place_of(const std::string& text, std::size_t offset) {
  Place place;
  for (std::size_t i = 0; i < std::min(offset, text.size()); ++i) {
    if (text[i] == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) {
      ++place.column;
    }
  }
  return place;
}

/// Builds the tree from the parser's events. The parser reports a token when it has read past it,
/// so where a token began is found by going back from there.
class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  TreeBuilder(const std::string& text, const std::size_t& consumed)
      : text_(text), consumed_(consumed) {}

  bool null() override { return add({word_place(), nullptr}); }
  bool boolean(bool value) override { return add({word_place(), value}); }
  bool number_integer(number_integer_t value) override {
    return add({word_place(), std::int64_t{value}});
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max()))
      return add({word_place(), static_cast<double>(value)});
    return add({word_place(), static_cast<std::int64_t>(value)});
  }
  bool number_float(number_float_t value, const string_t&) override {
    return add({word_place(), value});
  }
  bool string(string_t& value) override { return add({string_place(), value}); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open({bracket_place(), JsonNode::Object{}}); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open({bracket_place(), JsonNode::Array{}}); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    const Place place = string_place();
    auto& members = std::get<JsonNode::Object>(open_.back().node.value);
    for (const auto& member : members)
      if (member.key == name)
        return fail(place, name + ": duplicate key (first at " +
                               std::to_string(member.key_place.line) + ":" +
                               std::to_string(member.key_place.column) + ")");
    open_.back().key = name;
    open_.back().key_place = place;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& problem) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error ...": keep
    // the last part.
    std::string message = problem.what();
    const auto start = message.find(": ");
    if (start != std::string::npos) message = message.substr(start + 2);
    return fail(place_of(text_, position == 0 ? 0 : position - 1), message);
  }

  std::variant<JsonNode, JsonMistake> take() {
    if (mistake_) return *mistake_;
    if (!root_) return JsonMistake{{}, "the file holds no value"};
    return std::move(*root_);
  }

 private:
  struct Open {
    JsonNode node;
    std::string key;  // of the member being read
    Place key_place;
  };

  bool add(JsonNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return true;
    }
    auto& top = open_.back();
    if (auto* array = std::get_if<JsonNode::Array>(&top.node.value))
      array->push_back(std::move(node));
    else
      std::get<JsonNode::Object>(top.node.value)
          .push_back({top.key, top.key_place, std::move(node)});
    return true;
  }
  bool open(JsonNode node) {
    if (open_.size() == kMaxDepth) return fail(node.place, "nested deeper than 16 levels");
    open_.push_back({std::move(node), "", {}});
    return true;
  }
  bool close() {
    JsonNode node = std::move(open_.back().node);
    open_.pop_back();
    return add(std::move(node));
  }
  bool fail(Place place, std::string message) {
    mistake_ = JsonMistake{place, std::move(message)};
    return false;
  }

  Place bracket_place() const { return place_of(text_, consumed_ - 1); }
  Place string_place() const {
    std::size_t at = consumed_ - 1;  // the closing quote
    while (at > 0) {
      --at;
      std::size_t backslashes = 0;
      while (backslashes < at && text_[at - 1 - backslashes] == '\\') ++backslashes;
      if (text_[at] == '"' && backslashes % 2 == 0) break;
    }
    return place_of(text_, at);
  }
  Place word_place() const {
    const auto in_word = [&](std::size_t i) {
      return std::isalnum(static_cast<unsigned char>(text_[i])) != 0 || text_[i] == '-' ||
             text_[i] == '+' || text_[i] == '.';
    };
    std::size_t end = std::min(consumed_, text_.size());
    while (end > 0 && !in_word(end - 1)) --end;
    std::size_t start = end;
    while (start > 0 && in_word(start - 1)) --start;
    return place_of(text_, start);
  }

  const std::string& text_;
  const std::size_t& consumed_;
  std::vector<Open> open_;
  std::optional<JsonNode> root_;
  std::optional<JsonMistake> mistake_;
};

}  // namespace

std::variant<JsonNode, JsonMistake> parse_json(const std::string& text) {
  std::size_t consumed = 0;
  TreeBuilder builder(text, consumed);
  nlohmann::json::sax_parse(CountingIterator(text.data(), &consumed),
                            CountingIterator(text.data() + text.size(), &consumed), &builder,
                            nlohmann::json::input_format_t::json, true, true);
  return builder.take();
}

std::string JsonNode::shown() const {
  struct Shower {
    std::string operator()(std::nullptr_t) const { return "null"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return nlohmann::json(value).dump(); }
    std::string operator()(const std::string& value) const { return in_quotes(value, 60); }
    std::string operator()(const Array&) const { return "a list"; }
    std::string operator()(const Object&) const { return "an object"; }
  };
  return std::visit(Shower{}, value);
}

}  // namespace xmppftd

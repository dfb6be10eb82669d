// SPDX-License-Identifier: MIT
// The text of a configuration file: every mistake has its place, and what is read keeps its bounds.
#include "config/config.h"

#include <algorithm>

#include "config/keys.h"
#include "fuzz.h"

using namespace xmppftd;
using namespace xmppftd::fuzz;

namespace {

void check_place(Place place, const std::string& text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  FUZZ_CHECK(place.line >= 1 && place.line <= lines);
  FUZZ_CHECK(place.column >= 1 && place.column <= text.size() + 1);
}

void check_places(const JsonNode& node, const std::string& text, int depth) {
  FUZZ_CHECK(depth <= 16);
  check_place(node.place, text);
  FUZZ_CHECK(node.shown().size() <= 60 + 5);  // "..." and two quotes
  if (const auto* array = node.array())
    for (const auto& item : *array) check_places(item, text, depth + 1);
  if (const auto* object = node.object()) {
    for (const auto& member : *object) {
      check_place(member.key_place, text);
      check_places(member.node, text, depth + 1);
      FUZZ_CHECK(std::count_if(object->begin(), object->end(),
                               [&](const auto& other) { return other.key == member.key; }) == 1);
    }
  }
}

void check_bounds(const Config& config) {
  FUZZ_CHECK(config.limits.max_active >= 1 && config.limits.max_active_per_peer >= 1);
  FUZZ_CHECK(config.limits.progress_interval >= std::chrono::milliseconds(250));
  FUZZ_CHECK(config.ibb.block_size >= 128 && config.ibb.block_size <= 65535);
  FUZZ_CHECK(config.retry.attempts >= 1 && config.retry.first_delay >= std::chrono::seconds(1));
  FUZZ_CHECK(!config.methods.empty());
  FUZZ_CHECK(config.download_dir.empty() || config.download_dir.front() == '/');
  FUZZ_CHECK(config.on_exists == "rename" || config.on_exists == "fail");
  for (const auto& rule : config.auto_accept) {
    AcceptRule again = rule;
    FUZZ_CHECK(prepare(again) && again == rule);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_json(text);
  if (const auto* mistake = std::get_if<JsonMistake>(&parsed)) {
    FUZZ_CHECK(!mistake->message.empty());
    check_place(mistake->place, text);
    return 0;
  }
  const auto& root = std::get<JsonNode>(parsed);
  check_places(root, text, 0);
  Config config;
  Diagnostics diagnostics("config.jsonc");
  apply_keys(root, config, diagnostics);
  check_bounds(config);  // a value that is refused leaves what was there
  for (const auto& line : diagnostics.errors) FUZZ_CHECK(line.starts_with("config.jsonc:"));
  return 0;
}

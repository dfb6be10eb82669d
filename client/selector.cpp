// SPDX-License-Identifier: MIT
#include "selector.h"

#include <charconv>

#include "failure.h"
#include "text.h"

namespace xmppftctl {
namespace {

[[noreturn]] void refuse(std::string_view word) {
  throw usage("'" + printable(word) +
              "' is not a job: want 12, 3-9, @BATCH, @last, or @- for ids on standard input");
}

std::uint64_t parse_id(std::string_view digits, std::string_view word) {
  std::uint64_t id = 0;
  const auto [stop, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (bad != std::errc{} || stop != digits.data() + digits.size() || id == 0) refuse(word);
  return id;
}

void add(JobNames& names, std::string_view word) {
  if (word == "@last") {
    names.last = true;
  } else if (word.size() > 1 && word[0] == '@' && word != "@-" && why_not_text(word).empty()) {
    names.batches.emplace_back(word.substr(1));
  } else if (const auto dash = word.find('-'); dash != std::string_view::npos && dash > 0) {
    const auto first = parse_id(word.substr(0, dash), word),
               last = parse_id(word.substr(dash + 1), word);
    if (last < first) refuse(word);
    if (last - first >= kMaxNamedJobs) {
      throw usage("'" + std::string(word) + "' spans more than " + std::to_string(kMaxNamedJobs) +
                  " jobs");
    }
    names.ranges.emplace_back(first, last);
  } else {
    names.ids.push_back(parse_id(word, word));
  }
}

}  // namespace

JobNames parse_job_names(const std::vector<std::string>& words, std::istream& input) {
  JobNames names;
  for (const auto& word : words) {
    if (word != "@-") {
      add(names, word);
      continue;
    }
    for (std::string id; input >> id;) add(names, id);
  }
  if (names.ids.size() > kMaxNamedJobs)
    throw usage("more than " + std::to_string(kMaxNamedJobs) + " jobs named");
  return names;
}

}  // namespace xmppftctl

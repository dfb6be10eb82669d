// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xmppftctl {

/// What the JOB arguments of a command name: 12 | 3-9 | @BATCH | @last | @- (ids from standard
/// input).
struct JobNames {
  std::vector<std::uint64_t> ids;  ///< named one by one: each must exist
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;  ///< [first, last]; gaps are fine
  std::vector<std::string> batches;
  bool last = false;  ///< @last

  bool empty() const { return ids.empty() && ranges.empty() && batches.empty() && !last; }
};

/// Most jobs that one command line may spell out by number.
inline constexpr std::size_t kMaxNamedJobs = 10'000;

/// Reads the grammar; `input` is what @- stands for (white space between ids, same grammar without
/// @-). Throws a usage Failure that shows the word and the grammar.
JobNames parse_job_names(const std::vector<std::string>& words, std::istream& input);

}  // namespace xmppftctl

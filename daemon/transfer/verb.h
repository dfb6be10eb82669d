// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "model/job.h"

namespace xmppftd {

/// Something that can be done to a job. The table of these is the only place that knows their
/// words, which are those of Job1.Actions and Manager1.ControlJobs; TransferQueue has what they do.
struct Verb {
  std::string_view word;
  /// Does it mean something to a job as it is?
  bool (*fits)(const JobRecord& record);
  /// What is to be done where it means nothing, in words; "" = what it does says so itself.
  std::string_view instead;
  /// Does ControlJobs take it, for many jobs at once?
  bool for_many;
};

/// In the order in which Job1.Actions tells them.
std::span<const Verb> all_verbs() noexcept;
/// Null when there is none of that word.
const Verb* find_verb(std::string_view word) noexcept;
/// Rows of the table.
// NOLINTNEXTLINE(readability-identifier-naming): references to constants are constants
extern const Verb &kAccept, &kDecline, &kCancel, &kRemove;

/// The words of those that would succeed now.
std::vector<std::string_view> actions_of(const JobRecord& record);

}  // namespace xmppftd

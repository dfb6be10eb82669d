// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/job.h"

namespace xmppftd {

/// Which jobs: they must match every member that is set.
struct JobFilter {
  std::vector<JobId> ids;
  std::string batch;
  std::vector<JobState> states;
  std::optional<Direction> direction;
  AccountId account = 0;
  std::string peer;           ///< a bare JID matches all its resources
  WallTime since{};           ///< created at or after
  std::string text;           ///< part of the file name; ASCII letters in any case
  bool oldest_first = false;  ///< by id; default: newest first

  bool matches(const JobRecord& record) const;
};

/// "ann@example.org/phone" -> "ann@example.org". For prepared addresses only.
inline std::string_view bare_part(std::string_view jid) noexcept {
  return jid.substr(0, jid.find('/'));
}
/// Is `jid` meant by `wanted`? A bare one means all its resources.
bool same_peer(std::string_view jid, std::string_view wanted) noexcept;

/// One page of a list.
struct JobPage {
  std::vector<JobId> ids;
  std::string next;              ///< cursor of the next page, "" on the last one
  std::uint64_t generation = 0;  ///< changes up to this one are included
};

}  // namespace xmppftd

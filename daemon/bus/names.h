// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <optional>
#include <string>

#include "base/bytes.h"
#include "model/job.h"

namespace xmppftd {

inline constexpr const char* kBusName = "org.xmppft.Daemon1";
inline constexpr const char* kRootPath = "/org/xmppft/Daemon1";
inline constexpr const char* kManagerInterface = "org.xmppft.Manager1";
inline constexpr const char* kAccountInterface = "org.xmppft.Account1";
inline constexpr const char* kJobInterface = "org.xmppft.Job1";

inline std::string job_path(JobId id) {
  return std::string(kRootPath) + "/jobs/" + std::to_string(id);
}
inline std::string account_path(AccountId id) {
  return std::string(kRootPath) + "/accounts/" + std::to_string(id);
}

/// The id at the end of an account's object path; nothing when it is another kind of path.
inline std::optional<AccountId> account_of(const std::string& path) {
  const std::string prefix = std::string(kRootPath) + "/accounts/";
  if (path.rfind(prefix, 0) != 0) return std::nullopt;
  return parse_decimal(std::string_view(path).substr(prefix.size()));
}

/// D-Bus times are microseconds since the Unix epoch.
inline std::uint64_t bus_time(WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

}  // namespace xmppftd

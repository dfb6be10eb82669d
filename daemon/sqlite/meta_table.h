// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sqlite/database.h"

namespace xmppftd {

/// Table `meta`: facts about a journal as a whole, a key each. SQLite takes a text for its column
/// of numbers, too.
namespace meta {

inline constexpr std::string_view kNextId = "next_id";
/// Counts the transactions that wrote.
inline constexpr std::string_view kCommits = "commits";
/// What people must be told of rows that were lost, until they were.
inline constexpr std::string_view kLoss = "loss";
/// Where a database that this one took the place of was put.
inline constexpr std::string_view kAside = "aside";

/// 0 and "" for what is not there.
Result<std::int64_t> number(Database& database, std::string_view key);
Result<std::string> text(Database& database, std::string_view key);
Result<void> set(Database& database, std::string_view key, std::int64_t value);
Result<void> set(Database& database, std::string_view key, std::string_view value);
Result<void> clear(Database& database, std::string_view key);

}  // namespace meta
}  // namespace xmppftd

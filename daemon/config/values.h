// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace xmppftd {

/// "500000", "500k" (1000), "2Mi" (1024 squared), up to Ti; bytes. Errors: BadArgument.
Result<std::uint64_t> parse_size(std::string_view text);
/// "500ms", "30s", "10m", "2h", "7d". Errors: BadArgument.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// A leading "~" and "${XDG_..._HOME}", "${HOME}" are replaced; the result is absolute, without a
/// trailing slash. Errors: BadArgument when it stays relative.
Result<std::string> expand_path(std::string_view text);
/// The candidate nearest to `word` if it is near enough to be meant, else "".
std::string did_you_mean(std::string_view word, const std::string_view* candidates,
                         std::size_t count);

}  // namespace xmppftd

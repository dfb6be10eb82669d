// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace xmppftd {

/// A moment as peers write it: XEP-0082 DateTime with or without fraction and offset
/// ("2009-07-14T04:52:25.650Z"), or the legacy "20090714T04:52:25"; no offset means UTC, the
/// fraction is dropped. Anything else: nothing.
std::optional<std::chrono::sys_seconds> parse_date_time(std::string_view text) noexcept;

/// "2009-07-14T04:52:25Z"; years 0000 to 9999.
std::string to_date_time(std::chrono::sys_seconds moment);

}  // namespace xmppftd

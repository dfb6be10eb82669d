// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "base/result.h"

namespace xmppftd {

/// What an errno value means for whoever met it, and what helps against it.
struct Trouble {
  Errc code;
  std::string_view remedy;  ///< words that go on after "; "
};

/// The one table of them. FileMissing, Unreadable, NotRegularFile, DiskFull, Exists, Unavailable
/// (time may cure it: the job waits) or Io. Values that no system call of ours should give are Io,
/// too, with the advice to report them.
Trouble trouble_of(int error_number) noexcept;

/// No descriptor or no memory was left: whatever was asked for, this is meant.
bool is_shortage(int error_number) noexcept;

/// "<what>: <the kernel's words>; <remedy>", by the table; without `what` no colon.
Error system_error(int error_number, std::string_view what);

/// The same, where the caller knows better what the value means here; "" = nothing that can be done
/// here helps.
Error system_error(Errc code, int error_number, std::string_view what, std::string_view remedy);

}  // namespace xmppftd

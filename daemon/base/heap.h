// SPDX-License-Identifier: MIT
#pragma once

namespace xmppftd {

/// Makes the C library's heap give memory back. Call it before the first thread is made.
///
/// Left to itself glibc keeps a heap for each of our dozen threads, and after the first big block
/// was freed it serves such blocks, and keeps up to 64 MiB of free room, in the one heap that only
/// shrinks from its end.
void bound_heap() noexcept;

/// Gives the pages back that hold nothing. Some milliseconds; for the time after a burst.
void trim_heap() noexcept;

}  // namespace xmppftd

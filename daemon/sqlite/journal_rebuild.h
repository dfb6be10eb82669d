// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "sqlite/journal_folder.h"
#include "sqlite/journal_mark.h"

namespace xmppftd {

/// Builds a journal from what is good in a damaged one, or one that ends before what is known of
/// it, and puts it in its place; it says what was lost (meta::kLoss), and its numbers are above
/// those that are known. Whatever goes wrong or ends the process, the damaged one is still there,
/// or the new one is complete. Errors: DiskFull, Io.
Result<void> rebuild_journal(const JournalFolder& folder, const JournalNumbers& known);

/// Builds an empty one where there is none, its numbers above those that are known. Errors: as
/// above.
Result<void> begin_journal(const JournalFolder& folder, const JournalNumbers& known);

/// Goes on where a process was ended in rebuild_journal(). Errors: as there.
Result<void> finish_rebuild(const JournalFolder& folder);

}  // namespace xmppftd

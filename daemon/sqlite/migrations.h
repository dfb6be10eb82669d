// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "sqlite/database.h"

namespace xmppftd {

/// The version of the journal that this program writes; PRAGMA user_version says which one a file
/// has, 0 an empty one.
int journal_version() noexcept;

/// Brings a journal of an older version, or an empty database, up to version `to`. Each step is one
/// transaction: whatever ends the process, the file is of the version before or of the one after.
/// The rows were looked at before: a step may sum a row anew, and a damaged one would look sound
/// after that. Errors: DiskFull, Io.
Result<void> migrate(Database& database, int to = journal_version());

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "sqlite/database.h"
#include "sqlite/journal_folder.h"
#include "sqlite/journal_mark.h"

namespace xmppftd {

/// Makes `jobs.db.bak` from an open journal of this version: the whole of it, synced, in place of
/// the one before. One in which a row is damaged is not taken, for the one before may still have it
/// sound. Takes two seconds at most. Errors: DiskFull, Io.
Result<void> copy_journal_file(Database& journal, const JournalFolder& folder, int version);

/// What the copy's numbers are, if there is one.
std::optional<JournalNumbers> numbers_of_copy(const JournalFolder& folder);

/// The copy in memory, brought to journal_version(), with its sound rows. Null: there is none, or a
/// newer version wrote it.
std::unique_ptr<Database> read_copy(const JournalFolder& folder);
bool copy_is_sound(const JournalFolder& folder);

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "io/store.h"
#include "sqlite/database.h"
#include "sqlite/journal_mark.h"

namespace xmppftd {

/// The journal's database, open and sound, and what it held.
struct JournalFile {
  std::unique_ptr<Database> database;
  JournalNumbers numbers;
  JournalMark mark;
  JournalFolder folder;
  Journaled contents;
};

/// Opens `jobs.db` in `folder`. What is damaged, or ends before what
/// the mark says of it, is moved aside and its good rows are saved. Errors:
/// as Journal::open().
Result<JournalFile> open_journal_file(const std::string& folder);

}  // namespace xmppftd

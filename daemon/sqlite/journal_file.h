// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "io/store.h"
#include "sqlite/database.h"

namespace xmppftd {

/// The journal's database, open and sound, and what it held.
struct JournalFile {
  std::unique_ptr<Database> database;
  Journaled contents;
};

/// Opens `jobs.db` in `folder`. What is damaged is moved aside and its good rows are saved. Errors:
/// as Journal::open().
Result<JournalFile> open_journal_file(const std::string& folder);

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "sqlite/migrations.h"

#include <iterator>
#include <string>

#include "sqlite/job_rows.h"

namespace xmppftd {
namespace {

/// What leads to version 1, 2, ... in this order. A step that was released is never changed: files
/// of its version are out there. A step that changes what a row held sets its checksum_columns to
/// 0, and the row is summed anew in the same transaction.
constexpr const char* kSteps[] = {
    // 1
    R"sql(
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY, batch TEXT NOT NULL, direction TEXT NOT NULL, account INTEGER NOT NULL,
  peer TEXT NOT NULL, peer_full TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL,
  modified INTEGER NOT NULL, offered_hash TEXT NOT NULL, description TEXT NOT NULL,
  mime_type TEXT NOT NULL, path TEXT NOT NULL, source_device INTEGER NOT NULL,
  source_inode INTEGER NOT NULL, source_size INTEGER NOT NULL,
  source_modified_ns INTEGER NOT NULL, source_changed_ns INTEGER NOT NULL, state TEXT NOT NULL,
  reason TEXT NOT NULL, error_name TEXT NOT NULL, error_detail TEXT NOT NULL,
  priority INTEGER NOT NULL, methods TEXT NOT NULL, method TEXT NOT NULL, route TEXT NOT NULL,
  host TEXT NOT NULL, port INTEGER NOT NULL, transferred INTEGER NOT NULL,
  resumed_from INTEGER NOT NULL, attempt INTEGER NOT NULL, delivery TEXT NOT NULL,
  hash_state TEXT NOT NULL, hash TEXT NOT NULL, created_at INTEGER NOT NULL,
  started_at INTEGER NOT NULL, finished_at INTEGER NOT NULL, next_attempt_at INTEGER NOT NULL,
  waiting_since INTEGER NOT NULL, folder TEXT NOT NULL, part_name TEXT NOT NULL,
  part_device INTEGER NOT NULL, part_inode INTEGER NOT NULL, part_size INTEGER NOT NULL,
  part_modified_ns INTEGER NOT NULL, part_changed_ns INTEGER NOT NULL, wanted_name TEXT NOT NULL,
  final_name TEXT NOT NULL, publishing INTEGER NOT NULL, on_exists TEXT NOT NULL,
  checksum INTEGER NOT NULL
);
CREATE TABLE history (
  job INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, entry INTEGER NOT NULL,
  at INTEGER NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (job, entry)
) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('next_id', 1);
)sql",

    // 2: a source has a mark of its content
    "ALTER TABLE jobs ADD COLUMN source_content INTEGER NOT NULL DEFAULT 0;",

    // 3: a row says how many of its columns the checksum covers, so that columns may come. Until
    // now a mark that was not taken did not count. How much of a part is synced has a table of its
    // own, since it changes often and alone.
    R"sql(
ALTER TABLE jobs ADD COLUMN checksum_columns INTEGER NOT NULL DEFAULT 51;
UPDATE jobs SET checksum_columns = 50 WHERE source_content = 0;
CREATE TABLE checkpoints (
  job INTEGER PRIMARY KEY REFERENCES jobs(id) ON DELETE CASCADE, bytes INTEGER NOT NULL,
  checksum INTEGER NOT NULL
);
)sql",

    // 4: since when the sender of a cancelled file is unaware; it stood in waiting_since until now
    R"sql(
ALTER TABLE jobs ADD COLUMN unaware_since INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET unaware_since = waiting_since, waiting_since = 0, checksum_columns = 0
  WHERE state = 'cancelled' AND waiting_since <> 0;
)sql",

    // 5: was an offer accepted? Until now that was so where there was a folder to receive it into.
    // Two daemons name a file between them. And a size may be unknown, for which the column that
    // holds it has no value.
    R"sql(
ALTER TABLE jobs ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN file_id TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN size_unknown INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET accepted = 1, checksum_columns = 0 WHERE direction = 'in' AND folder <> '';
)sql",
};

Result<void> step_to(Database& database, int version) {
  auto how = database.execute("BEGIN IMMEDIATE");
  if (how) how = database.execute(kSteps[version - 1]);
  if (how) how = sum_marked_rows(database, version);
  if (how) how = database.execute("PRAGMA user_version = " + std::to_string(version));
  if (how) how = database.execute("COMMIT");
  if (!how) database.rollback();
  return how;
}

}  // namespace

int journal_version() noexcept { return static_cast<int>(std::size(kSteps)); }

Result<void> migrate(Database& database, int to) {
  const auto version = database.number("PRAGMA user_version");
  if (!version) return version.error();
  Result<void> how;
  for (int next = static_cast<int>(*version) + 1; how && next <= to; ++next)
    how = step_to(database, next);
  return how;
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "sqlite/journal_rebuild.h"

#include <functional>
#include <memory>
#include <string>

#include "sqlite/database.h"
#include "sqlite/journal_contents.h"
#include "sqlite/meta_table.h"
#include "sqlite/migrations.h"

namespace xmppftd {
namespace {

/// Ids above the highest one seen that are not given out again when the counter itself was lost:
/// the rows of that many jobs may have been lost with it.
constexpr JobId kIdGap = 1000;

std::string lost_rows(const RowScan& scan) {
  std::string text = std::to_string(scan.rows) + " jobs were saved";
  if (!scan.lost.empty()) {
    text += "; lost:";
    for (std::size_t i = 0; i < scan.lost.size() && i < 20; ++i)
      text += " " + std::to_string(scan.lost[i]);
    if (scan.lost.size() > 20) text += " and " + std::to_string(scan.lost.size() - 20) + " more";
  }
  if (scan.incomplete) text += "; parts of it could not be read, so others may be missing";
  return text;
}

/// The version of a damaged journal. What is no such number is taken for ours.
int version_of_damaged(Database& database) {
  const auto version = database.number("PRAGMA user_version");
  const bool known = version && *version > 0 && *version <= journal_version();
  return known ? static_cast<int>(*version) : journal_version();
}

Result<void> copy_good_rows(const std::string& damaged, Database& to, RowScan& scan) {
  auto old = Database::open(damaged);
  if (!old) {
    scan.incomplete = true;
    return migrate(to);
  }
  (*old)->close_untouched(true);
  static_cast<void>((*old)->execute("PRAGMA locking_mode = EXCLUSIVE"));
  const int version = version_of_damaged(**old);
  if (auto made = migrate(to, version); !made) return made;
  auto copied = copy_journal(**old, to, version);
  if (!copied) return copied.error();
  scan = std::move(*copied);
  return migrate(to);
}

Result<void> fill_anew(const JournalFolder& folder, const std::string& aside, Database& db) {
  RowScan scan;
  auto how = copy_good_rows(folder.database(), db, scan);
  if (!how) return how;
  if (!scan.sound()) scan.next_id += kIdGap;
  const auto loss =
      folder.database() + " was damaged: " + lost_rows(scan) + ". The original is kept as " + aside;
  how = meta::set(db, meta::kNextId, static_cast<std::int64_t>(scan.next_id));
  if (how) how = meta::set(db, meta::kLoss, loss);
  if (how) how = meta::set(db, meta::kAside, aside);
  return how;
}

/// All of the new one, closed at the end.
Result<void> build(const JournalFolder& folder,
                   const std::function<Result<void>(Database&)>& fill) {
  if (auto made = folder.begin_new(); !made) return made;
  auto database = Database::open(folder.unfinished());
  if (!database) return database.error();
  Database& db = **database;
  // It counts only when it is whole and synced: until then no log is of use.
  auto how = db.execute(
      "PRAGMA locking_mode = EXCLUSIVE;"
      "PRAGMA journal_mode = MEMORY;"
      "PRAGMA synchronous = OFF;"
      "PRAGMA foreign_keys = ON;");
  return how ? fill(db) : how;
}

/// That, in its place.
Result<void> replace(const JournalFolder& folder, const std::string& aside,
                     const std::function<Result<void>(Database&)>& fill) {
  auto how = build(folder, fill);
  if (how) how = folder.take_new(aside);
  if (!how) folder.drop_new();
  return how;
}

}  // namespace

Result<void> rebuild_journal(const JournalFolder& folder) {
  const auto aside = folder.aside_name();
  return replace(folder, aside, [&](Database& db) { return fill_anew(folder, aside, db); });
}

Result<void> begin_journal(const JournalFolder& folder) {
  return replace(folder, folder.aside_name(), [](Database& db) { return migrate(db); });
}

Result<void> finish_rebuild(const JournalFolder& folder) {
  if (!folder.was_cut_off()) return {};
  std::string aside;
  if (auto database = Database::open(folder.cut_off())) {
    if (auto told = meta::text(**database, meta::kAside)) aside = std::move(*told);
  }
  return folder.finish(aside.empty() ? folder.aside_name() : aside);
}

}  // namespace xmppftd

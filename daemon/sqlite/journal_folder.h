// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/private_folder.h"
#include "base/result.h"

namespace xmppftd {

/// The files of the journal in the state folder, and how one database takes the place of another.
///
/// A new one is made whole as `jobs.db.tmp`, synced, and named `jobs.db.new`. From then on it
/// counts: what stands in its place is moved aside, and it becomes `jobs.db`. Whatever ends the
/// process, the next start finds the old one untouched or goes on where this one was cut off.
class JournalFolder {
 public:
  /// Errors: those of open_private_folder(); NotRegularFile or UnsafeFolder where something else
  /// than a file of ours has the name of one of these files.
  static Result<JournalFolder> open(const std::string& path);

  std::string path(std::string_view name) const;
  std::string database() const { return path("jobs.db"); }
  std::string log() const { return path("jobs.db-wal"); }
  /// Where to build a new database.
  std::string unfinished() const { return path("jobs.db.tmp"); }

  std::string copy() const { return path("jobs.db.bak"); }
  std::string unfinished_copy() const { return path("jobs.db.bak.tmp"); }

  /// Is there a file of this name?
  bool has(std::string_view name) const;
  /// 0 also for one that is not there.
  std::uint64_t size(std::string_view name) const;
  /// A name that nothing has yet, for a database that is put aside: "jobs.db.bad-<time>".
  std::string aside_name() const;
  /// Makes the empty file unfinished() (0600), in place of one that was cut off. Errors: DiskFull,
  /// Io and others of system_error().
  Result<void> begin_new() const;
  /// Syncs unfinished(), which nobody has open any more, and puts it in the place of jobs.db, which
  /// gets the name `aside`; so does its log. Errors: as begin_new().
  Result<void> take_new(const std::string& aside) const;
  /// Removes unfinished().
  void drop_new() const;
  /// The same for the copy, which takes the place of the one before.
  Result<void> begin_copy() const;
  Result<void> take_copy() const;
  void drop_copy() const;
  /// Is there a database that was to take its place when the process was ended?
  bool was_cut_off() const { return has("jobs.db.new"); }
  std::string cut_off() const { return path("jobs.db.new"); }
  /// The second half of take_new().
  Result<void> finish(const std::string& aside) const;

 private:
  explicit JournalFolder(PrivateFolder folder) : folder_(std::move(folder)) {}
  Result<void> look_at(const char* name) const;
  Result<void> make(const char* name) const;
  Result<void> sync_file(const char* name) const;
  /// A file that is not there is no error.
  Result<void> rename(std::string_view from, const std::string& to) const;
  Result<void> sync() const;

  PrivateFolder folder_;
};

}  // namespace xmppftd

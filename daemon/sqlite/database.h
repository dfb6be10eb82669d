// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace xmppftd {

class Database;

/// A prepared statement. Bind what it needs, then step until there is no row; reset to use it
/// again. The Database outlives it.
class Statement {
 public:
  /// Indices count from 1, as in SQL.
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view text);
  /// True: a row is there. False: the statement has ended. Errors: DiskFull, Exists (a constraint),
  /// Io.
  Result<bool> step();
  /// For statements without rows: steps to the end and resets.
  Result<void> run();
  void reset();

  /// Columns count from 0.
  std::int64_t number(int column) const;
  std::string text(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  Statement(Database& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}
  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One SQLite file. Used by one thread at a time.
class Database {
 public:
  /// Opens or creates; no symbolic link on the way. Errors: DiskFull, Io.
  static Result<std::unique_ptr<Database>> open(const std::string& path);

  /// Statements separated by ';', without parameters or rows.
  Result<void> execute(const std::string& sql);
  /// Ends the transaction that is open, if there is one: SQLite itself ends it when a disk is full
  /// or broken.
  void rollback();
  /// All that it holds, into an empty file at `path`, without a sync. Errors: DiskFull; Io, also
  /// after `within`.
  Result<void> copy_into(const std::string& path, std::chrono::milliseconds within);
  Result<Statement> prepare(std::string_view sql);
  /// The first column of the first row.
  Result<std::int64_t> number(std::string_view sql);
  Result<std::string> text(std::string_view sql);
  /// True once any call found that the file is no database, is malformed, or has not the schema
  /// that our SQL fits.
  bool damaged() const noexcept { return damaged_; }
  /// Shall closing leave the file and its write-ahead log as they are? For a look at a damaged one.
  /// Default: no, the log is moved into the file.
  void close_untouched(bool untouched);

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  explicit Database(std::string path) : path_(std::move(path)) {}
  Error error(int code);

  std::string path_;
  bool damaged_ = false;
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace xmppftd

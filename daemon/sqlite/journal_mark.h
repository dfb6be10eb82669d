// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "base/unique_fd.h"
#include "model/job.h"
#include "sqlite/journal_folder.h"

namespace xmppftd {

/// What only grows in a journal.
struct JournalNumbers {
  JobId next_id = 1;         ///< above every id ever given out
  std::int64_t commits = 0;  ///< 0: of no journal
  friend bool operator==(const JournalNumbers&, const JournalNumbers&) = default;
};
/// The higher of each.
JournalNumbers highest(const JournalNumbers& one, const JournalNumbers& other);

/// `jobs.mark`, one line: the numbers of the last commit, kept beside the database so that one that
/// ends early or is gone does not have its ids given out again. It is written in place and never
/// synced: after a power cut it may be older than the database, which is no harm, or damaged, which
/// counts as none.
class JournalMark {
 public:
  /// Without a file that can be opened nothing is said, and writing does nothing.
  static JournalMark open(const JournalFolder& folder);
  const JournalNumbers& said() const { return said_; }
  void write(const JournalNumbers& numbers);

 private:
  explicit JournalMark(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
  JournalNumbers said_;
};

}  // namespace xmppftd

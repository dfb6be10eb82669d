// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "io/poster.h"
#include "io/store.h"
#include "sqlite/ballast.h"
#include "sqlite/database.h"
#include "sqlite/job_table.h"
#include "sqlite/journal_file.h"
#include "sqlite/journal_mark.h"

namespace xmppftd {

/// The journal on disk: `jobs.db` in the state folder (WAL, synchronous=FULL), on a thread of its
/// own. What was posted while a commit was being synced goes into the next one together, so a burst
/// costs few syncs.
///
/// At most kMaxWaiting orders wait; beyond that a put or remove fails with TooMany at once, and a
/// checkpoint or a line of history is dropped. Destroying it finishes what was posted, then closes
/// the file in order; callbacks still reach `core`. Hourly, where something changed, and at the end
/// it makes a copy, `jobs.db.bak`.
///
/// When its disk is full it frees its ballast and goes on with the jobs that it knows; new ones are
/// refused (DiskFull) until there is room for the ballast again.
class Journal final : public Store {
 public:
  static constexpr std::size_t kMaxWaiting = 100'000;

  /// Makes the folder (0700) and the file (0600). A damaged file is moved aside to
  /// `jobs.db.bad-<time>`, its good rows are taken over, and the answer is `degraded` with a
  /// warning for people, which every open() repeats until loss_was_told(). Take the StateLock
  /// first. Errors: those of open_private_folder(), NotRegularFile, Config (written by a newer
  /// version), DiskFull, Io.
  static Result<std::pair<std::unique_ptr<Journal>, Journaled>> open(
      const std::string& folder, Poster& core,
      std::chrono::milliseconds copy_every = std::chrono::hours(1));
  ~Journal() override;

  /// What open() warned of has been told for as long as it had to be: the next one does not say it
  /// again.
  void loss_was_told();

  void put(std::vector<JobRecord> records, Done done) override;
  void checkpoint(JobId id, std::uint64_t bytes) override;
  void remove(std::vector<JobId> ids, Done done) override;
  void add_step(JobId id, HistoryEntry entry) override;
  void history(JobId id, Callback<void(Result<std::vector<HistoryEntry>>)> done) override;

 private:
  struct Put {
    std::vector<JobRecord> records;
    Done done;
  };
  struct Checkpoint {
    JobId id;
    std::uint64_t bytes;
  };
  struct Remove {
    std::vector<JobId> ids;
    Done done;
  };
  struct Step {
    JobId id;
    HistoryEntry entry;
  };
  struct Read {
    JobId id;
    Callback<void(Result<std::vector<HistoryEntry>>)> done;
  };
  struct Told {};
  using Order = std::variant<Put, Checkpoint, Remove, Step, Read, Told>;

  Journal(JournalFile file, JobTable table, Poster& core, std::chrono::milliseconds copy_every);
  bool post(Order order);
  void run();
  void copy();
  void carry_out(std::vector<Order>& orders);
  Result<void> commit(std::vector<Order>::iterator first, std::vector<Order>::iterator last);
  /// The last put of a job within a commit.
  struct LastPut {
    const Order* order;
    const JobRecord* record;  ///< null once it is written
  };
  using LastPuts = std::unordered_map<JobId, LastPut>;
  Result<void> write(const Order& order, LastPuts& last_puts, JournalNumbers& numbers);
  void answer(Order&& order, Result<void> how);

  Poster& core_;
  std::unique_ptr<Database> database_;
  JobTable table_;
  JournalNumbers numbers_;
  JournalMark mark_;
  JournalFolder folder_;
  Ballast ballast_;
  const std::chrono::milliseconds copy_every_;
  std::int64_t copied_;  ///< the commits that the copy has
  std::mutex mutex_;
  std::condition_variable posted_;
  std::vector<Order> waiting_;  // guarded by mutex_
  bool closing_ = false;        // guarded by mutex_
  std::thread thread_;
};

}  // namespace xmppftd

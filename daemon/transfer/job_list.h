// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/callback.h"
#include "io/store.h"
#include "io/timer.h"
#include "transfer/job.h"
#include "transfer/job_filter.h"
#include "transfer/job_index.h"
#include "transfer/while_alive.h"

namespace xmppftd {

/// All jobs there are, in memory and in the journal. Nobody is told of a change before it is on
/// disk.
///
/// A commit that fails (disk full) is tried again every few seconds until it succeeds; meanwhile
/// `writable()` is false and nothing new shall begin.
class JobList {
 public:
  /// Hears of what is on disk. Calls come from the loop.
  class Reader {
   public:
    virtual void on_committed(const Job& job) = 0;
    virtual void on_removed(JobId id) = 0;
    virtual void on_writable_changed() = 0;

   protected:
    ~Reader() = default;
  };
  using Then = Callback<void()>;

  JobList(Store& store, Timers& timers, Reader& reader);

  /// Takes over what the journal held. Once, first.
  void load(std::vector<JobRecord> records, JobId next_id);

  Job* find(JobId id);
  const Job* find(JobId id) const;
  const std::map<JobId, std::unique_ptr<Job>>& all() const noexcept { return jobs_; }
  /// Counts and sets over what is on disk.
  const JobIndex& index() const noexcept { return index_; }
  JobId newest() const noexcept { return next_id_ - 1; }
  /// A batch name that no job has.
  std::string new_batch() const;

  /// Enters a new job under a new id. Commit it.
  Job& add(JobRecord record);
  /// Takes back a job that was never committed, or whose removal is on disk.
  void drop(JobId id);

  /// Writes jobs as they are now, all in one; `then` comes once they are on disk, however long that
  /// takes.
  void commit(Job& job, Then then = {});
  void commit(const std::vector<Job*>& jobs, Then then = {});
  /// The same with one try: `done` hears of an error, and the caller puts right what it changed.
  void try_commit(const std::vector<Job*>& jobs, Store::Done done);
  /// So many bytes of its part file are synced: a small write of its own, which nobody waits for.
  void checkpoint(Job& job, std::uint64_t bytes);
  /// Takes ended jobs off the list once that is on disk.
  void remove(std::vector<JobId> ids, Store::Done done);
  /// A line for a job's story.
  void add_step(JobId id, std::string what, std::string detail = {});

  bool writable() const noexcept { return stuck_.empty(); }
  /// Goes up with every change that is on disk.
  std::uint64_t generation() const noexcept { return generation_; }

  Result<JobPage> list(const JobFilter& filter, std::string_view cursor, std::size_t limit) const;
  std::vector<JobId> select(const JobFilter& filter) const;

 private:
  using Versions = std::vector<std::pair<JobId, std::uint64_t>>;
  void put(const std::vector<Job*>& jobs, Callback<void(Result<void>)> done);
  void put_on_disk(const Versions& versions);
  void stick(const std::vector<JobId>& ids, Then then, const Error& error);
  void try_again_later();
  void unstick();

  struct Stuck {
    std::vector<JobId> ids;
    Then then;
  };

  Store& store_;
  Timers& timers_;
  Reader& reader_;
  std::map<JobId, std::unique_ptr<Job>> jobs_;
  JobIndex index_;
  JobId next_id_ = 1;
  std::uint64_t generation_ = 0;
  std::set<JobId> leaving_;  ///< being removed
  std::vector<Stuck> stuck_;
  std::unique_ptr<Timer> again_;
  bool trying_ = false;
  WhileAlive alive_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "transfer/job_list.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "base/log.h"
#include "base/text.h"

namespace xmppftd {
namespace {

constexpr std::chrono::seconds kTryAgain{5};
constexpr std::size_t kMaxRows = 1000;

}  // namespace

JobList::JobList(Store& store, Timers& timers, Reader& reader)
    : store_(store), timers_(timers), reader_(reader) {}

void JobList::load(std::vector<JobRecord> records, JobId next_id) {
  next_id_ = std::max(next_id, next_id_);
  for (auto& record : records) {
    const JobId id = record.id;
    next_id_ = std::max(next_id_, id + 1);
    index_.entered(record);
    index_.stored(nullptr, &record);
    jobs_.emplace_hint(jobs_.end(), id, std::make_unique<Job>(std::move(record), true));
  }
}

Job* JobList::find(JobId id) {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : found->second.get();
}
const Job* JobList::find(JobId id) const {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : found->second.get();
}

std::string JobList::new_batch() const {
  for (;;) {
    auto name = random_hex(3);
    if (!index_.has_batch(name)) return name;
  }
}

Job& JobList::add(JobRecord record) {
  record.id = next_id_++;
  record.created_at = wall_now();
  const JobId id = record.id;
  index_.entered(record);
  return *jobs_.emplace_hint(jobs_.end(), id, std::make_unique<Job>(std::move(record), false))
              ->second;
}

void JobList::drop(JobId id) {
  const auto gone = jobs_.extract(id);
  if (gone.empty()) return;
  const Job& job = *gone.mapped();
  index_.stored(job.shown(), nullptr);
  index_.left(job.now());
}

void JobList::put(const std::vector<Job*>& jobs, Callback<void(Result<void>)> done) {
  std::vector<JobRecord> records;
  Versions versions;
  records.reserve(jobs.size());
  versions.reserve(jobs.size());
  for (const Job* job : jobs) {
    if (leaving_.count(job->id()) != 0) continue;  // a row that goes must not come again
    index_.storing(job->now());
    records.push_back(job->now());
    versions.emplace_back(job->id(), job->version());
  }
  store_.put(std::move(records), alive_.wrap([this, versions = std::move(versions),
                                              done = std::move(done)](Result<void> how) mutable {
    if (how) put_on_disk(versions);
    done(std::move(how));
  }));
}

void JobList::put_on_disk(const Versions& versions) {
  for (const auto& [id, version] : versions) {
    Job* job = find(id);
    if (job == nullptr || job->version() != version) continue;
    index_.stored(job->shown(), nullptr);
    job->committed(version);
    index_.stored(nullptr, job->shown());
    ++generation_;
    reader_.on_committed(*job);
  }
}

void JobList::commit(Job& job, Then then) { commit(std::vector<Job*>{&job}, std::move(then)); }

void JobList::commit(const std::vector<Job*>& jobs, Then then) {
  if (jobs.empty()) return;
  std::vector<JobId> ids;
  for (const Job* job : jobs) ids.push_back(job->id());
  put(jobs, [this, ids = std::move(ids), then = std::move(then)](Result<void> how) mutable {
    if (!how) return stick(ids, std::move(then), how.error());
    if (then) then();
  });
}

void JobList::try_commit(const std::vector<Job*>& jobs, Store::Done done) {
  put(jobs, std::move(done));
}

void JobList::stick(const std::vector<JobId>& ids, Then then, const Error& error) {
  const bool first = stuck_.empty();
  stuck_.push_back({ids, std::move(then)});
  if (!trying_) try_again_later();
  if (!first) return;
  log::error("queue", "the journal cannot be written, nothing new will start: " + error.detail);
  reader_.on_writable_changed();
}

void JobList::try_again_later() {
  again_ = timers_.after(kTryAgain, [this] { unstick(); });
}

/// Writes everything that could not be written, in one; what fails again stays stuck.
void JobList::unstick() {
  trying_ = true;
  std::vector<Job*> jobs;
  for (const auto& stuck : stuck_)
    for (const JobId id : stuck.ids)
      if (Job* job = find(id)) jobs.push_back(job);
  std::sort(jobs.begin(), jobs.end(), [](const Job* a, const Job* b) { return a->id() < b->id(); });
  jobs.erase(std::unique(jobs.begin(), jobs.end()), jobs.end());
  const auto count = stuck_.size();
  put(jobs, [this, count](Result<void> how) {
    trying_ = false;
    if (!how) return try_again_later();
    // Others may have got stuck behind those that are through now.
    const auto end = stuck_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<Stuck> through(std::make_move_iterator(stuck_.begin()),
                               std::make_move_iterator(end));
    stuck_.erase(stuck_.begin(), end);
    if (!stuck_.empty()) {
      try_again_later();
    } else {
      log::info("queue", "the journal can be written again");
      reader_.on_writable_changed();
    }
    for (auto& one : through)
      if (one.then) one.then();
  });
}

void JobList::remove(std::vector<JobId> ids, Store::Done done) {
  auto gone = ids;
  leaving_.insert(ids.begin(), ids.end());
  store_.remove(std::move(ids), alive_.wrap([this, gone = std::move(gone),
                                             done = std::move(done)](Result<void> how) mutable {
    for (const JobId id : gone) leaving_.erase(id);
    if (how)
      for (const JobId id : gone) {
        if (find(id) == nullptr) continue;
        drop(id);
        ++generation_;
        reader_.on_removed(id);
      }
    if (done) done(std::move(how));
  }));
}

void JobList::checkpoint(Job& job, std::uint64_t bytes) {
  job.set_durable(bytes);
  store_.checkpoint(job.id(), bytes);
}

void JobList::add_step(JobId id, std::string what, std::string detail) {
  store_.add_step(id, {wall_now(), std::move(what), std::move(detail)});
}

Result<JobPage> JobList::list(const JobFilter& filter, std::string_view cursor,
                              std::size_t limit) const {
  if (limit == 0 || limit > kMaxRows)
    return Error{Errc::BadArgument, "limit " + std::to_string(limit) + " is not within 1..1000"};
  const auto after = cursor.empty() ? std::optional<std::uint64_t>(0) : parse_decimal(cursor);
  if (!after)
    return Error{Errc::BadArgument,
                 "cursor " + in_quotes(cursor) +
                     " is not one that a list gave out; begin again without a cursor"};
  JobPage page;
  page.generation = generation_;
  const auto take = [&](const Job& job) {  // false: the page is full
    const auto* record = job.shown();
    if (record == nullptr || !filter.matches(*record)) return true;
    if (page.ids.size() == limit) {
      page.next = std::to_string(page.ids.back());
      return false;
    }
    page.ids.push_back(job.id());
    return true;
  };
  if (filter.oldest_first) {
    for (auto it = jobs_.upper_bound(*after); it != jobs_.end() && take(*it->second); ++it) {
    }
  } else {
    auto it = *after == 0 ? jobs_.end() : jobs_.lower_bound(*after);
    while (it != jobs_.begin() && take(*(--it)->second)) {
    }
  }
  return page;
}

std::vector<JobId> JobList::select(const JobFilter& filter) const {
  std::vector<JobId> ids;
  const auto take = [&](const Job* job) {
    if (job == nullptr) return;
    if (const auto* record = job->shown(); record != nullptr && filter.matches(*record))
      ids.push_back(job->id());
  };
  if (filter.ids.empty()) {
    for (const auto& [id, job] : jobs_) take(job.get());
  } else {
    for (const JobId id : std::set<JobId>(filter.ids.begin(), filter.ids.end())) take(find(id));
  }
  return ids;
}

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#include "sqlite/journal.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "sqlite/journal_copy.h"
#include "sqlite/journal_file.h"
#include "sqlite/meta_table.h"
#include "sqlite/migrations.h"

namespace xmppftd {

Result<std::pair<std::unique_ptr<Journal>, Journaled>> Journal::open(
    const std::string& folder, Poster& core, std::chrono::milliseconds copy_every) {
  auto file = open_journal_file(folder);
  if (!file) return file.error();
  auto table = JobTable::attach(*file->database);
  if (!table) return table.error();
  auto contents = std::move(file->contents);
  std::unique_ptr<Journal> journal(
      new Journal(std::move(*file), std::move(*table), core, copy_every));
  return std::pair(std::move(journal), std::move(contents));
}

Journal::Journal(JournalFile file, JobTable table, Poster& core,
                 std::chrono::milliseconds copy_every)
    : core_(core),
      database_(std::move(file.database)),
      table_(std::move(table)),
      numbers_(file.numbers),
      mark_(std::move(file.mark)),
      folder_(std::move(file.folder)),
      ballast_(folder_.path(".")),
      copy_every_(copy_every),
      copied_(numbers_of_copy(folder_).value_or(JournalNumbers{}).commits),
      thread_([this] { run(); }) {}

Journal::~Journal() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  posted_.notify_one();
  thread_.join();
}

void Journal::loss_was_told() { post(Told{}); }
void Journal::put(std::vector<JobRecord> records, Done done) {
  post(Put{std::move(records), std::move(done)});
}
void Journal::checkpoint(JobId id, std::uint64_t bytes) { post(Checkpoint{id, bytes}); }
void Journal::remove(std::vector<JobId> ids, Done done) {
  post(Remove{std::move(ids), std::move(done)});
}
void Journal::add_step(JobId id, HistoryEntry entry) { post(Step{id, std::move(entry)}); }
void Journal::history(JobId id, Callback<void(Result<std::vector<HistoryEntry>>)> done) {
  post(Read{id, std::move(done)});
}

bool Journal::post(Order order) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kMaxWaiting) {
      waiting_.push_back(std::move(order));
      posted_.notify_one();
      return true;
    }
  }
  answer(std::move(order), Error{Errc::TooMany, "the disk cannot keep up with the journal"});
  return false;
}

void Journal::run() {
  std::vector<Order> orders;
  auto copy_at = std::chrono::steady_clock::now() + copy_every_;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      const auto called = [this] { return closing_ || !waiting_.empty(); };
      if (numbers_.commits != copied_)
        posted_.wait_until(lock, copy_at, called);
      else
        posted_.wait(lock, called);
      if (closing_ && waiting_.empty()) break;
      orders.swap(waiting_);
    }
    carry_out(orders);
    orders.clear();
    if (const auto now = std::chrono::steady_clock::now(); now >= copy_at) {
      copy();
      copy_at = now + copy_every_;
    }
  }
  copy();
}

void Journal::copy() {
  if (numbers_.commits == copied_) return;
  if (auto how = copy_journal_file(*database_, folder_, journal_version()); !how)
    log::warning("journal", "no copy: " + how.error().detail);
  else
    copied_ = numbers_.commits;
}

/// One commit for all; if that fails, one for each, so that a row which cannot be written fails
/// alone.
void Journal::carry_out(std::vector<Order>& orders) {
  ballast_.restore();
  auto all = commit(orders.begin(), orders.end());
  if (!all && all.error().code == Errc::DiskFull && ballast_.release()) {
    // The log holds what the database has room for by now.
    if (auto how = database_->execute("PRAGMA wal_checkpoint(TRUNCATE)"); !how)
      log::warning("journal", how.error().detail);
    all = commit(orders.begin(), orders.end());
  }
  const bool together = all.ok();
  for (auto order = orders.begin(); order != orders.end(); ++order) {
    Result<void> how;
    if (!together) how = commit(order, order + 1);
    if (!how) log::error("journal", "a write failed: " + how.error().detail);
    answer(std::move(*order), std::move(how));
  }
}

/// Of a job that was put several times only the newest record is written, in the place of the
/// first.
Result<void> Journal::commit(std::vector<Order>::iterator first,
                             std::vector<Order>::iterator last) {
  if (std::all_of(first, last,
                  [](const Order& order) { return std::holds_alternative<Read>(order); }))
    return {};
  LastPuts last_puts;
  for (auto order = first; order != last; ++order)
    if (const auto* put = std::get_if<Put>(&*order))
      for (const auto& record : put->records) last_puts[record.id] = {&*order, &record};
  auto how = database_->execute("BEGIN IMMEDIATE");
  auto numbers = numbers_;
  ++numbers.commits;
  for (; how && first != last; ++first) how = write(*first, last_puts, numbers);
  if (how) how = table_.set_numbers(numbers);
  if (how) how = database_->execute("COMMIT");
  if (how) {
    numbers_ = numbers;
    mark_.write(numbers);
  } else {
    database_->rollback();
  }
  return how;
}

Result<void> Journal::write(const Order& order, LastPuts& last_puts, JournalNumbers& numbers) {
  Result<void> how;
  if (const auto* put = std::get_if<Put>(&order)) {
    for (auto record = put->records.begin(); how && record != put->records.end(); ++record) {
      if (ballast_.released() && record->id >= numbers_.next_id)
        return Error{Errc::DiskFull,
                     "what is left on the disk of the journal is for the jobs that "
                     "it has; free some space"};
      numbers.next_id = std::max(numbers.next_id, record->id + 1);
      if (const auto* latest = std::exchange(last_puts[record->id].record, nullptr))
        how = table_.put(*latest);
    }
  } else if (const auto* checkpoint = std::get_if<Checkpoint>(&order)) {
    // A later put, written already, has a word of its own for it.
    const auto last = last_puts.find(checkpoint->id);
    if (last == last_puts.end() || last->second.order < &order)
      how = table_.checkpoint(checkpoint->id, checkpoint->bytes);
  } else if (const auto* remove = std::get_if<Remove>(&order)) {
    for (auto id = remove->ids.begin(); how && id != remove->ids.end(); ++id)
      how = table_.remove(*id);
  } else if (const auto* tell = std::get_if<Step>(&order)) {
    how = table_.add_step(tell->id, tell->entry);
  } else if (std::holds_alternative<Told>(order)) {
    how = meta::clear(*database_, meta::kLoss);
  }
  return how;
}

void Journal::answer(Order&& order, Result<void> how) {
  const auto report = [&](Done& done) {
    if (done) core_.post([done = std::move(done), how]() mutable { done(std::move(how)); });
  };
  if (auto* put = std::get_if<Put>(&order)) {
    report(put->done);
  } else if (auto* remove = std::get_if<Remove>(&order)) {
    report(remove->done);
  } else if (auto* read = std::get_if<Read>(&order)) {
    auto entries = how ? table_.history(read->id) : Result<std::vector<HistoryEntry>>(how.error());
    core_.post([done = std::move(read->done), entries = std::move(entries)]() mutable {
      done(std::move(entries));
    });
  }
}

}  // namespace xmppftd

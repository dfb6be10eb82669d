// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "support/fake_bulk.h"
#include "support/fake_disk.h"
#include "support/fake_timers.h"
#include "transfer/queue.h"
#include "unit/transfer/fake_peers.h"

namespace xmppftd::test {

using namespace std::chrono_literals;

inline const std::string kMe = "me@example.org";
inline const std::string kAnn = "ann@example.org";
inline const std::string kBob = "bob@example.net";

/// Takes what is offered from there.
inline AcceptRule rule(std::string from, std::uint64_t max_size = 0) {
  AcceptRule one;
  one.from = std::move(from);
  one.max_size = max_size;
  return one;
}

/// A queue on a fake disk, with fake accounts and peers. Everything told is checked against the
/// disk: nothing may be told that a kill -9 could take back.
struct House final : TransferQueue::Observer {
  explicit House(Disk* kept = nullptr, QueueConfig settings = calm())
      : disk(kept != nullptr ? *kept : own_disk), config(std::move(settings)) {
    accounts.all.emplace(1, std::make_unique<FakeAccount>(1, kMe, turns));
    queue =
        std::make_unique<TransferQueue>(QueueWorld{accounts, store, files, bulk, timers}, config);
    queue->add_observer(*this);
  }
  ~House() { queue.reset(); }

  static QueueConfig calm() {
    QueueConfig config;
    config.download_folder = "/in";
    config.jitter = 0;
    config.max_active = 3;
    config.max_active_per_peer = 1;
    return config;
  }
  House& start() {
    queue->start(store.read());
    settle();
    return *this;
  }

  FakeAccount& account() { return *accounts.all.at(1); }
  FakeNegotiator& negotiator() { return account().negotiator_; }
  std::shared_ptr<Talk> last_talk() {
    REQUIRE_FALSE(negotiator().talks.empty());
    return negotiator().talks.back();
  }

  /// Runs everything that is due.
  void settle() {
    do {
      while (turns.run_one()) {
      }
      timers.turn();
    } while (turns.run_one());
  }
  void pass(std::chrono::milliseconds time) {
    settle();
    timers.advance(time);
    settle();
  }

  // Sending
  SendOutcome submit(SendRequest request) {
    std::optional<SendOutcome> outcome;
    queue->submit(std::move(request), [&](SendOutcome result) { outcome = std::move(result); });
    CHECK_FALSE(outcome);  // never from inside the call
    settle();
    REQUIRE(outcome);
    return std::move(*outcome);
  }
  SendRequest request(const std::string& path, const std::string& to = kAnn) {
    SendRequest request;
    request.sources.push_back({path, UniqueFd(), ""});
    request.recipients = {to};
    return request;
  }
  JobId send(const std::string& path, const std::string& to = kAnn, int priority = 0) {
    if (disk.names.count(path) == 0) disk.add(path, 1000);
    if (bulk.content.empty()) bulk.content.assign(1000, 'x');  // for who digests it
    auto order = request(path, to);
    order.priority = priority;
    const auto outcome = submit(std::move(order));
    REQUIRE(outcome.ok());
    return outcome.ids.at(0);
  }
  /// Plays the peer of the running offer until the job is done.
  void deliver(const std::shared_ptr<Talk>& talk, Delivery how = Delivery::Confirmed) {
    talk->sender->on_accepted();
    settle();
    auto line = talk->open();
    settle();
    line->handler->on_end(Moved{line->range.length, std::nullopt});
    settle();
    REQUIRE(talk->delivered);
    talk->sender->on_completed(how, std::nullopt);
    settle();
  }

  // Receiving
  static Offer offer_of(const std::string& name, std::uint64_t size,
                        const std::string& from = kAnn + "/phone",
                        std::optional<Hash> hash = std::nullopt) {
    FileInfo file;
    file.name = name;
    file.size = size;
    file.hash = hash;
    file.modified = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000));
    return {jid(from), file, true, true, ""};
  }
  std::shared_ptr<Answer> offered(Offer offer) {
    auto answer = std::make_shared<Answer>();
    queue->on_offer(1, std::make_unique<FakeOffer>(std::move(offer), negotiator(), answer));
    settle();
    return answer;
  }
  std::shared_ptr<Answer> offered(const std::string& name = "notes.txt",
                                  std::uint64_t size = 1000) {
    return offered(offer_of(name, size));
  }
  Result<void> accept(JobId id, AcceptOptions options = {}) {
    return ask([&](auto done) { queue->accept(id, options, std::move(done)); });
  }
  Result<void> decline(JobId id) {
    return ask([&](auto done) { queue->act(kDecline, id, std::move(done)); });
  }
  Result<void> cancel(JobId id) {
    return ask([&](auto done) { queue->act(kCancel, id, std::move(done)); });
  }
  Result<void> remove(JobId id) {
    return ask([&](auto done) { queue->act(kRemove, id, std::move(done)); });
  }
  /// All the bytes of a stream are in its part file, which has so many now.
  void written(const Line& line, std::uint64_t size) {
    auto& inode = disk.inodes[line.file.file->identity.inode];
    inode.size = size;
    inode.whole = true;
  }
  /// All bytes come, and the sender says that they were all.
  void deliver(const Answer& answer, std::optional<Hash> declared = std::nullopt,
               std::optional<Hash> moved = std::nullopt) {
    auto line = answer.talk->open();
    settle();
    written(*line, line->range.end());
    line->handler->on_end(Moved{line->range.length, moved});
    settle();
    REQUIRE(answer.talk->delivered);
    answer.talk->receiver->on_declared(declared);
    settle();
  }

  template <class Call>
  Result<void> ask(Call call) {
    std::optional<Result<void>> answer;
    call([&](Result<void> how) { answer = std::move(how); });
    CHECK_FALSE(answer);  // never from inside the call
    settle();
    REQUIRE(answer);
    return std::move(*answer);
  }

  const JobRecord& job(JobId id) const {
    const auto* record = queue->find(id);
    REQUIRE(record != nullptr);
    return *record;
  }
  /// "queued/waiting-peer", "done"
  std::string state(JobId id) const { return words(job(id)); }
  static std::string words(const JobRecord& record) {
    const std::string reason(to_string(record.reason));
    return std::string(to_string(record.state)) + (reason.empty() ? "" : "/" + reason);
  }
  std::vector<std::string> story(JobId id) const {
    std::vector<std::string> list;
    for (const auto& [job_id, line] : told)
      if (job_id == id) list.push_back(line);
    return list;
  }

  // Observer
  void on_job_changed(const JobView& view) override {
    const auto id = view.record.id;
    REQUIRE(disk.rows.count(id) == 1);
    CHECK(words(disk.rows[id]) == words(view.record));  // synced before the signal that tells of it
    if (is_terminal(view.record.state)) {
      CHECK_FALSE(view.record.finished_at == WallTime{});
    }
    const auto line = words(view.record);
    if (const auto lines = story(id); lines.empty() || lines.back() != line)
      told.emplace_back(id, line);
  }
  void on_job_removed(JobId id) override {
    CHECK(disk.rows.count(id) == 0);
    CHECK(queue->find(id) == nullptr);
    told.emplace_back(id, "removed");
  }
  void on_degraded_changed(bool now) override { degraded = now; }

  Disk own_disk;
  Disk& disk;
  Turns turns;
  Crash crash;
  FakeTimers timers;
  FakeStore store{disk, turns, crash};
  FakeFiles files{disk, turns, crash};
  FakeBulk bulk{timers};
  FakeAccounts accounts;
  QueueConfig config;
  std::unique_ptr<TransferQueue> queue;
  std::vector<std::pair<JobId, std::string>> told;
  bool degraded = false;
};

}  // namespace xmppftd::test

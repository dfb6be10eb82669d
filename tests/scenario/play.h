// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "account/live_account.h"
#include "support/fake_disk.h"
#include "support/fake_server.h"
#include "support/fake_timers.h"
#include "support/joined_network.h"
#include "support/memory_bulk.h"
#include "transfer/queue.h"

namespace xmppftd::test {

using namespace std::chrono_literals;

inline const std::string kAnn = "ann@example.org";  ///< sends
inline const std::string kBob = "bob@example.org";  ///< receives
inline const std::string kSource = "/out/notes.txt";
inline const std::string kTarget = "/in/notes.txt";

/// Every way a file may travel, for GENERATE.
inline const std::vector<std::string> kWays = {"si-socks5/direct", "si-socks5/proxy", "si-ibb"};

/// `size` bytes that differ from their neighbours.
std::string some_content(std::size_t size);

/// One daemon: account, session, transports, negotiator and queue are real, what is below io/ is
/// not. Destroying it is kill -9: only its Disk stays.
class Daemon final : private AccountPorts, private TransferQueue::Observer {
 public:
  Daemon(FakeServer& server, Wires& wires, FakeTimers& timers, Disk& disk, std::string bare,
         std::string host);
  ~Daemon();

  TransferQueue& queue() { return *queue_; }
  const TransferQueue& queue() const { return *queue_; }
  LiveAccount& account() { return *account_; }
  MemoryBulk& bulk() { return bulk_; }
  bool run_one() { return turns_.run_one(); }

  const JobRecord& job(JobId id = 1) const;
  /// "done", "failed/hash-mismatch"; "" when there is no such job.
  std::string state(JobId id = 1) const;
  /// Every state of it that was told, one after another.
  std::vector<std::string> told(JobId id = 1) const;

 private:
  AccountPort* find(AccountId id) override { return id == 1 ? account_.get() : nullptr; }
  AccountPort* pick_for(const Jid&) override { return account_.get(); }
  void on_job_changed(const JobView& job) override;
  void on_job_removed(JobId) override {}
  void on_degraded_changed(bool) override {}

  /// No settings file is ever written.
  struct NoBackground final : Background {
    explicit NoBackground(Timers& timers) : later(timers) {}
    void run(Callback<void()>, Callback<void()> then) override { later.run(std::move(then)); }
    Later later;
  };

  FakeServer& server_;
  Disk& disk_;
  const std::string bare_;
  Turns turns_;
  Crash never_;
  FakeStore store_{disk_, turns_, never_};
  FakeFiles files_{disk_, turns_, never_};
  MemoryBulk bulk_;
  NoBackground background_;
  JoinedNetwork network_;
  AddressPolicy addresses_;
  S5bConfig s5b_;
  Config config_;
  AccountStore accounts_{"/nonexistent"};
  S5bListener listener_;
  std::unique_ptr<LiveAccount> account_;
  std::unique_ptr<TransferQueue> queue_;
  std::vector<std::pair<JobId, std::string>> told_;
};

/// Ann, Bob, the server between them and the one clock. Both are online when it begins.
///
///   Play play;
///   play.bob_trusts_ann();
///   play.send(some_content(4096), "si-ibb");
///   play.until_ended();
///   play.check_arrived();
class Play {
 public:
  explicit Play(bool bob_is_there = true);
  ~Play();

  FakeTimers timers;
  FakeServer server;
  Wires wires;
  Disk ann_disk, bob_disk;
  std::unique_ptr<Daemon> ann, bob;

  void start_ann();
  void start_bob();
  /// kill -9.
  void kill(std::unique_ptr<Daemon>& daemon);
  void bob_trusts_ann();

  /// Ann's order. `ways`: "si-socks5/direct", ...; empty = all there are.
  JobId send(const std::string& content, const std::vector<std::string>& ways);
  JobId send(const std::string& content, const std::string& way) {
    return send(content, std::vector{way});
  }
  /// Asks a queue for something; fails the test when it is refused.
  void must(const std::function<void(TransferQueue::Done)>& order);

  /// All that can happen without time passing.
  void settle();
  void pass(std::chrono::milliseconds time);
  /// False when it never came about.
  bool until(const std::function<bool()>& reached, std::chrono::milliseconds limit = 30min);
  /// Both jobs 1 have ended; fails the test otherwise.
  void until_ended();

  /// Both are done and confirmed; Bob has exactly what Ann sent, once.
  void check_arrived();
  /// Nobody holds a socket, a listener, a stream, a part file or a descriptor.
  void check_nothing_left();
  /// The words of a job's story, as "what: detail".
  static std::string story(const Disk& disk, JobId id = 1);

 private:
  bool step();
  std::size_t descriptors_;  // open when it began
};

}  // namespace xmppftd::test

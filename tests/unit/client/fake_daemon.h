// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "manager1_adaptor.h"

using Values = std::map<std::string, sdbus::Variant>;

/// Stands where xmppftd stands on the bus, with jobs and one account that do what a test says.
/// Calls come in on a thread of its own; what tests read and write is behind `mutex`. Leaves the
/// bus when destroyed.
class FakeDaemon final
    : public sdbus::AdaptorInterfaces<sdbus::ObjectManager_adaptor, org::xmppft::Manager1_adaptor> {
 public:
  /// One call that arrived: "SendUris", and its arguments in words.
  struct Sent {
    std::vector<std::string> uris, recipients, contents;
    Values options;
    std::vector<std::string> names{};  ///< of a batch
    std::vector<std::size_t> calls{};  ///< files in each AddToBatch
  };

  FakeDaemon();
  ~FakeDaemon();

  std::mutex mutex;
  std::condition_variable arrived;  ///< a call was recorded

  std::map<std::uint64_t, Values> jobs;
  std::vector<Sent> sent;
  std::size_t refuse_after = SIZE_MAX;  ///< an AddToBatch that brings more files than this fails
  std::vector<Values> rules;
  std::vector<std::string>
      log;  ///< "cancel 1 2", "accept 3 file:///x/", "connect", "password secret session"
  std::string list_error;     ///< "" = ListJobs succeeds
  std::string connect_error;  ///< "" = Connect succeeds
  std::string connect_message;
  std::string state_reason;
  std::string certificate;  // that the server showed
  std::vector<Values> contacts;
  std::vector<std::string> pending;
  bool has_account = true;
  std::map<std::string, std::string> picks;  ///< recipient: the account it is sent from, if not "1"
  std::vector<std::string> problems;
  unsigned waits_seen = 0;
  std::function<void()> on_control;  ///< runs before a ControlJobs, on the daemon's thread
  std::function<void()> on_wait;     ///< runs after a WaitJobs was recorded, on the daemon's thread

  /// Another account beside ann@example.org, which is "1".
  void add_account(const std::string& id, const std::string& jid);
  /// Adds a job in this state, and returns its id.
  std::uint64_t add_job(const std::string& name, const std::string& state,
                        const std::string& direction = "out");
  /// Moves it, tells JobsChanged and answers the waits that this ends.
  void move(std::uint64_t id, const std::string& state, const std::string& reason = "");
  /// Blocks until `n` WaitJobs calls have come.
  void await_waits(unsigned n);
  /// Lets go of its name, as a crash does.
  void crash();

 private:
  using Results = std::vector<sdbus::Struct<std::uint64_t, std::string, std::string>>;
  struct Wait {
    sdbus::Result<Results> result;
    std::vector<std::uint64_t> ids;
    std::string until;
  };

  explicit FakeDaemon(std::unique_ptr<sdbus::IConnection> connection);
  void export_account();
  bool is_over(const Wait& wait) const;
  void answer(Wait& wait);
  std::vector<std::uint64_t> select(const Values& filter);
  std::vector<std::uint64_t> queue(const std::vector<std::string>& names,
                                   const std::vector<std::string>& recipients);

  void SendUris(sdbus::Result<std::string, std::vector<std::uint64_t>>&& result,
                std::vector<std::string> uris, std::vector<std::string> recipients,
                Values options) override;
  void SendFds(sdbus::Result<std::string, std::vector<std::uint64_t>>&& result,
               std::vector<sdbus::Struct<sdbus::UnixFd, std::string>> files,
               std::vector<std::string> recipients, Values options) override;
  void OpenBatch(sdbus::Result<std::string>&& result, std::vector<std::string> recipients,
                 Values options) override;
  void AddToBatch(
      sdbus::Result<>&& result, std::string batch,
      std::vector<sdbus::Struct<sdbus::UnixFd, std::string, std::string>> files) override;
  void SubmitBatch(sdbus::Result<std::vector<std::uint64_t>>&& result, std::string batch) override;
  using Rows = std::vector<sdbus::Struct<std::uint64_t, Values>>;
  void ListJobs(sdbus::Result<Rows, std::string, std::uint64_t>&& result, Values filter,
                std::vector<std::string> fields, std::string cursor, std::uint32_t limit) override;
  void GetJob(sdbus::Result<sdbus::ObjectPath>&& result, std::uint64_t id) override;
  sdbus::ObjectPath job_object(std::uint64_t id);
  void ControlJobs(sdbus::Result<std::vector<std::uint64_t>, Results>&& result, std::string action,
                   Values selector, Values options) override;
  void WaitJobs(sdbus::Result<Results>&& result, std::vector<std::uint64_t> ids, std::string until,
                std::uint64_t timeout_usec) override;
  void GetWait(sdbus::Result<Values>&& result, std::uint64_t id) override;
  void GetHistory(sdbus::Result<std::vector<Values>>&& result, std::uint64_t id) override;
  void AddAccount(sdbus::Result<sdbus::ObjectPath>&& result, std::string jid,
                  Values settings) override;
  void RemoveAccount(sdbus::Result<>&& result, sdbus::ObjectPath account, Values options) override;
  std::string Version() override { return "9.8.7"; }
  std::uint64_t StartedAt() override { return 1; }
  std::vector<std::string> Features() override { return {"si-ibb"}; }
  std::uint32_t MaxActive() override { return 3; }
  std::vector<Values> AutoAccept() override;
  void AutoAccept(const std::vector<Values>& value) override;
  std::map<std::string, std::uint32_t> Counts() override { return {{"active", 1}, {"done", 2}}; }
  bool Degraded() override { return !problems.empty(); }
  std::vector<std::string> Problems() override { return problems; }

  std::unique_ptr<sdbus::IConnection> connection_;
  std::unique_ptr<sdbus::IObject> account_;
  std::vector<std::unique_ptr<sdbus::IObject>> more_accounts_;
  std::map<std::uint64_t, std::unique_ptr<sdbus::IObject>> job_objects_;
  std::vector<Wait> waits_;
  std::uint64_t generation_ = 0;
  Sent open_batch_;
};

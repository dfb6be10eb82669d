// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

#include "account1_proxy.h"
#include "failure.h"
#include "job.h"
#include "job1_proxy.h"
#include "manager1_proxy.h"
#include "values.h"

namespace xmppftctl {

inline constexpr const char* kBusName = "org.xmppft.Daemon1";
inline constexpr const char* kRootPath = "/org/xmppft/Daemon1";

/// An sdbus::Error as the Failure that main reports.
Failure to_failure(const sdbus::Error& error);

/// The session bus, with the daemon on it. Everything here runs on the calling thread: a call
/// blocks until its reply; signals and late replies arrive inside process() and nowhere else.
class Bus {
 public:
  /// Connects and makes sure that the daemon runs: started by the bus unless `autostart` is false.
  /// `patience` is the reply timeout of ordinary calls. Throws Failure (kNoBus, kNoDaemon).
  Bus(bool autostart, std::chrono::microseconds patience);

  sdbus::IConnection& connection() { return *connection_; }
  /// Handles what has arrived, waiting up to `wait` for something to.
  void process(std::chrono::milliseconds wait);
  /// From now on process() also comes back when nobody reads `fd` any more.
  void watch_reader(int fd) { reader_ = fd; }
  bool reader_gone() const { return reader_gone_; }
  /// Did the daemon leave the bus since we connected?
  bool daemon_gone() const { return gone_; }

 private:
  std::unique_ptr<sdbus::IConnection> connection_;
  std::unique_ptr<sdbus::IProxy> driver_;  ///< org.freedesktop.DBus itself
  bool gone_ = false;
  int reader_ = -1;
  bool reader_gone_ = false;
};

/// Manager1 and the ObjectManager of the root.
class ManagerClient final
    : public sdbus::ProxyInterfaces<org::xmppft::Manager1_proxy, sdbus::ObjectManager_proxy> {
 public:
  using WaitResults = std::vector<sdbus::Struct<std::uint64_t, std::string, std::string>>;
  /// (id, state or "removed"); empty = list
  using Changes = std::vector<sdbus::Struct<std::uint64_t, std::string>>;

  explicit ManagerClient(Bus& bus);
  ~ManagerClient();

  /// JobsChanged, while set.
  std::function<void(const Changes&)> on_jobs_changed;

  /// WaitJobs without a reply timeout; `done` gets the results, or the error, inside
  /// Bus::process().
  void wait_async(const std::vector<std::uint64_t>& ids, const std::string& until,
                  std::function<void(const sdbus::Error*, const WaitResults&)> done);

  /// Up to `rows` jobs over as many pages as that takes; `fields` as in ListJobs. `next`, if given,
  /// takes and returns the cursor.
  std::vector<Job> list(const Values& filter, const std::vector<std::string>& fields,
                        std::size_t rows, std::string* next = nullptr);
  /// Those of `ids` that exist, in that order.
  std::vector<Job> list_ids(const std::vector<std::uint64_t>& ids,
                            const std::vector<std::string>& fields);

 private:
  void onJobsChanged(const std::uint64_t& generation, const Changes& changed) override;
  void onInterfacesAdded(const sdbus::ObjectPath&, const std::map<std::string, Values>&) override {}
  void onInterfacesRemoved(const sdbus::ObjectPath&, const std::vector<std::string>&) override {}
};

/// One account.
class AccountClient final : public sdbus::ProxyInterfaces<org::xmppft::Account1_proxy> {
 public:
  AccountClient(Bus& bus, const std::string& path);
  ~AccountClient();
  /// Connect() with the patience that a login needs.
  void connect_within(std::chrono::microseconds patience);
};

/// One job that has an object (Manager1.GetJob).
class JobClient final : public sdbus::ProxyInterfaces<org::xmppft::Job1_proxy> {
 public:
  JobClient(Bus& bus, const std::string& path);
  ~JobClient();
};

}  // namespace xmppftctl

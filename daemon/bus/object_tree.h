// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "account/accounts.h"
#include "bus/account_object.h"
#include "bus/job_objects.h"
#include "bus/manager_object.h"
#include "bus/waits.h"
#include "io/background.h"
#include "io/timer.h"
#include "transfer/queue.h"

namespace xmppftd {

/// All objects that the daemon has on a connection, and what they hear of: jobs and accounts that
/// change, and callers that leave.
class ObjectTree final : private TransferQueue::Observer, private Accounts::Observer {
 public:
  struct World {
    TransferQueue& queue;
    Accounts& accounts;
    Background& background;
    Timers& timers;
    /// Keeps new rules across restarts.
    std::function<void(const std::vector<AcceptRule>&)> save_rules;
    std::chrono::milliseconds progress_interval;
  };

  /// Throws sdbus::Error where the objects cannot be put on the connection.
  ObjectTree(sdbus::IConnection& connection, World world);
  ~ObjectTree();

 private:
  // TransferQueue::Observer
  void on_job_changed(const JobView& job) override;
  void on_job_removed(JobId id) override;
  void on_degraded_changed(bool degraded) override;
  // Accounts::Observer
  void on_account_added(Account& account) override;
  void on_account_changed(Account& account) override;
  void on_account_removed(Account& account) override;

  void on_client_left(const Caller& client);

  sdbus::IConnection& connection_;
  World world_;
  JobObjects jobs_;
  Waits waits_;
  ManagerObject manager_;
  std::map<AccountId, std::unique_ptr<AccountObject>> accounts_;
  std::unique_ptr<sdbus::IProxy> bus_;  // tells who leaves
};

}  // namespace xmppftd

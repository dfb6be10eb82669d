// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "account/accounts.h"
#include "base/result.h"
#include "io/background.h"
#include "transfer/queue.h"
#include "uv/loop.h"

namespace xmppftd {

/// Everything the daemon is on the session bus.
class BusService {
 public:
  struct World {
    Loop& loop;
    TransferQueue& queue;
    Accounts& accounts;
    Background& background;
    std::function<void(const std::vector<AcceptRule>&)> save_rules;
    std::function<void()> on_lost;  ///< the bus went away: end the daemon in order
    std::chrono::milliseconds progress_interval;
  };

  /// Connects, exports and, last, takes the name. Errors: Network (no bus), Exists (another daemon
  /// has the name).
  static Result<std::unique_ptr<BusService>> start(World world);
  ~BusService();

  /// Keeps the connection itself alive, though nothing is exported or read any more. A reply that
  /// is still owed points into it, so whoever holds such callbacks must die before this.
  std::shared_ptr<void> connection() const;

 private:
  struct Parts;
  explicit BusService(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "io/timer.h"
#include "uv/loop.h"
#include "uv/watch.h"

namespace xmppftd {

/// Tells when this machine has other addresses than before: another network, or a lid that was
/// opened again. A connection by an address that is gone gives no sign by itself for a minute and
/// more. Where the kernel does not tell (a sandbox), nothing does.
class HostWatch {
 public:
  /// Addresses come in bursts, and before the routes that make them useful.
  static constexpr std::chrono::seconds kSettled{1};

  HostWatch(Loop& loop, std::function<void()> on_changed);

  void ready(int status, int events);  ///< of the descriptor

 private:
  void settled();

  Loop& loop_;
  const std::function<void()> on_changed_;
  std::vector<std::string> addresses_;  // sorted
  UniqueFd fd_;
  std::unique_ptr<Watch<HostWatch>> watch_;  // null: the kernel does not tell
  std::unique_ptr<Timer> settling_;
};

}  // namespace xmppftd

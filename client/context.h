// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "manager_client.h"
#include "output.h"

namespace xmppftctl {

/// What the global options say, before they are looked at.
struct Globals {
  bool json = false, plain = false, quiet = false, verbose = false, no_autostart = false;
  std::string color = "auto", timeout, account;
};

/// What every command has: the way to answer, the global options, and the daemon once it is asked
/// for.
class Context {
 public:
  Output out;
  std::string account;                               ///< --account as given, "" if not
  std::optional<std::chrono::microseconds> timeout;  ///< --timeout

  /// Takes over in which form to answer; also where the rest of the options is wrong.
  void apply_form(const Globals& globals);
  /// Takes the options over. Throws usage Failures.
  void apply(const Globals& globals);

  /// Connects on first use; throws Failure when there is no bus or no daemon (exit 5).
  Bus& bus();
  ManagerClient& manager();

 private:
  bool autostart_ = true;
  std::unique_ptr<Bus> bus_;
  std::unique_ptr<ManagerClient> manager_;  // after bus_: its proxies go first
};

}  // namespace xmppftctl

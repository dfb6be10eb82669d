// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "config/account_store.h"
#include "config/config.h"

namespace xmppftd {

/// How the daemon ends.
enum class ExitCode : int {
  Ok = 0,
  Failed = 1,
  Usage = 2,
  AnotherInstance = 73,
  BusLost = 75,
  Config = 78
};

/// The composition root: builds every service, and owns their order of life and death. It alone
/// sees all folders and makes all threads.
class App {
 public:
  struct Settings {
    Config config;
    ConfigPaths paths;
    std::vector<AccountSettings> accounts;
    std::string state_folder;  ///< $XDG_STATE_HOME/xmppft
    mode_t umask = 0077;       ///< the user's, for received files
  };

  /// Errors: Exists (another daemon has the state folder or the bus name), Network (no bus), Config
  /// (socks5, trusted), and what the state folder and the journal say.
  static Result<std::unique_ptr<App>> start(Settings settings);
  ~App();

  /// Runs until SIGTERM, SIGINT or the loss of the bus, then ends every service in order. Where a
  /// file system does not answer this does not return: the journal is closed and the process exits,
  /// 5 s after the signal at the latest.
  ExitCode run();

 private:
  struct Parts;
  explicit App(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace xmppftd

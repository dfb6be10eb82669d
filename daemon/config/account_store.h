// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "config/ip_policy.h"
#include "model/jid.h"
#include "model/job.h"

namespace xmppftd {

/// What a user set about one account.
struct AccountSettings {
  AccountId id = 0;
  std::string jid;         ///< bare, prepared
  std::string resource;    ///< "" = "xmppft-" and four random digits, chosen once
  std::string host;        ///< "" = by DNS
  std::uint16_t port = 0;  ///< 0 = by DNS, else 5222
  std::string ca_file;     ///< absolute; "" = the system's authorities
  std::string pin;         ///< 64 hex digits or ""
  bool allow_plain = false;
  bool enabled = true;
  IpPolicy ip_policy = IpPolicy::Contacts;
};

/// accounts.d: one JSON file an account (0600) and, for the store "file", its password beside it
/// (0600). Every call blocks on the disk, so it belongs on a background thread once the daemon
/// runs.
class AccountStore {
 public:
  /// `config_folder` is $XDG_CONFIG_HOME/xmppft.
  explicit AccountStore(const std::string& config_folder)
      : parent_(config_folder), folder_(config_folder + "/accounts.d") {}

  /// All accounts by id. Both folders are made private to us if they are not, with a warning.
  /// Errors: UnsafeFolder, Unreadable (a folder cannot be made so); Config, naming file and key of
  /// each mistake.
  Result<std::vector<AccountSettings>> load() const;
  /// An id that was never used before, remembered on disk. Errors: Io.
  Result<AccountId> take_id() const;
  Result<void> save(const AccountSettings& settings) const;
  /// Removes the account and its password; missing files are fine.
  Result<void> remove(AccountId id) const;

  /// Errors: NoPassword (none kept), Unavailable, SecretStore (kept, but unusable: says why).
  Result<Secret> load_password(AccountId id) const;
  Result<void> save_password(AccountId id, const Secret& password) const;
  Result<void> forget_password(AccountId id) const;

 private:
  std::string path_of(AccountId id, const char* suffix) const;
  std::string parent_;
  std::string folder_;
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/callback.h"
#include "base/result.h"
#include "base/secret.h"
#include "config/account_store.h"
#include "io/account_reason.h"
#include "model/jid.h"
#include "model/job.h"
#include "transfer/account_port.h"

namespace xmppftd {

enum class AccountState { Offline, Connecting, Online, Failed };
std::string_view to_string(AccountState state) noexcept;  ///< "offline", ...

/// What the outside may know of an account's session.
struct AccountStatus {
  AccountState state = AccountState::Offline;
  AccountReason reason = AccountReason::User;
  std::optional<Error> error;  ///< of the last attempt
  std::string bound_jid;       ///< full, while online
  WallTime next_attempt_at{};
  WallTime connected_at{};
  std::string password_store = "none";  ///< none | session | file
  std::string warning;                  ///< for people, while online; "" when all is well
  std::vector<std::string> proxies;     ///< "JID HOST:PORT" of our server's, once found
  std::vector<std::string> steps;       ///< of the last attempt, oldest first
  std::string certificate;              ///< SHA-256 of one that the last attempt refused, else ""
};

/// One row of Account1.ListContacts.
struct ContactView {
  std::string jid;           ///< bare
  std::string name;          ///< the user's own for it, "" when none
  std::string subscription;  ///< "none", "to", "from", "both"
  bool pending = false;      ///< it has not yet answered our request
  bool online = false;
  std::vector<std::string> resources;  ///< full JIDs that are available, best first
  /// what the best resource is known to speak: Method::word
  std::vector<std::string> methods;
};

/// One XMPP account: its settings, its session and everything that lives on it. Made and owned by
/// Accounts; on the core's loop. Callbacks come once, never before the call returns, and not after
/// the account is gone.
class Account : public AccountPort {
 public:
  using Done = Callback<void(Result<void>)>;

  virtual const AccountSettings& settings() const = 0;
  virtual const AccountStatus& status() const = 0;

  /// Enables the account (saved) and answers once it is online or this attempt failed; joins an
  /// attempt under way. Errors: those of errc_of(); status() has the reason. The account is
  /// disabled again where waits_for_user().
  virtual void connect(Done done) = 0;
  /// Goes offline and stays so: disabled (saved). Answers once it is both.
  virtual void disconnect(Done done) = 0;
  /// Saves new settings (the JID cannot change) and reconnects if the session depends on what
  /// changed.
  virtual void update(AccountSettings settings, Done done) = 0;

  /// `store`: auto | file | session. Answers where it went. Errors: SecretStore, BadArgument.
  virtual void set_password(Secret password, std::string store,
                            Callback<void(Result<std::string>)> done) = 0;
  virtual void forget_password(Done done) = 0;

  virtual std::vector<ContactView> contacts() const = 0;
  /// Bare JIDs that ask to see our presence and wait for the user.
  virtual std::vector<std::string> pending_contacts() const = 0;
  /// Adds to the roster, asks to see its presence, and lets it see ours when it asks. Errors:
  /// NotOnline, BadState, and what the server answers.
  virtual void add_contact(const Jid& bare, std::string name, Done done) = 0;
  virtual void remove_contact(const Jid& bare, Done done) = 0;
  /// Answers a member of pending_contacts(); an approved one is asked for its presence too. Errors:
  /// NotOnline, BadState (no such request).
  virtual Result<void> approve_contact(const Jid& bare) = 0;
  virtual Result<void> deny_contact(const Jid& bare) = 0;
};

}  // namespace xmppftd

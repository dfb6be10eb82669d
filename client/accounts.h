// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "context.h"
#include "options.h"
#include "password.h"

namespace xmppftctl {

/// One account as the ObjectManager tells it.
struct Account {
  std::string path, id, jid, bound_jid, state, reason, error_name, error_message, password_store,
      warning;
  bool enabled = false;
  std::uint64_t connected_at = 0, next_attempt_at = 0;  ///< usec since the epoch, 0 = not
  std::vector<std::string> pending;                     ///< JIDs that asked to see our presence
  std::vector<std::string> steps;                       ///< of the last login
  Values settings, server;
};

Account account_from(const std::string& path, const Values& properties);
nlohmann::ordered_json to_json(const Account& account);

/// All accounts, by id.
std::vector<Account> accounts(Context& context);
/// The one that `given` (id, JID or xmpp: URI) means; Failure NoSuchAccount lists those there are.
Account find_account(Context& context, const std::string& given);
/// The one of --account, else the only one; a usage Failure asks which.
Account chosen_account(Context& context);

/// "online as ann@example.org/x" or "offline: the server refused the password".
std::string account_line(const Account& account);

/// The options of `account add` and `account set`.
struct AccountOptions {
  std::string resource, server, ca, pin, ip_policy;
  bool allow_plain = false;
  void add_to(Options& options);
  /// Those given, checked as far as this program can.
  Values settings(const Options& options) const;
};

/// Where a password comes from and goes to.
struct PasswordOptions {
  bool from_stdin = false;
  std::string fd;
  std::string store = "auto";
  void add_to(Options& options);
  Password read(const std::string& jid) const;
};

/// SetPassword; returns the words for where it is now: "password in a 0600 file".
std::string set_password(Context& context, const std::string& path, const Password& password,
                         const std::string& store);
/// Connect, and the account once it is online. A Failure says what became of the account and what
/// to do next.
Account go_online(Context& context, const std::string& path);

/// "account 1: online as …[; password …]", or the JSON document.
void tell_account(const Context& context, const Account& account, const std::string& more);

}  // namespace xmppftctl

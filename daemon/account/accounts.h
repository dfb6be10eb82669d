// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "account/account.h"

namespace xmppftd {

/// All accounts of this daemon.
class Accounts : public AccountPorts {
 public:
  class Observer {
   public:
    virtual void on_account_added(Account& account) = 0;
    /// Settings, status or pending contacts changed.
    virtual void on_account_changed(Account& account) = 0;
    /// Last call for it: the object is still there, and goes when this returns.
    virtual void on_account_removed(Account& account) = 0;

   protected:
    ~Observer() = default;
  };

  virtual void add_observer(Observer& observer) = 0;
  virtual void remove_observer(Observer& observer) = 0;

  virtual std::vector<Account*> all() = 0;
  /// Null when there is none.
  virtual Account* get(AccountId id) = 0;
  /// Saves a new account and, when enabled and a password is there, begins to connect.
  /// `settings.id` is chosen here. Errors: BadJid (not bare), Exists, BadArgument (pin, ca_file),
  /// Io.
  virtual void add(AccountSettings settings, Callback<void(Result<AccountId>)> done) = 0;
  /// Errors: NoSuchAccount, Io.
  virtual void remove(AccountId id, Callback<void(Result<void>)> done) = 0;
};

}  // namespace xmppftd

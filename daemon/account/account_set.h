// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "account/account_world.h"
#include "account/accounts.h"
#include "account/live_account.h"

namespace xmppftd {

/// The accounts there are, by id; none before start().
class AccountSet final : public Accounts {
 public:
  AccountSet() = default;
  ~AccountSet() override;

  /// Takes over what accounts.d holds and goes online with those that are enabled: once, first.
  void start(const AccountWorld& world, std::vector<AccountSettings> settings);

  /// This machine has other addresses.
  void network_changed();

  AccountPort* find(AccountId id) override { return get(id); }
  AccountPort* pick_for(const Jid& peer) override;

  void add_observer(Observer& observer) override;
  void remove_observer(Observer& observer) override;
  std::vector<Account*> all() override;
  Account* get(AccountId id) override;
  void add(AccountSettings settings, Callback<void(Result<AccountId>)> done) override;
  void remove(AccountId id, Callback<void(Result<void>)> done) override;

 private:
  LiveAccount& insert(AccountSettings settings);

  std::optional<AccountWorld> world_;  // there from start() on
  std::vector<Observer*> observers_;
  std::map<AccountId, std::unique_ptr<LiveAccount>> accounts_;
  std::vector<std::string> being_added_;  // JIDs whose file is being written
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace xmppftd

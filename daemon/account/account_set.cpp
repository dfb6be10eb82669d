// SPDX-License-Identifier: MIT
#include "account/account_set.h"

#include <algorithm>

#include "base/log.h"

namespace xmppftd {

AccountSet::~AccountSet() { *alive_ = false; }

void AccountSet::start(const AccountWorld& world, std::vector<AccountSettings> settings) {
  world_.emplace(world);
  for (auto& one : settings) insert(std::move(one));
  for (auto& [id, account] : accounts_) account->start();
}

void AccountSet::network_changed() {
  for (auto& [id, account] : accounts_) account->network_changed();
}

AccountPort* AccountSet::pick_for(const Jid& peer) {
  Account* same_domain = nullptr;
  Account* first = nullptr;
  for (auto& [id, account] : accounts_) {
    const auto contacts = account->contacts();
    if (std::any_of(contacts.begin(), contacts.end(),
                    [&](const auto& c) { return c.jid == peer.bare().str(); }))
      return account.get();
    if (same_domain == nullptr && account->jid().domain() == peer.domain())
      same_domain = account.get();
    if (first == nullptr && account->settings().enabled) first = account.get();
  }
  if (same_domain != nullptr) return same_domain;
  if (first != nullptr) return first;
  return accounts_.empty() ? nullptr : accounts_.begin()->second.get();
}

void AccountSet::add_observer(Observer& observer) { observers_.push_back(&observer); }
void AccountSet::remove_observer(Observer& observer) { std::erase(observers_, &observer); }

std::vector<Account*> AccountSet::all() {
  std::vector<Account*> accounts;
  for (auto& [id, account] : accounts_) accounts.push_back(account.get());
  return accounts;
}

Account* AccountSet::get(AccountId id) {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : found->second.get();
}

LiveAccount& AccountSet::insert(AccountSettings settings) {
  const AccountId id = settings.id;
  auto& slot = accounts_[id];
  slot = std::make_unique<LiveAccount>(*world_, std::move(settings), [this, id] {
    auto* account = get(id);
    if (account == nullptr) return;
    for (auto* observer : observers_) observer->on_account_changed(*account);
  });
  for (auto* observer : observers_) observer->on_account_added(*slot);
  return *slot;
}

void AccountSet::add(AccountSettings settings, Callback<void(Result<AccountId>)> done) {
  const bool taken =
      std::any_of(
          accounts_.begin(), accounts_.end(),
          [&](const auto& entry) { return entry.second->settings().jid == settings.jid; }) ||
      std::find(being_added_.begin(), being_added_.end(), settings.jid) != being_added_.end();
  auto outcome = std::make_shared<Result<AccountId>>(
      Error{Errc::Exists, settings.jid + " has an account already; see xmppftctl account list"});
  if (!taken) being_added_.push_back(settings.jid);
  auto shared = std::make_shared<AccountSettings>(std::move(settings));
  world_->background.run(
      [&store = world_->store, taken, shared, outcome] {
        if (taken) return;
        *outcome = store.take_id();
        if (!*outcome) return;
        shared->id = outcome->value();
        if (auto saved = store.save(*shared); !saved) *outcome = saved.error();
      },
      [this, alive = alive_, taken, shared, outcome, done = std::move(done)]() mutable {
        if (!*alive) return;
        if (!taken) std::erase(being_added_, shared->jid);
        if (*outcome) {
          log::info("account", "account " + std::to_string(shared->id) + ": added");
          insert(std::move(*shared));
        }
        done(*outcome);
      });
}

void AccountSet::remove(AccountId id, Callback<void(Result<void>)> done) {
  const auto found = accounts_.find(id);
  auto outcome = std::make_shared<Result<void>>();
  if (found == accounts_.end()) {
    *outcome = Error{Errc::NoSuchAccount,
                     "no account " + std::to_string(id) + "; see xmppftctl account list"};
  } else {
    for (auto* observer : observers_) observer->on_account_removed(*found->second);
    world_->events.account_removed(id);
    accounts_.erase(found);
  }
  world_->background.run(
      [&store = world_->store, id, outcome] {
        if (*outcome) *outcome = store.remove(id);
      },
      [alive = alive_, outcome, done = std::move(done)]() mutable {
        if (*alive) done(*outcome);
      });
}

}  // namespace xmppftd

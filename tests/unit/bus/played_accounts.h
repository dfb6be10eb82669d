// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "account/accounts.h"
#include "support/fake_disk.h"
#include "unit/transfer/fake_peers.h"

namespace xmppftd::test {

/// An account that does what the test says and remembers what it was asked.
class PlayedAccount final : public Account {
 public:
  PlayedAccount(AccountSettings settings, Turns& turns)
      : its_settings(std::move(settings)), turns_(turns), port_(1, its_settings.jid, turns) {}

  AccountSettings its_settings;
  AccountStatus its_status;
  std::vector<ContactView> its_contacts;
  std::vector<std::string> its_pending;
  std::vector<std::string> asked;  ///< "connect", "add_contact bob@example.net Bob"
  std::optional<Error> fails;      ///< what is asked fails with this
  bool silent = false;             ///< answers are kept until this is gone
  std::vector<Done> unanswered;

  // AccountPort
  AccountId id() const override { return its_settings.id; }
  bool online() const override { return its_status.state == AccountState::Online; }
  Jid jid() const override { return test::jid(its_settings.jid); }
  Jid self() const override { return port_.self(); }
  void plan(const Jid& peer, const std::vector<MethodChoice>& methods,
            Callback<void(Result<SendPlan>)> done) override {
    port_.plan(peer, methods, std::move(done));
  }
  PeerTrust trust(const Jid& peer) const override { return port_.trust(peer); }

  // Account
  const AccountSettings& settings() const override { return its_settings; }
  const AccountStatus& status() const override { return its_status; }
  void connect(Done done) override { act("connect", std::move(done)); }
  void disconnect(Done done) override { act("disconnect", std::move(done)); }
  void update(AccountSettings settings, Done done) override {
    its_settings = std::move(settings);
    act("update", std::move(done));
  }
  void set_password(Secret password, std::string store,
                    Callback<void(Result<std::string>)> done) override {
    act("set_password " + std::string(password.reveal()) + " " + store,
        [store, done = std::move(done)](Result<void> how) mutable {
          if (!how) return done(how.error());
          done(store == "auto" ? "file" : store);
        });
  }
  void forget_password(Done done) override { act("forget_password", std::move(done)); }
  std::vector<ContactView> contacts() const override { return its_contacts; }
  std::vector<std::string> pending_contacts() const override { return its_pending; }
  void add_contact(const Jid& bare, std::string name, Done done) override {
    act("add_contact " + bare.str() + " " + name, std::move(done));
  }
  void remove_contact(const Jid& bare, Done done) override {
    act("remove_contact " + bare.str(), std::move(done));
  }
  Result<void> approve_contact(const Jid& bare) override { return note("approve " + bare.str()); }
  Result<void> deny_contact(const Jid& bare) override { return note("deny " + bare.str()); }

 private:
  Result<void> note(std::string what) {
    asked.push_back(std::move(what));
    return fails ? Result<void>(*fails) : Result<void>();
  }
  void act(std::string what, Done done) {
    auto how = note(std::move(what));
    if (silent) return unanswered.push_back(std::move(done));
    turns_.later([how = std::move(how), done = std::move(done)]() mutable { done(how); });
  }

  Turns& turns_;
  FakeAccount port_;
};

class PlayedAccounts final : public Accounts {
 public:
  explicit PlayedAccounts(Turns& turns) : turns_(turns) {}

  PlayedAccount& insert(const std::string& bare) {
    AccountSettings settings;
    settings.jid = bare;
    return insert(std::move(settings));
  }
  void tell_changed(AccountId id) {
    for (auto* observer : observers_) observer->on_account_changed(*accounts_.at(id));
  }
  PlayedAccount& at(AccountId id) { return *accounts_.at(id); }

  // Accounts
  AccountPort* find(AccountId id) override { return get(id); }
  AccountPort* pick_for(const Jid&) override {
    return accounts_.empty() ? nullptr : accounts_.begin()->second.get();
  }
  void add_observer(Observer& observer) override { observers_.push_back(&observer); }
  void remove_observer(Observer& observer) override { std::erase(observers_, &observer); }
  std::vector<Account*> all() override {
    std::vector<Account*> list;
    for (auto& [id, account] : accounts_) list.push_back(account.get());
    return list;
  }
  Account* get(AccountId id) override {
    const auto found = accounts_.find(id);
    return found == accounts_.end() ? nullptr : found->second.get();
  }
  void add(AccountSettings settings, Callback<void(Result<AccountId>)> done) override {
    turns_.later([this, settings = std::move(settings), done = std::move(done)]() mutable {
      for (const auto& [id, account] : accounts_)
        if (account->its_settings.jid == settings.jid)
          return done(Error{Errc::Exists, settings.jid + " has an account already"});
      done(insert(std::move(settings)).id());
    });
  }
  void remove(AccountId id, Callback<void(Result<void>)> done) override {
    turns_.later([this, id, done = std::move(done)]() mutable {
      const auto found = accounts_.find(id);
      if (found == accounts_.end()) return done(Error{Errc::NoSuchAccount, "no such account"});
      for (auto* observer : observers_) observer->on_account_removed(*found->second);
      accounts_.erase(found);
      done({});
    });
  }

 private:
  PlayedAccount& insert(AccountSettings settings) {
    settings.id = ++last_;
    auto& account = *(accounts_[last_] = std::make_unique<PlayedAccount>(settings, turns_));
    for (auto* observer : observers_) observer->on_account_added(account);
    return account;
  }

  Turns& turns_;
  AccountId last_ = 0;
  std::map<AccountId, std::unique_ptr<PlayedAccount>> accounts_;
  std::vector<Observer*> observers_;
};

}  // namespace xmppftd::test

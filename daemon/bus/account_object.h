// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <string>
#include <vector>

#include "account/account.h"
#include "account1_adaptor.h"
#include "bus/guarded_object.h"
#include "bus/options.h"
#include "io/background.h"

namespace xmppftd {

/// One exported account (org.xmppft.Account1).
class AccountObject final
    : public BusObject<org::xmppft::Account1_adaptor, sdbus::Properties_adaptor,
                       sdbus::ManagedObject_adaptor> {
 public:
  /// `background` reads passwords from the descriptors that clients pass.
  AccountObject(sdbus::IConnection& connection, Account& account, Background& background);
  ~AccountObject();

  void announce();
  void withdraw();
  void tell_changed();

 private:
  void Connect(sdbus::Result<>&& call) override;
  void Disconnect(sdbus::Result<>&& call) override;
  void Update(sdbus::Result<>&& call, VariantMap settings) override;
  void SetPassword(sdbus::Result<std::string>&& call, sdbus::UnixFd fd,
                   VariantMap options) override;
  void ForgetPassword(sdbus::Result<>&& call) override;
  void ListContacts(sdbus::Result<std::vector<VariantMap>>&& call, VariantMap filter) override;
  void AddContact(sdbus::Result<>&& call, std::string jid, VariantMap options) override;
  void RemoveContact(sdbus::Result<>&& call, std::string jid) override;
  void ApproveContact(sdbus::Result<>&& call, std::string jid) override;
  void DenyContact(sdbus::Result<>&& call, std::string jid) override;

  std::string Id() override;
  std::string Jid() override;
  std::string BoundJid() override;
  bool Enabled() override;
  VariantMap Settings() override;
  std::string State() override;
  std::string StateReason() override;
  sdbus::Struct<std::string, std::string> Error() override;
  std::uint64_t NextAttemptAt() override;
  std::uint64_t ConnectedAt() override;
  std::string PasswordStore() override;
  std::string Warning() override { return account_.status().warning; }
  std::vector<std::string> PendingContacts() override;
  VariantMap Server() override;
  std::vector<std::string> LoginSteps() override;

  Account& account_;
  Background& background_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // read by answers of `background_`
};

}  // namespace xmppftd

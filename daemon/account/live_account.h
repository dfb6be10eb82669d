// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "account/account.h"
#include "account/account_session.h"
#include "account/account_world.h"
#include "io/later.h"
#include "session/backoff.h"

namespace xmppftd {

/// An account and its way online:
///
///     Offline --connect()--> Connecting --up--> Online --down--> Connecting (after a pause) ...
///     any --disconnect()--> Offline      Connecting --waits_for_user()--> Failed
///
/// A refused certificate, a missing network and the like stay Connecting: the reason says why, the
/// queue is kept, and the next attempt comes by itself.
class LiveAccount final : public Account,
                          private XmppLink::Handler,
                          private AccountSession::Handler {
 public:
  /// `on_changed`: settings, status or contacts changed. The account starts Offline.
  LiveAccount(const AccountWorld& world, AccountSettings settings,
              std::function<void()> on_changed);
  ~LiveAccount() override;

  /// Goes online if it is enabled; at the daemon's start and after add().
  void start();
  /// This machine has other addresses: is the session still alive, can there be one now?
  void network_changed();

  // AccountPort
  AccountId id() const override { return settings_.id; }
  bool online() const override { return status_.state == AccountState::Online; }
  Jid jid() const override { return jid_; }
  Jid self() const override;
  void plan(const Jid& peer, const std::vector<MethodChoice>& methods,
            Callback<void(Result<SendPlan>)> done) override;
  PeerTrust trust(const Jid& peer) const override;

  // Account
  const AccountSettings& settings() const override { return settings_; }
  const AccountStatus& status() const override { return status_; }
  void connect(Done done) override;
  void disconnect(Done done) override;
  void update(AccountSettings settings, Done done) override;
  void set_password(Secret password, std::string store,
                    Callback<void(Result<std::string>)> done) override;
  void forget_password(Done done) override;
  std::vector<ContactView> contacts() const override;
  std::vector<std::string> pending_contacts() const override;
  void add_contact(const Jid& bare, std::string name, Done done) override;
  void remove_contact(const Jid& bare, Done done) override;
  Result<void> approve_contact(const Jid& bare) override;
  Result<void> deny_contact(const Jid& bare) override;

 private:
  // XmppLink::Handler
  void on_step(std::string step) override;
  void on_server(const SocketAddress& at) override { session_.set_server(at); }
  void on_up(const Jid& bound) override;
  void on_down(Down why) override;
  void on_stanza(Element stanza) override;
  // AccountSession::Handler
  void on_session_changed() override;
  void on_session_dead() override;

  void attempt();
  void attempt_with_password();
  void give_up(AccountReason reason, Error error);
  void try_later(const Down& why);
  void go_offline(AccountReason reason);
  static void answer(std::vector<Done>& waiting, const Result<void>& outcome);
  void set_enabled(bool enabled);
  void save(Done done);
  /// Runs `work` off the loop; `then` gets its result if the account is still there.
  void in_background(Callback<Result<void>()> work, Done then);
  void changed();
  Result<void> need_online() const;

  AccountWorld world_;
  AccountSettings settings_;
  Jid jid_;
  std::function<void()> on_changed_;
  AccountStatus status_;
  std::optional<Secret> password_;
  std::string resource_;  // asked for; a fresh suffix after a conflict
  Backoff backoff_;
  Timers::Clock::time_point up_at_{};
  std::chrono::milliseconds online_for_{};  // of the session that just ended
  std::unique_ptr<Timer> retry_;
  std::vector<Done> waiters_;  // connect() calls not answered yet
  std::vector<Done> leaving_;  // disconnect() calls that wait for the end of the session
  std::unique_ptr<XmppLink> link_;
  AccountSession session_;  // after link_: what it drops says its last words through it
  Later later_;
  bool link_busy_ = false;     // connecting, up or closing: on_down is still to come
  bool close_wanted_ = false;  // the link was busy when it was told to close, and still is
  bool again_ = false;         // ... and is wanted again after that
  // read by answers that may come after us
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace xmppftd

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "account/account.h"
#include "account/account_world.h"
#include "xep/element.h"

namespace xmppftd {

/// All that lives on an account's XMPP session: IQs, contacts, discovery, the stream methods and
/// the negotiator. What of it concerns files is told to the queue, what concerns the account itself
/// to `Handler`. It stays when the session drops, because activated streams go on without it; up()
/// and down() tell it.
class AccountSession {
 public:
  class Handler {
   public:
    virtual void on_session_changed() = 0;  ///< contacts, requests, proxies
    virtual void on_session_dead() = 0;     ///< the server does not answer: reconnect

   protected:
    ~Handler() = default;
  };

  /// `send` takes one stanza as XML text.
  AccountSession(const AccountWorld& world, AccountId id, const Jid& account,
                 std::function<void(std::string)> send, Handler& handler);
  ~AccountSession();

  /// Where the session that comes up goes: of several addresses of a proxy that one is the best.
  void set_server(const SocketAddress& at);
  void up(const Jid& bound);
  void down(bool cut);  ///< `cut`: neither by us nor with a reason
  void receive(Element stanza);
  /// Asks the server for a sign of life: on_session_dead() if there is none within seconds.
  void probe();

  /// As AccountPort::plan(), for a peer of that trust.
  void plan(const Jid& peer, const std::vector<MethodChoice>& methods, const PeerTrust& trust,
            Callback<void(Result<SendPlan>)> done);
  bool subscribed_both_ways(const Jid& peer) const;
  bool is_room(const Jid& peer) const;
  std::vector<std::string> proxies() const;
  /// AccountStatus::warning.
  std::string warning() const;

  std::vector<ContactView> contacts() const;
  std::vector<std::string> pending_contacts() const;
  void add_contact(const Jid& bare, std::string name, Callback<void(Result<void>)> done);
  void remove_contact(const Jid& bare, Callback<void(Result<void>)> done);
  Result<void> approve_contact(const Jid& bare);
  Result<void> deny_contact(const Jid& bare);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace xmppftd

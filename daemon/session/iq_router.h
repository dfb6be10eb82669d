// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "io/iq_channel.h"
#include "io/timer.h"
#include "session/rate_limit.h"

namespace xmppftd {

/// The IqChannel of one account: matches replies to what we asked and lets
/// requests through to their handlers (ST4, ST5, ST7, ST8). It outlives sessions: handlers stay,
/// requests end with the session.
///
/// An incoming get or set passes, in this order: a `from` that is an address (else dropped, there
/// is nobody to answer); a sender who may know that we are here (else <service-unavailable/>, the
/// same bytes whatever was asked); a payload (else
/// <bad-request/>); the limit on sets (else <resource-constraint/>); a handler (else
/// <service-unavailable/> again).
///
/// The limit bounds what a bare JID makes us refuse: only a set that was answered with an error
/// counts. What was granted is work that somebody here wants, and who grants it has bounds of its
/// own. Sets of accepted work pass even where the limit is used up.
class IqRouter final : public IqChannel, private IncomingIq::Responder {
 public:
  struct Rules {
    /// May this full JID know that we are here? Our own resources and our server are not asked
    /// about.
    std::function<bool(const Jid&)> is_known;
    /// Does this set belong to something that we accepted (a stream, a confirmation)? May be empty.
    std::function<bool(const Jid& from, const Element& payload)> is_accepted_work;
  };
  static constexpr double kRefusedPerSecond = 20;
  static constexpr double kRefusedAtOnce = 100;

  /// `send` gives one stanza as XML text to the session. `own` is the account's JID until a session
  /// binds one.
  IqRouter(Timers& timers, Jid own, std::function<void(std::string)> send, Rules rules);
  ~IqRouter() override;
  IqRouter(const IqRouter&) = delete;
  IqRouter& operator=(const IqRouter&) = delete;

  /// The session is up under this full JID.
  void session_up(Jid bound);
  /// The session ended: every request fails with Disconnected; requests not yet answered will go
  /// nowhere. Until the next session new requests fail with Disconnected too. May destroy the
  /// router (through a request's callback).
  void session_down();

  /// An <iq/> or <message/> arrived; other stanzas are not for us. A reply's callback may destroy
  /// the router, a request's handler may not.
  void receive(const Element& stanza);

  /// Replies that answered nothing we asked, or came from somebody else than we asked.
  std::uint64_t dropped_replies() const noexcept { return dropped_replies_; }

  // IqChannel
  const Jid& self() const override { return self_; }
  [[nodiscard]] std::unique_ptr<IqRequest> request(IqType type, std::optional<Jid> to,
                                                   Element payload,
                                                   std::chrono::milliseconds timeout,
                                                   OnReply on_reply) override;
  void handle(IqType type, std::string_view name, std::string_view xmlns,
              OnRequest handler) override;
  void send(const Element& stanza) override;
  void handle_message(std::string_view name, std::string_view xmlns, OnMessage handler) override;

 private:
  struct Pending {
    std::optional<Jid> to;  // none = our own account
    OnReply on_reply;
    std::unique_ptr<Timer> timer;
  };
  struct Requests {  // shared with handles, which may outlive us
    std::map<std::string, Pending> by_id;
    void end(const std::string& id, IqReply reply);
  };
  class Handle;
  using Handlers = std::map<std::tuple<IqType, std::string, std::string>, OnRequest, std::less<>>;
  using MessageHandlers = std::map<std::tuple<std::string, std::string>, OnMessage, std::less<>>;

  void receive_reply(Iq iq);
  void receive_request(Iq iq);
  void receive_message(const Element& message);
  bool is_answer_from(const std::string& from, const std::optional<Jid>& asked) const;
  bool may_ask(const Jid& from) const;
  bool is_own_account(const Jid& from) const;
  void refuse(const Iq& request, Condition condition);
  void respond(const IncomingIq& asked, Iq answer) override;

  Timers& timers_;
  Jid self_;
  std::function<void(std::string)> send_;
  Rules rules_;
  bool up_ = false;
  RateLimit refused_sets_{kRefusedPerSecond, kRefusedAtOnce};
  std::uint64_t dropped_replies_ = 0;
  std::shared_ptr<Requests> requests_ = std::make_shared<Requests>();
  // Our end of the line that IncomingIqs answer through; cut when the session ends.
  std::shared_ptr<IncomingIq::Responder*> line_;
  Handlers handlers_;
  MessageHandlers message_handlers_;
};

}  // namespace xmppftd

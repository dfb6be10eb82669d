// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "base/callback.h"
#include "model/jid.h"
#include "xep/stanza.h"

namespace xmppftd {

/// Why a request got no result.
struct IqFailure {
  enum class Kind {
    Refused,       ///< an error stanza: `error` says which
    Timeout,       ///< no reply within the request's time
    Disconnected,  ///< the session ended first
  };
  Kind kind = Kind::Timeout;
  StanzaError error;  ///< for Refused only

  /// What it means to a job; `what` names the step for people ("SI offer").
  Error to_error(std::string_view what) const;
};

/// The answer to a request: the result's payload (an empty Element, name "", for an empty result)
/// or a failure.
using IqReply = std::variant<Element, IqFailure>;

/// A request under way. Destroying it forgets it: its callback is then never called and a late
/// reply is dropped.
class IqRequest {
 public:
  virtual ~IqRequest() = default;
};

/// An incoming get or set that we owe exactly one answer. Dropped unanswered it answers
/// <internal-server-error/>. May be kept for as long as it takes (an SI offer waits for a human);
/// after the session ended its answer goes nowhere.
class IncomingIq {
 public:
  class Responder {
   public:
    virtual void respond(const IncomingIq& asked, Iq answer) = 0;

   protected:
    ~Responder() = default;
  };

  /// `responder` is cleared by its owner through the weak pointer when the session ends.
  IncomingIq(Iq request, Jid from, std::weak_ptr<Responder*> responder);
  IncomingIq(IncomingIq&& other) noexcept;
  IncomingIq& operator=(IncomingIq&& other) noexcept;
  ~IncomingIq();

  IqType type() const noexcept { return request_.type; }  ///< Get or Set
  const Jid& from() const noexcept { return from_; }      ///< who asks, as stamped by the server
  const Element& payload() const noexcept { return *request_.payload; }
  /// Our own address as the peer wrote it: the SOCKS5 hash of XEP-0065 wants that one.
  const std::string& to() const noexcept { return request_.to; }
  const std::string& id() const noexcept { return request_.id; }

  void reply();                 ///< an empty result
  void reply(Element payload);  ///< a result with a payload
  void fail(StanzaError error);

 private:
  void answer(Iq stanza);
  Iq request_;
  Jid from_;
  std::weak_ptr<Responder*> responder_;
  bool answered_ = false;
};

/// Asks and answers IQs over one session. Implemented by session/iq_router; faked in tests.
class IqChannel {
 public:
  using OnReply = Callback<void(IqReply)>;
  /// Takes the request over. Called only for senders that pass the router's checks.
  using OnRequest = Callback<void(IncomingIq)>;

  virtual ~IqChannel() = default;

  /// Our full JID in this session. Valid while the session is up.
  virtual const Jid& self() const = 0;

  /// Sends a get or set to `to` (none = our own account). `on_reply` is called exactly once unless
  /// the returned handle is destroyed first; never before this returns.
  [[nodiscard]] virtual std::unique_ptr<IqRequest> request(IqType type, std::optional<Jid> to,
                                                           Element payload,
                                                           std::chrono::milliseconds timeout,
                                                           OnReply on_reply) = 0;

  /// Registers who handles requests of `type` whose payload is <name xmlns=.../>. One handler each,
  /// for the life of the channel; without one the request is answered <service-unavailable/>.
  virtual void handle(IqType type, std::string_view name, std::string_view xmlns,
                      OnRequest handler) = 0;

  /// Sends any other stanza (presence, message) as it is.
  virtual void send(const Element& stanza) = 0;

  /// Registers who sees <message/> stanzas that hold a direct child <name xmlns=.../> (IBB in
  /// messages, XEP-0047 s2.3).
  using OnMessage = Callback<void(const Jid& from, const Element& message)>;
  virtual void handle_message(std::string_view name, std::string_view xmlns, OnMessage handler) = 0;
};

}  // namespace xmppftd

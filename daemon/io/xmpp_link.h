// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/secret.h"
#include "io/account_reason.h"
#include "io/socket.h"
#include "model/jid.h"
#include "xep/element.h"

namespace xmppftd {

/// How to log in to one account.
struct Login {
  Jid jid;  ///< full: the resource we ask for
  Secret password;
  std::string host;        ///< "" = SRV and address records of the JID's domain
  std::uint16_t port = 0;  ///< of `host`; 0 = 5222
  std::string ca_file;     ///< PEM; "" = the system's authorities
  /// SHA-256 of the server's certificate as 64 hex digits; "" = none. Accepts exactly that one
  std::string pin;
  bool allow_plain = false;  ///< SASL PLAIN over verified TLS
};

/// One account's XMPP session as the core sees it; the session itself lives on the XMPP thread.
/// Handler calls come on the core's loop, never from inside a call to this object. Destroying it
/// closes the session without a Handler call.
class XmppLink {
 public:
  class Handler {
   public:
    /// One step of the attempt under way, for people: "192.0.2.1:5222 (STARTTLS): Connection
    /// refused".
    virtual void on_step(std::string step) = 0;
    /// The server that the login under way goes to, just before on_up().
    virtual void on_server(const SocketAddress& at) { static_cast<void>(at); }
    /// Logged in, resource bound; presence was not sent. The resource may be another than was asked
    /// for.
    virtual void on_up(const Jid& bound) = 0;
    /// The session or the attempt ended; what was sent and not answered is lost.
    /// AccountReason::User = our close().
    virtual void on_down(Down why) = 0;
    /// The first of a session is <stream:features/>, with what we make use of behind the login.
    virtual void on_stanza(Element stanza) = 0;

   protected:
    ~Handler() = default;
  };

  virtual ~XmppLink() = default;
  /// Starts one attempt: the servers of the domain one after another, and at each the mechanisms
  /// and resources that may do. Ends in on_up or on_down within 60 s whatever the network does.
  /// Only while down.
  virtual void connect(Login login) = 0;
  /// Queues one stanza as XML text. Ignored while down. More than 4 MiB or 1,000 stanzas that the
  /// server does not take end the session: who sends much waits for answers.
  virtual void send(std::string xml) = 0;
  /// Ends the session in order; on_down(User) follows within 3 s.
  virtual void close() = 0;
};

/// Makes links; all of them share one thread.
class XmppLinks {
 public:
  virtual ~XmppLinks() = default;
  virtual std::unique_ptr<XmppLink> make(XmppLink::Handler& handler) = 0;
};

}  // namespace xmppftd

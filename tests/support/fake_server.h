// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/xmpp_link.h"
#include "support/fake_disk.h"
#include "xep/xep0065_bytestreams.h"

namespace xmppftd::test {

/// An XMPP server in memory: every account sees every other one's presence, and there is one SOCKS5
/// proxy. Stanzas travel in order, one a turn.
///
///   FakeServer server;
///   server.accounts = {"ann@example.org", "bob@example.org"};
///   auto link = server.make(handler);            // as XmppLinks
///   server.hold("bytestreams");                  // such stanzas wait
///   server.drop("bob@example.org");              // his connection breaks, what is on its way is
///   lost
class FakeServer final : public XmppLinks {
 public:
  static constexpr std::string_view kDomain = "example.org";
  static constexpr std::string_view kProxy = "proxy.example.org";

  std::vector<std::string> accounts;  ///< bare JIDs
  std::string proxy_host;             ///< "" = there is no proxy
  std::uint16_t proxy_port = 7777;
  std::vector<StreamHost> more_proxy_hosts;  ///< told before that one
  /// The proxy's part of an activation: both ends are there, and are joined.
  std::function<bool(const std::string& sid, const std::string& from, const std::string& to)>
      activate;
  const char* activation_error = "item-not-found";  ///< where it says no
  bool refuses = false;                             ///< logging in fails
  /// The full JID that it binds and stamps for a bare one, in its own spelling; without one, what
  /// was asked for.
  std::map<std::string, std::string> stamps;
  /// Sees what users send each other. An iq for which it names an error is bounced in the name of
  /// its addressee.
  std::function<const char*(const Element& stanza)> on_relay;

  /// Stanzas whose text contains `words` wait until release(), or are lost with their session.
  void hold(std::string words) { hold_ = std::move(words); }
  void release();
  std::size_t held() const { return held_.size(); }
  /// Ends the session of this bare JID. Its client hears of it on the next turn.
  void drop(std::string_view bare);
  /// The same, but the client is about to be destroyed: none of its last words counts.
  void kill(std::string_view bare);
  bool online(std::string_view bare) const;

  bool run_one() { return turns_.run_one(); }
  std::unique_ptr<XmppLink> make(XmppLink::Handler& handler) override;

 private:
  struct Link;
  struct Session {
    Link* link;
    Jid full;
    std::string presence;  ///< "" before the first
  };
  struct Stanza {
    unsigned long session;
    std::string xml;
  };

  void up(Link& link, Login login);
  void end(unsigned long session, bool tell);
  void route(const Stanza& stanza);
  void presence(Session& session, Element stanza);
  void serve(const Session& session, const Element& stanza, const std::string& to);
  void to_full(const std::string& full, const Element& stanza);
  void answer(const Session& session, const Element& request, const std::string& from,
              std::optional<Element> payload, const char* error = nullptr);
  void deliver(unsigned long session, Element stanza);

  Turns turns_;
  std::map<unsigned long, Session> sessions_;
  unsigned long last_ = 0;
  std::string hold_;
  std::list<Stanza> held_;
};

}  // namespace xmppftd::test

// SPDX-License-Identifier: MIT
#include "support/fake_server.h"

#include <algorithm>

#include "model/namespaces.h"
#include "support/jid.h"
#include "support/xml.h"
#include "xep/roster.h"
#include "xep/stanza_error.h"
#include "xep/xep0030_disco.h"
#include "xep/xep0065_bytestreams.h"

namespace xmppftd::test {
namespace {

Element stamped(Element stanza, const std::string& from) {
  std::erase_if(stanza.attributes, [](const auto& one) { return one.first == "from"; });
  stanza.set("from", from);
  return stanza;
}

}  // namespace

struct FakeServer::Link final : XmppLink {
  Link(FakeServer& its_server, Handler& its_handler) : server(its_server), handler(its_handler) {}
  ~Link() override {
    *alive = false;
    server.end(session, false);
  }
  void connect(Login login) override {
    server.turns_.later([this, here = alive, kept = std::make_shared<Login>(std::move(login))] {
      if (*here) server.up(*this, std::move(*kept));
    });
  }
  void send(std::string xml) override {
    if (server.sessions_.count(session) == 0) return;
    server.turns_.later(
        [&to = server, stanza = Stanza{session, std::move(xml)}] { to.route(stanza); });
  }
  void close() override { down(AccountReason::User); }
  void down(AccountReason reason) {
    server.turns_.later([this, here = alive, reason] {
      if (!*here) return;
      server.end(std::exchange(session, 0), false);
      handler.on_down(Down{reason, "the test's server says so", ""});
    });
  }

  FakeServer& server;
  Handler& handler;
  unsigned long session = 0;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

std::unique_ptr<XmppLink> FakeServer::make(XmppLink::Handler& handler) {
  return std::make_unique<Link>(*this, handler);
}

void FakeServer::up(Link& link, Login login) {
  if (refuses) return link.handler.on_down(Down{AccountReason::Unreachable, "refused", ""});
  link.session = ++last_;
  const auto stamp = stamps.find(login.jid.bare().str());
  const Jid full = stamp == stamps.end() ? login.jid : Jid::parse_stamped(stamp->second).value();
  sessions_.emplace(last_, Session{&link, full, ""});
  link.handler.on_up(full);
}

bool FakeServer::online(std::string_view bare) const {
  return std::any_of(sessions_.begin(), sessions_.end(),
                     [&](const auto& one) { return one.second.full.bare().str() == bare; });
}

void FakeServer::drop(std::string_view bare) {
  for (const auto& [id, session] : std::map(sessions_))
    if (session.full.bare().str() == bare) end(id, true);
}

void FakeServer::kill(std::string_view bare) {
  for (const auto& [id, session] : std::map(sessions_))
    if (session.full.bare().str() == bare) end(id, false);
}

void FakeServer::end(unsigned long id, bool tell) {
  auto found = sessions_.extract(id);
  if (found.empty()) return;
  held_.remove_if([&](const Stanza& one) { return one.session == id; });
  auto& session = found.mapped();
  if (!session.presence.empty()) {
    const auto gone =
        stamped(Element("presence", std::string(kNsClient)).set("type", "unavailable"),
                session.full.as_stamped());
    for (const auto& [other, its_session] : sessions_)
      if (!its_session.presence.empty()) deliver(other, gone);
  }
  if (tell) session.link->down(AccountReason::Backoff);
}

void FakeServer::release() {
  hold_.clear();
  for (auto& stanza : std::exchange(held_, {}))
    turns_.later([this, stanza = std::move(stanza)] { route(stanza); });
}

/// What reaches a session that is gone by then is lost.
void FakeServer::deliver(unsigned long id, Element stanza) {
  turns_.later([this, id, stanza = std::move(stanza)] {
    if (const auto found = sessions_.find(id); found != sessions_.end())
      found->second.link->handler.on_stanza(stanza);
  });
}

void FakeServer::route(const Stanza& stanza) {
  const auto found = sessions_.find(stanza.session);
  if (found == sessions_.end()) return;
  if (!hold_.empty() && stanza.xml.find(hold_) != std::string::npos) {
    held_.push_back(stanza);
    return;
  }
  auto& session = found->second;
  auto element = stamped(parse_xml(stanza.xml), session.full.as_stamped());
  const std::string to(element.attribute_or_empty("to"));
  if (element.name == "presence" && to.empty()) return presence(session, std::move(element));
  if (to.empty() || to == kDomain || to == kProxy || to == session.full.bare().str())
    return serve(session, element, to);
  to_full(to, element);
}

void FakeServer::presence(Session& session, Element stanza) {
  const bool first = session.presence.empty();
  session.presence = stanza.to_xml();
  for (const auto& [id, other] : sessions_) {
    if (other.link == session.link || other.presence.empty()) continue;
    deliver(id, stanza);
    if (first) deliver(session.link->session, parse_xml(other.presence));
  }
}

void FakeServer::to_full(const std::string& full, const Element& stanza) {
  const char* error = on_relay ? on_relay(stanza) : nullptr;
  if (!error) {
    const auto to = Jid::parse(full);  // `to` itself is passed on as it was written
    for (const auto& [id, session] : sessions_)
      if (to && session.full == *to) return deliver(id, stanza);
    error = "service-unavailable";
  }
  const auto type = stanza.attribute_or_empty("type");
  if (stanza.name != "iq" || (type != "get" && type != "set")) return;
  const std::string from(stanza.attribute_or_empty("from"));
  for (const auto& [id, session] : sessions_)
    if (session.full.as_stamped() == from)
      return answer(session, stanza, full, std::nullopt, error);
}

void FakeServer::serve(const Session& session, const Element& stanza, const std::string& to) {
  if (stanza.name != "iq" || stanza.children.empty()) return;
  const Element& what = stanza.children.front();
  if (what.xmlns == kNsRoster) {
    Element list("query", std::string(kNsRoster));
    for (const auto& account : accounts)
      if (account != session.full.bare().str())
        list.add(Element("item", std::string(kNsRoster))
                     .set("jid", account)
                     .set("subscription", "both"));
    return answer(session, stanza, to, std::move(list));
  }
  if (what.xmlns == kNsPing) return answer(session, stanza, to, std::nullopt);
  if (what.xmlns == kNsDiscoItems && to == kDomain) {
    DiscoItems items;
    if (!proxy_host.empty()) items.items.push_back({std::string(kProxy), "", ""});
    return answer(session, stanza, to, items.build());
  }
  if (what.xmlns == kNsDiscoInfo && to == kProxy) {
    DiscoInfo info;
    info.identities.push_back({"proxy", "bytestreams", "", ""});
    return answer(session, stanza, to, info.build());
  }
  const auto query = BytestreamsQuery::parse(what);
  if (what.xmlns == kNsBytestreams && to == kProxy && query) {
    if (!query->activate) {
      BytestreamsQuery address;
      address.hosts = more_proxy_hosts;
      address.hosts.push_back({std::string(kProxy), proxy_host, proxy_port, false});
      return answer(session, stanza, to, address.build());
    }
    const bool joined = activate(query->sid, session.full.as_stamped(), *query->activate);
    return answer(session, stanza, to, std::nullopt, joined ? nullptr : activation_error);
  }
  if (stanza.attribute_or_empty("type") != "result")
    answer(session, stanza, to, std::nullopt, "service-unavailable");
}

void FakeServer::answer(const Session& session, const Element& request, const std::string& from,
                        std::optional<Element> payload, const char* error) {
  Element reply("iq", std::string(kNsClient));
  reply.set("type", error ? "error" : "result");
  reply.set("id", std::string(request.attribute_or_empty("id")));
  reply.set("to", session.full.as_stamped());
  if (!from.empty()) reply.set("from", from);
  if (payload) reply.add(std::move(*payload));
  if (error)
    reply.add(Element("error", std::string(kNsClient))
                  .set("type", "cancel")
                  .add(Element(error, std::string(kNsStanzaErrors))));
  deliver(session.link->session, std::move(reply));
}

}  // namespace xmppftd::test

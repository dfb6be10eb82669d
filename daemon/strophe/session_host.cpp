// SPDX-License-Identifier: MIT
#include "strophe/session_host.h"

#include <utility>
#include <vector>

namespace xmppftd {
namespace {

constexpr std::chrono::seconds kShutDown{3};

}  // namespace

/// A session and what it needs.
class SessionHost::Client final : private Session::Handler {
 public:
  Client(SessionHost& host, SessionId id, Login login)
      : host_(host), id_(id), session_(host.services_, std::move(login), *this) {}
  Session& session() noexcept { return session_; }

 private:
  void on_step(std::string step) override { host_.events_.on_step(id_, std::move(step)); }
  void on_server(const SocketAddress& at) override { host_.events_.on_server(id_, at); }
  void on_up(const Jid& bound) override { host_.events_.on_up(id_, bound); }
  void on_stanza(Element stanza) override { host_.events_.on_stanza(id_, std::move(stanza)); }
  void on_down(Down why) override { host_.ended(id_, std::move(why)); }

  SessionHost& host_;
  SessionId id_;
  Session session_;
};

SessionHost::SessionHost(Lifeline& lifeline, Events& events)
    : events_(events), poll_(loop_), services_{loop_, poll_, low_fds_, lifeline} {}

SessionHost::~SessionHost() = default;

void SessionHost::start(SessionId id, Login login) {
  clients_[id] = std::make_unique<Client>(*this, id, std::move(login));
}

void SessionHost::send(SessionId id, std::string xml) {
  const auto found = clients_.find(id);
  if (found != clients_.end()) found->second->session().send(std::move(xml));
}

void SessionHost::close(SessionId id) {
  const auto found = clients_.find(id);
  if (found != clients_.end()) found->second->session().close();
}

void SessionHost::drop(SessionId id) { clients_.erase(id); }

void SessionHost::shut_down() {
  patience_ = loop_.after(kShutDown, [this] {
    clients_.clear();
    loop_.stop();
  });
  std::vector<SessionId> ids;
  for (const auto& [id, client] : clients_) ids.push_back(id);
  for (const SessionId id : ids) close(id);
  if (clients_.empty()) loop_.stop();
}

void SessionHost::ended(SessionId id, Down why) {
  clients_.erase(id);
  events_.on_down(id, std::move(why));
  if (patience_ && clients_.empty()) loop_.stop();
}

}  // namespace xmppftd

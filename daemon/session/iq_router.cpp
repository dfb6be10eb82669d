// SPDX-License-Identifier: MIT
#include "session/iq_router.h"

#include "base/bytes.h"
#include "base/log.h"

namespace xmppftd {
namespace {

constexpr auto kIq = "iq";
constexpr std::size_t kIdBytes = 12;  // ST2: 96 bits that nobody guesses

/// A JID as the server stamped it, or nothing when that is no address.
std::optional<Jid> address(const std::string& stamped) {
  auto jid = Jid::parse_stamped(stamped);
  if (!jid) return std::nullopt;
  return std::move(*jid);
}

}  // namespace

class IqRouter::Handle final : public IqRequest {
 public:
  Handle(std::weak_ptr<Requests> requests, std::string id)
      : requests_(std::move(requests)), id_(std::move(id)) {}
  ~Handle() override {
    if (const auto alive = requests_.lock()) alive->by_id.erase(id_);
  }

 private:
  std::weak_ptr<Requests> requests_;
  std::string id_;
};

void IqRouter::Requests::end(const std::string& id, IqReply reply) {
  const auto found = by_id.find(id);
  if (found == by_id.end()) return;
  auto entry = by_id.extract(found);  // so that a second reply, or the handle's end, finds nothing
  entry.mapped().on_reply(std::move(reply));
}

IqRouter::IqRouter(Timers& timers, Jid own, std::function<void(std::string)> send, Rules rules)
    : timers_(timers), self_(std::move(own)), send_(std::move(send)), rules_(std::move(rules)) {}

IqRouter::~IqRouter() {
  if (line_) *line_ = nullptr;
  requests_->by_id.clear();
}

void IqRouter::session_up(Jid bound) {
  self_ = std::move(bound);
  up_ = true;
  line_ = std::make_shared<IncomingIq::Responder*>(static_cast<IncomingIq::Responder*>(this));
}

void IqRouter::session_down() {
  up_ = false;
  if (line_) *line_ = nullptr;
  const auto requests = requests_;
  while (!requests->by_id.empty())
    requests->end(std::string(requests->by_id.begin()->first),
                  IqFailure{IqFailure::Kind::Disconnected, {}});
}

std::unique_ptr<IqRequest> IqRouter::request(IqType type, std::optional<Jid> to, Element payload,
                                             std::chrono::milliseconds timeout, OnReply on_reply) {
  Iq iq;
  iq.type = type;
  iq.id = random_hex(kIdBytes);
  if (to) iq.to = to->as_stamped();
  iq.payload = std::move(payload);
  const auto failure = up_ ? IqFailure::Kind::Timeout : IqFailure::Kind::Disconnected;
  auto timer = timers_.after(up_ ? timeout : std::chrono::milliseconds(0),
                             [requests = std::weak_ptr(requests_), id = iq.id, failure] {
                               if (const auto alive = requests.lock())
                                 alive->end(id, IqFailure{failure, {}});
                             });
  requests_->by_id.emplace(iq.id, Pending{std::move(to), std::move(on_reply), std::move(timer)});
  if (up_) send_(iq.build().to_xml(kNsClient));
  return std::make_unique<Handle>(requests_, iq.id);
}

void IqRouter::handle(IqType type, std::string_view name, std::string_view xmlns,
                      OnRequest handler) {
  handlers_[{type, std::string(name), std::string(xmlns)}] = std::move(handler);
}

void IqRouter::handle_message(std::string_view name, std::string_view xmlns, OnMessage handler) {
  message_handlers_[{std::string(name), std::string(xmlns)}] = std::move(handler);
}

void IqRouter::send(const Element& stanza) {
  if (up_) send_(stanza.to_xml(kNsClient));
}

void IqRouter::receive(const Element& stanza) {
  if (!up_) return;
  if (stanza.is("message", kNsClient)) return receive_message(stanza);
  if (!stanza.is("iq", kNsClient)) return;
  auto iq = Iq::parse(stanza);
  if (!iq) return log::debug(kIq, "dropped an iq: " + iq.error().detail);
  const bool is_request = iq->type == IqType::Get || iq->type == IqType::Set;
  return is_request ? receive_request(std::move(*iq)) : receive_reply(std::move(*iq));
}

void IqRouter::receive_reply(Iq iq) {
  const auto found = requests_->by_id.find(iq.id);
  if (found == requests_->by_id.end() || !is_answer_from(iq.from, found->second.to)) {
    ++dropped_replies_;
    return log::debug(kIq, "dropped a reply that nobody asked " + log::shy(iq.from) + " for");
  }
  const auto requests = requests_;
  if (iq.error)
    return requests->end(iq.id, IqFailure{IqFailure::Kind::Refused, std::move(*iq.error)});
  requests->end(iq.id, iq.payload ? std::move(*iq.payload) : Element());
}

/// ST2: asked our account: no `from`, or one in which only our server speaks; asked anybody else:
/// that address.
bool IqRouter::is_answer_from(const std::string& from, const std::optional<Jid>& asked) const {
  if (from.empty()) return !asked;
  if (asked && from == asked->as_stamped()) return true;  // nearly always
  const auto jid = address(from);
  return jid && (asked ? *jid == *asked : is_own_account(*jid));
}

void IqRouter::receive_request(Iq iq) {
  const auto from = iq.from.empty() ? self_.bare() : address(iq.from);
  if (!from) return log::debug(kIq, "dropped an iq whose sender has no valid address");
  if (!may_ask(*from)) return refuse(iq, Condition::ServiceUnavailable);
  if (!iq.payload) return refuse(iq, Condition::BadRequest);
  if (iq.type == IqType::Set && !is_own_account(*from) &&
      !refused_sets_.has(from->bare().str(), timers_.now()) &&
      !(rules_.is_accepted_work && rules_.is_accepted_work(*from, *iq.payload)))
    return refuse(iq, Condition::ResourceConstraint);
  const auto found = handlers_.find(std::tie(iq.type, iq.payload->name, iq.payload->xmlns));
  IncomingIq request(std::move(iq), *from, line_);
  if (found == handlers_.end()) return request.fail(StanzaError::of(Condition::ServiceUnavailable));
  found->second(std::move(request));
}

void IqRouter::receive_message(const Element& message) {
  if (message.attribute_or_empty("type") == "error") return;
  const auto from = address(std::string(message.attribute_or_empty("from")));
  if (!from) return;
  for (const auto& child : message.children) {  // ST4: direct children only
    const auto found = message_handlers_.find(std::tie(child.name, child.xmlns));
    if (found != message_handlers_.end()) return found->second(*from, message);
  }
}

/// Our bare JID, our server, this very session: only our server speaks to us in these names, for it
/// stamps every other sender's own.
bool IqRouter::is_own_account(const Jid& from) const {
  return from == self_ || from == self_.bare() || from == self_.domain_jid();
}

bool IqRouter::may_ask(const Jid& from) const {
  return is_own_account(from) || from.bare() == self_.bare() || rules_.is_known(from);
}

void IqRouter::refuse(const Iq& request, Condition condition) {
  Iq error;
  error.type = IqType::Error;
  error.id = request.id;
  error.to = request.from;
  error.error = StanzaError::of(condition);
  send_(error.build().to_xml(kNsClient));
}

void IqRouter::respond(const IncomingIq& asked, Iq answer) {
  if (answer.type == IqType::Error && asked.type() == IqType::Set && !is_own_account(asked.from()))
    refused_sets_.take(asked.from().bare().str(), timers_.now());
  send_(answer.build().to_xml(kNsClient));
}

}  // namespace xmppftd

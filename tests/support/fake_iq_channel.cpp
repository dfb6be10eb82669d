// SPDX-License-Identifier: MIT
#include "support/fake_iq_channel.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "support/jid.h"
#include "support/xml.h"

namespace xmppftd::test {
namespace {

std::string shown(const Element& stanza) { return stanza.to_xml(kNsClient); }

bool same_text(const std::string& wanted, const std::string& seen) {
  if (wanted == "*" || wanted == seen) return true;
  // Line breaks and indents between the elements of a literal.
  return seen.empty() && wanted.find_first_not_of(" \t\r\n") == std::string::npos;
}

bool is_address(std::string_view key) { return key == "id" || key == "from" || key == "to"; }

bool matches_at(const Element& wanted, const Element& seen, bool is_stanza) {
  if (!seen.is(wanted.name, wanted.xmlns) || !same_text(wanted.text, seen.text)) return false;
  for (const auto& [key, value] : wanted.attributes) {
    const auto there = seen.attribute(key);
    if (!there || (value != "*" && value != *there)) return false;
  }
  for (const auto& [key, value] : seen.attributes)
    if (!wanted.attribute(key) && !(is_stanza && is_address(key))) return false;
  return std::equal(wanted.children.begin(), wanted.children.end(), seen.children.begin(),
                    seen.children.end(),
                    [](const Element& a, const Element& b) { return matches_at(a, b, false); });
}

}  // namespace

bool matches(const Element& wanted, const Element& seen) { return matches_at(wanted, seen, true); }

struct FakeIqChannel::Handle final : IqRequest {
  Handle(std::weak_ptr<Table> owner, std::string its_id)
      : table(std::move(owner)), id(std::move(its_id)) {}
  ~Handle() override {
    if (const auto alive = table.lock()) alive->waiting.erase(id);
  }
  std::weak_ptr<Table> table;
  std::string id;
};

void FakeIqChannel::Table::end(const std::string& id, IqReply reply) {
  const auto found = waiting.find(id);
  if (found == waiting.end()) return;
  const auto entry = waiting.extract(found);
  entry.mapped().on_reply(std::move(reply));
}

FakeIqChannel::FakeIqChannel(FakeTimers& timers, std::string_view self)
    : timers_(timers), self_(jid(self)) {}

FakeIqChannel::Sent FakeIqChannel::take() {
  if (queue_.empty()) FAIL("a stanza was expected and nothing was sent");
  Sent sent = std::move(queue_.front());
  queue_.pop_front();
  if (!sent.request.empty()) last_request_ = sent;
  return sent;
}

std::optional<FakeIqChannel::Sent> FakeIqChannel::next() {
  if (queue_.empty()) return std::nullopt;
  return take();
}

FakeIqChannel::Sent FakeIqChannel::expect(std::string_view xml) {
  const Element wanted = parse_xml(xml);
  if (queue_.empty()) FAIL("nothing was sent; expected:\n  " << shown(wanted));
  Sent sent = take();
  if (!matches(wanted, sent.stanza))
    FAIL("sent:\n  " << shown(sent.stanza) << "\nexpected:\n  " << shown(wanted));
  return sent;
}

void FakeIqChannel::expect_nothing() {
  if (!queue_.empty()) FAIL("nothing was expected; sent:\n  " << shown(queue_.front().stanza));
}

void FakeIqChannel::reply(std::string_view payload_xml) { reply(last_request_, payload_xml); }

void FakeIqChannel::reply(const Sent& request, std::string_view payload_xml) {
  if (request.request.empty()) FAIL("no request was taken that could be answered");
  table_->end(std::string(request.request),
              payload_xml.empty() ? Element() : parse_xml(payload_xml));
}

void FakeIqChannel::refuse(StanzaError error) { refuse(last_request_, std::move(error)); }

void FakeIqChannel::refuse(const Sent& request, StanzaError error) {
  if (request.request.empty()) FAIL("no request was taken that could be refused");
  table_->end(std::string(request.request), IqFailure{IqFailure::Kind::Refused, std::move(error)});
}

void FakeIqChannel::disconnect() {
  up_ = false;
  *line_ = nullptr;
  const auto table = table_;  // an answer may destroy us
  while (!table->waiting.empty())
    table->end(std::string(table->waiting.begin()->first),
               IqFailure{IqFailure::Kind::Disconnected, {}});
}

void FakeIqChannel::inject(std::string_view xml) {
  const Element stanza = parse_xml(xml);
  const Jid from = Jid::parse_stamped(stanza.attribute_or_empty("from")).value();
  if (stanza.name == "message") {
    for (const auto& child : stanza.children) {
      const auto found = message_handlers_.find({child.name, child.xmlns});
      if (found != message_handlers_.end()) return found->second(from, stanza);
    }
    return;
  }
  auto parsed = Iq::parse(stanza);
  if (!parsed) throw std::invalid_argument(parsed.error().detail);
  if (!parsed->payload) throw std::invalid_argument("inject: the iq has no payload");
  const auto found = handlers_.find({parsed->type, parsed->payload->name, parsed->payload->xmlns});
  IncomingIq request(std::move(*parsed), from, line_);
  if (found == handlers_.end()) return request.fail(StanzaError::of(Condition::ServiceUnavailable));
  found->second(std::move(request));
}

void FakeIqChannel::expect_result(std::string_view id, std::string_view payload_xml) {
  const Sent sent = take();
  INFO("sent: " << shown(sent.stanza));
  REQUIRE(sent.stanza.name == "iq");
  REQUIRE(sent.stanza.attribute_or_empty("type") == "result");
  REQUIRE(sent.stanza.attribute_or_empty("id") == id);
  if (payload_xml == "*") return;
  REQUIRE(sent.stanza.children.size() == (payload_xml.empty() ? 0U : 1U));
  if (!payload_xml.empty()) REQUIRE(matches_at(parse_xml(payload_xml), sent.payload(), false));
}

void FakeIqChannel::expect_error(std::string_view id, Condition condition) {
  const Sent sent = take();
  INFO("sent: " << shown(sent.stanza));
  REQUIRE(sent.stanza.attribute_or_empty("type") == "error");
  REQUIRE(sent.stanza.attribute_or_empty("id") == id);
  REQUIRE(to_string(Iq::parse(sent.stanza)->error->condition) == to_string(condition));
}

std::unique_ptr<IqRequest> FakeIqChannel::request(IqType type, std::optional<Jid> to,
                                                  Element payload,
                                                  std::chrono::milliseconds timeout,
                                                  OnReply on_reply) {
  Iq iq;
  iq.type = type;
  iq.id = "request-" + std::to_string(++requests_);
  if (to) iq.to = to->as_stamped();
  iq.payload = std::move(payload);
  const auto kind = up_ ? IqFailure::Kind::Timeout : IqFailure::Kind::Disconnected;
  auto timer = timers_.after(up_ ? timeout : std::chrono::milliseconds(0),
                             [table = std::weak_ptr(table_), id = iq.id, kind] {
                               if (const auto alive = table.lock())
                                 alive->end(id, IqFailure{kind, {}});
                             });
  table_->waiting.emplace(iq.id, Waiting{std::move(on_reply), std::move(timer)});
  if (up_) queue_.push_back({iq.build(), iq.id});
  return std::make_unique<Handle>(table_, iq.id);
}

void FakeIqChannel::handle(IqType type, std::string_view name, std::string_view xmlns,
                           OnRequest handler) {
  handlers_[{type, std::string(name), std::string(xmlns)}] = std::move(handler);
}

void FakeIqChannel::send(const Element& stanza) {
  if (up_) queue_.push_back({stanza, ""});
}

void FakeIqChannel::handle_message(std::string_view name, std::string_view xmlns,
                                   OnMessage handler) {
  message_handlers_[{std::string(name), std::string(xmlns)}] = std::move(handler);
}

}  // namespace xmppftd::test

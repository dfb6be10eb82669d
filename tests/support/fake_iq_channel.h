// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "io/iq_channel.h"
#include "support/fake_timers.h"

namespace xmppftd::test {

/// An IqChannel whose other end is the test, so that a protocol test reads as a play. All that the
/// code under test sends (requests, answers to requests, other stanzas) waits in one queue, in
/// order:
///
///   FakeTimers timers;
///   FakeIqChannel iq(timers);  // we are romeo@montague.lit/orchard
///   transport.open(...);
///   iq.expect("<iq type='set' to='juliet@capulet.lit/balcony'>"
///             "<open xmlns='http://jabber.org/protocol/ibb' sid='*' block-size='4096'/></iq>");
///   iq.reply();                // to the request last expected
///   iq.inject("<iq type='set' id='c1' from='juliet@capulet.lit/balcony'><close .../></iq>");
///   iq.expect_result("c1");
///   iq.expect_nothing();
///
/// What is expected is compared as XML: the order of attributes and white space between elements do
/// not matter, "*" matches any attribute value or text, and the stanza's own `id`, `from` and `to`
/// count only where they are written. A mismatch fails the running Catch2 test and shows both.
class FakeIqChannel final : public IqChannel {
 public:
  /// A stanza as it was sent; names a request for the answering calls below.
  struct Sent {
    Element stanza;
    std::string request;  ///< the request's id, "" for stanzas that are none
    const Element& payload() const { return stanza.children.at(0); }
  };

  explicit FakeIqChannel(FakeTimers& timers, std::string_view self = "romeo@montague.lit/orchard");

  /// The oldest stanza not yet seen must be this one.
  Sent expect(std::string_view xml);
  /// The oldest stanza not yet seen, whatever it is; fails the test when there is none.
  Sent take();
  /// Likewise; nothing when there is none.
  std::optional<Sent> next();
  /// All that was sent has been seen.
  void expect_nothing();

  /// The peer's answer to the request last taken or expected (or to that one): a result with this
  /// payload ("" = empty), an error. Answering a request that was forgotten does nothing, as with
  /// the real channel.
  void reply(std::string_view payload_xml = "");
  void reply(const Sent& request, std::string_view payload_xml = "");
  void refuse(StanzaError error);
  void refuse(const Sent& request, StanzaError error);
  void refuse(Condition condition) { refuse(StanzaError::of(condition)); }
  /// Is somebody still waiting for its answer? False once the IqRequest was destroyed or answered.
  bool waiting(const Sent& request) const { return table_->waiting.count(request.request) != 0; }
  /// The session ends: requests under way fail with Disconnected, answers still owed go nowhere;
  /// new requests fail too.
  void disconnect();

  /// A peer's `<iq type='get|set'/>` or `<message/>` arrives. `from` and (of an iq) `id` must be
  /// there; `to` is us unless written. Without a handler an iq is answered <service-unavailable/>,
  /// as by the real router.
  void inject(std::string_view xml);
  /// The answer to the request of that id, next in the queue: a result ("*" = any payload), an
  /// error of that condition.
  void expect_result(std::string_view id, std::string_view payload_xml = "");
  void expect_error(std::string_view id, Condition condition);

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
  struct Waiting {
    OnReply on_reply;
    std::unique_ptr<Timer> timer;
  };
  struct Table {  // shared with request handles, which may outlive us
    std::map<std::string, Waiting> waiting;
    void end(const std::string& id, IqReply reply);
  };
  struct Handle;
  struct AnswerSink final : IncomingIq::Responder {
    explicit AnswerSink(FakeIqChannel& channel) : owner(channel) {}
    void respond(const IncomingIq&, Iq answer) override {
      owner.queue_.push_back({answer.build(), ""});
    }
    FakeIqChannel& owner;
  };

  FakeTimers& timers_;
  Jid self_;
  bool up_ = true;
  unsigned requests_ = 0;
  std::deque<Sent> queue_;
  Sent last_request_;
  std::shared_ptr<Table> table_ = std::make_shared<Table>();
  std::map<std::tuple<IqType, std::string, std::string>, OnRequest> handlers_;
  std::map<std::pair<std::string, std::string>, OnMessage> message_handlers_;
  AnswerSink sink_{*this};
  std::shared_ptr<IncomingIq::Responder*> line_ = std::make_shared<IncomingIq::Responder*>(&sink_);
};

/// Is `seen` what `wanted` describes (see FakeIqChannel)? Elements below the stanza count in full.
bool matches(const Element& wanted, const Element& seen);

}  // namespace xmppftd::test

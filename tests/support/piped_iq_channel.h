// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "io/iq_channel.h"
#include "support/fake_timers.h"
#include "support/jid.h"

namespace xmppftd::test {

/// One end of a pair of IqChannels that speak to each other, for both sides of a protocol in one
/// test. No XML in between, so hundreds of thousands of stanzas are no matter. Each stanza arrives
/// a millisecond later.
class PipedIqChannel final : public IqChannel, private IncomingIq::Responder {
 public:
  PipedIqChannel(FakeTimers& timers, std::string_view self) : timers_(timers), self_(jid(self)) {}
  static void connect(PipedIqChannel& a, PipedIqChannel& b) {
    a.other_ = &b;
    b.other_ = &a;
  }

  const Jid& self() const override { return self_; }
  std::unique_ptr<IqRequest> request(IqType type, std::optional<Jid>, Element payload,
                                     std::chrono::milliseconds, OnReply on_reply) override {
    Iq iq;
    iq.type = type;
    iq.id = std::to_string(++last_id_);
    iq.from = self_.str();
    iq.to = other_->self_.str();
    iq.payload = std::move(payload);
    table_->emplace(iq.id, std::move(on_reply));
    auto handle = std::make_unique<Handle>(table_, iq.id);
    post([to = other_, iq]() mutable { to->arrive(std::move(iq)); });
    return handle;
  }
  void handle(IqType type, std::string_view name, std::string_view xmlns,
              OnRequest handler) override {
    handlers_[{type, std::string(name), std::string(xmlns)}] = std::move(handler);
  }
  void send(const Element&) override {}
  void handle_message(std::string_view, std::string_view, OnMessage) override {}

 private:
  using Table = std::map<std::string, OnReply>;
  struct Handle final : IqRequest {
    Handle(std::weak_ptr<Table> owner, std::string its_id)
        : table(std::move(owner)), id(std::move(its_id)) {}
    ~Handle() override {
      if (const auto alive = table.lock()) alive->erase(id);
    }
    std::weak_ptr<Table> table;
    std::string id;
  };

  void post(Callback<void()> task) {
    const auto id = ++last_task_;
    tasks_[id] =
        timers_.after(std::chrono::milliseconds(1), [this, id, run = std::move(task)]() mutable {
          const auto keep = tasks_.extract(id);
          run();
        });
  }
  void arrive(Iq iq) {
    const auto handler = handlers_.find({iq.type, iq.payload->name, iq.payload->xmlns});
    IncomingIq request(std::move(iq), other_->self_, line_);
    if (handler == handlers_.end())
      return request.fail(StanzaError::of(Condition::ServiceUnavailable));
    handler->second(std::move(request));
  }
  void respond(const IncomingIq&, Iq answer) override {
    post([to = other_, reply = std::move(answer)]() mutable { to->answered(std::move(reply)); });
  }
  void answered(Iq iq) {
    auto found = table_->extract(iq.id);
    if (!found) return;
    if (iq.error)
      found.mapped()(IqFailure{IqFailure::Kind::Refused, *iq.error});
    else
      found.mapped()(iq.payload ? std::move(*iq.payload) : Element());
  }

  FakeTimers& timers_;
  const Jid self_;
  PipedIqChannel* other_ = nullptr;
  unsigned long last_id_ = 0, last_task_ = 0;
  std::shared_ptr<Table> table_ = std::make_shared<Table>();
  std::map<std::tuple<IqType, std::string, std::string>, OnRequest> handlers_;
  std::map<unsigned long, std::unique_ptr<Timer>> tasks_;
  std::shared_ptr<IncomingIq::Responder*> line_ =
      std::make_shared<IncomingIq::Responder*>(static_cast<IncomingIq::Responder*>(this));
};

}  // namespace xmppftd::test

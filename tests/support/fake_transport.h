// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "transport/transport.h"

namespace xmppftd::test {

/// A carrier that moves nothing: the test ends it by hand.
class FakeCarrier final : public Carrier {
 public:
  explicit FakeCarrier(std::string method, std::string route = "") : path_{std::move(method), std::move(route), "", 0} {}
  void start(FileEnd, ByteRange range, Handler& handler) override {
    started = range;
    handler_ = &handler;
  }
  const Progress& progress() const override { return progress_; }
  const Path& path() const override { return path_; }
  void end(Result<Moved> how) { handler_->on_end(std::move(how)); }

  std::optional<ByteRange> started;

 private:
  Path path_;
  Progress progress_;
  Handler* handler_ = nullptr;
};

/// A stream method whose openings wait for the test's word.
class FakeTransport final : public Transport {
 public:
  struct Call {
    bool opening;  ///< open(), else expect()
    StreamKey key;
    StreamPlan plan;
    Opened done;
    bool alive = true;  ///< the Attempt was not destroyed
  };

  FakeTransport(std::string_view method, std::string_view id) : method_(method), id_(id) {}

  std::string_view method() const override { return method_; }
  std::string_view method_id() const override { return id_; }
  [[nodiscard]] std::unique_ptr<Attempt> prepare(const StreamPlan&, Callback<void()> ready) override {
    ready_ = std::move(ready);
    return std::make_unique<Attempt>();
  }
  [[nodiscard]] std::unique_ptr<Attempt> open(const StreamKey& key, const StreamPlan& plan, Opened done) override {
    return add(true, key, plan, std::move(done));
  }
  [[nodiscard]] std::unique_ptr<Attempt> expect(const StreamKey& key, const StreamPlan& plan, Opened done) override {
    return add(false, key, plan, std::move(done));
  }

  void become_ready() { std::exchange(ready_, {})(); }
  /// The newest call, answered; fails the test when there is none or it was given up.
  void succeed(std::string route = "") {
    answer(std::unique_ptr<Carrier>(std::make_unique<FakeCarrier>(id_, std::move(route))));
  }
  void fail(Errc code = Errc::StreamFailed) { answer(Error{code, "it did not open"}); }
  std::size_t alive() const {
    std::size_t count = 0;
    for (const auto& call : calls) count += call->alive ? 1 : 0;
    return count;
  }

  std::vector<std::shared_ptr<Call>> calls;

 private:
  struct Held final : Attempt {
    explicit Held(std::shared_ptr<Call> c) : call(std::move(c)) {}
    ~Held() override { call->alive = false; }
    std::shared_ptr<Call> call;
  };
  std::unique_ptr<Attempt> add(bool opening, const StreamKey& key, const StreamPlan& plan, Opened done) {
    calls.push_back(std::make_shared<Call>(Call{opening, key, plan, std::move(done)}));
    return std::make_unique<Held>(calls.back());
  }
  void answer(Result<std::unique_ptr<Carrier>> result) {
    auto call = calls.at(calls.size() - 1);
    if (!call->alive) throw std::logic_error("FakeTransport: the attempt was given up");
    auto done = std::move(call->done);
    done(std::move(result));
  }

  const std::string method_;
  const std::string id_;
  Callback<void()> ready_;
};

}  // namespace xmppftd::test

// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/fake_timers.h"
#include "transport/transport.h"

namespace xmppftd::test {

/// A carrier that ends when the test says so.
class FakeCarrier final : public Carrier {
 public:
  struct State {  // outlives the carrier, for the test to look at
    Carrier::Handler* handler = nullptr;
    std::optional<HashAlgo> digest;
    ByteRange range;
    std::uint64_t rate = 0;
    bool alive = true;
    Progress progress;
    void end(Result<Moved> how) { handler->on_end(std::move(how)); }
  };

  FakeCarrier(std::shared_ptr<State> state, std::string method) : state_(std::move(state)) {
    label_.method = std::move(method);
  }
  ~FakeCarrier() override { state_->alive = false; }
  void start(FileEnd file, ByteRange range, Handler& handler) override {
    state_->handler = &handler;
    state_->digest = file.digest;
    state_->range = range;
  }
  void set_rate(std::uint64_t bytes_per_second) override { state_->rate = bytes_per_second; }
  const Progress& progress() const override { return state_->progress; }
  const StreamLabel& label() const override { return label_; }

 private:
  std::shared_ptr<State> state_;
  StreamLabel label_;
};

/// A stream method whose openings the test lets succeed or fail.
class FakeTransport final : public Transport {
 public:
  struct Opening {
    bool out = false;
    StreamKey key;
    StreamTerms terms;
    Opened done;
    bool alive = true;
  };

  FakeTransport(FakeTimers& timers, std::string_view ns) : timers_(timers), method_(ns) {}

  bool never_ready = false;
  Result<void> usable;  ///< can_open()
  int prepared = 0;
  std::vector<std::shared_ptr<Opening>> openings;

  std::size_t alive() const {
    std::size_t count = 0;
    for (const auto& one : openings) count += one->alive ? 1 : 0;
    return count;
  }
  /// The newest opening succeeds.
  std::shared_ptr<FakeCarrier::State> succeed() {
    auto state = std::make_shared<FakeCarrier::State>();
    REQUIRE_FALSE(openings.empty());
    const auto& method = openings.back()->key.method;
    finish(std::unique_ptr<Carrier>(std::make_unique<FakeCarrier>(state, method)));
    return state;
  }
  void fail(Errc code) { finish(Error{code, "the test said so"}); }

  std::string_view method() const override { return method_; }
  std::unique_ptr<Attempt> prepare(const StreamTerms&, Callback<void()> ready) override {
    ++prepared;
    auto attempt = std::make_unique<Preparation>();
    if (!never_ready) attempt->timer = timers_.after({}, std::move(ready));
    return attempt;
  }
  Result<void> can_open(const StreamTerms&) const override { return usable; }
  std::unique_ptr<Attempt> open(const StreamKey& key, const StreamTerms& terms,
                                Opened done) override {
    return add(true, key, terms, std::move(done));
  }
  std::unique_ptr<Attempt> expect(const StreamKey& key, const StreamTerms& terms,
                                  Opened done) override {
    return add(false, key, terms, std::move(done));
  }

 private:
  struct Preparation final : Attempt {
    std::unique_ptr<Timer> timer;
  };
  struct Handle final : Attempt {
    explicit Handle(std::shared_ptr<Opening> its_opening) : opening(std::move(its_opening)) {}
    ~Handle() override { opening->alive = false; }
    std::shared_ptr<Opening> opening;
  };
  std::unique_ptr<Attempt> add(bool out, const StreamKey& key, const StreamTerms& terms,
                               Opened done) {
    openings.push_back(std::make_shared<Opening>(Opening{out, key, terms, std::move(done), true}));
    return std::make_unique<Handle>(openings.back());
  }
  void finish(Result<std::unique_ptr<Carrier>> result) {
    REQUIRE_FALSE(openings.empty());
    const auto opening = openings.back();
    REQUIRE(opening->alive);
    auto done = std::move(opening->done);
    done(std::move(result));
  }

  FakeTimers& timers_;
  const std::string method_;
};

}  // namespace xmppftd::test

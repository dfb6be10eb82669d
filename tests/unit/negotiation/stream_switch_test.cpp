// SPDX-License-Identifier: MIT
#include "negotiation/stream_switch.h"

#include <catch2/catch.hpp>

#include "support/fake_transport.h"
#include "support/jid.h"

namespace stream_switch_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

struct Ears final : Carrier::Handler {
  int switched = 0;
  void on_switched(const Error&) override { ++switched; }
  std::optional<Errc> ended;
  void on_end(Result<Moved> how) override {
    if (!how) ended = how.error().code;
  }
};

/// A first stream is open, and one in-band may take its place.
struct Two {
  FakeTimers timers;
  FakeTransport in_band{timers, kNsIbb};
  const StreamKey key{jid("romeo@montague.lit/orchard"), jid("juliet@capulet.lit/balcony"), "s",
                      "si-ibb"};
  std::shared_ptr<FakeCarrier::State> first = std::make_shared<FakeCarrier::State>();
  Ears ears;
  StreamSwitch carrier{timers, std::make_unique<FakeCarrier>(first, "si-socks5"),
                       SecondStream::expect(in_band, key, {}, [](auto) {})};
};

}  // namespace

TEST_CASE("stream switch: a rate holds for the stream that takes the first one's place",
          "[switch]") {
  Two streams;
  streams.carrier.set_rate(7);
  CHECK(streams.first->rate == 7);
  SECTION("before it began") {}
  SECTION("once it began") {
    streams.carrier.start({}, {0, 5}, streams.ears);
    streams.carrier.set_rate(9);
    CHECK(streams.first->rate == 9);
  }
  const auto rate = streams.first->rate;
  const auto second = streams.in_band.succeed();
  CHECK_FALSE(streams.first->alive);
  CHECK(second->rate == rate);
  streams.carrier.set_rate(0);
  CHECK(second->rate == 0);
}

TEST_CASE("stream switch: a second stream that is there before the transfer begins carries it",
          "[switch]") {
  Two streams;
  const auto second = streams.in_band.succeed();
  CHECK_FALSE(streams.first->alive);
  CHECK(second->handler == nullptr);  // nobody has said yet which bytes go where
  streams.carrier.start({}, {3, 5}, streams.ears);
  REQUIRE(second->handler != nullptr);
  CHECK(second->range.offset == 3);
  CHECK(second->range.length == 5);
  CHECK(streams.ears.switched == 0);  // it was the only stream from the start
}

TEST_CASE(
    "stream switch: a second stream is awaited where the first one failed, not where our disk did",
    "[switch]") {
  Two streams;
  streams.carrier.start({}, {0, 5}, streams.ears);
  const auto [code, awaited] = GENERATE(
      table<Errc, bool>({{Errc::Interrupted, true}, {Errc::Io, false}, {Errc::DiskFull, false}}));
  streams.first->handler->on_end(Error{code, "broken"});
  CHECK(streams.ears.ended.has_value() == !awaited);
}

}  // namespace stream_switch_test

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
  void on_end(Result<Moved>) override {}
};

}  // namespace

TEST_CASE("stream switch: a rate holds for the stream that takes the first one's place",
          "[switch]") {
  FakeTimers timers;
  FakeTransport in_band(timers, kNsIbb);
  const StreamKey key{jid("romeo@montague.lit/orchard"), jid("juliet@capulet.lit/balcony"), "s",
                      "si-ibb"};
  auto first = std::make_shared<FakeCarrier::State>();
  Ears ears;
  StreamSwitch carrier(timers, std::make_unique<FakeCarrier>(first, "si-socks5"),
                       SecondStream::expect(in_band, key, {}, [](auto) {}));
  carrier.set_rate(7);
  CHECK(first->rate == 7);
  SECTION("before it began") {}
  SECTION("once it began") {
    carrier.start({}, {0, 5}, ears);
    carrier.set_rate(9);
    CHECK(first->rate == 9);
  }
  const auto rate = first->rate;
  const auto second = in_band.succeed();
  CHECK_FALSE(first->alive);
  CHECK(second->rate == rate);
  carrier.set_rate(0);
  CHECK(second->rate == 0);
}

TEST_CASE("stream switch: a second stream that is there before the transfer begins carries it",
          "[switch]") {
  FakeTimers timers;
  FakeTransport in_band(timers, kNsIbb);
  const StreamKey key{jid("romeo@montague.lit/orchard"), jid("juliet@capulet.lit/balcony"), "s",
                      "si-ibb"};
  auto first = std::make_shared<FakeCarrier::State>();
  Ears ears;
  StreamSwitch carrier(timers, std::make_unique<FakeCarrier>(first, "si-socks5"),
                       SecondStream::expect(in_band, key, {}, [](auto) {}));
  const auto second = in_band.succeed();
  CHECK_FALSE(first->alive);
  CHECK(second->handler == nullptr);  // nobody has said yet which bytes go where
  carrier.start({}, {3, 5}, ears);
  REQUIRE(second->handler != nullptr);
  CHECK(second->range.offset == 3);
  CHECK(second->range.length == 5);
  CHECK(ears.switched == 0);  // it was the only stream from the start
}

}  // namespace stream_switch_test

// SPDX-License-Identifier: MIT
//
// Carriers and the workers that move their bytes: the rate that was set is the one that is kept.
#include <catch2/catch.hpp>
#include <thread>

#include "data/data_plane.h"
#include "support/piped_iq_channel.h"
#include "transport/ibb_transport.h"
#include "transport/s5b_carrier.h"
#include "unit/data/tcp_pair.h"
#include "unit/data/temp_dir.h"
#include "unit/data/test_core.h"
#include "unit/transport/two_peers.h"

namespace carrier_rate_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

struct End final : Carrier::Handler {
  std::unique_ptr<Transport::Attempt> attempt;
  std::unique_ptr<Carrier> carrier;
  std::optional<Result<Moved>> ended;
  void on_end(Result<Moved> how) override { ended = std::move(how); }
  Transport::Opened opened() {
    return [this](Result<std::unique_ptr<Carrier>> result) { carrier = *std::move(result); };
  }
  std::uint64_t bytes() const { return carrier->progress().bytes; }
};

/// A sender and a receiver with workers of their own and a file that takes long.
class Stage {
 public:
  End sender, receiver;

  void connect_s5b() {
    TcpPair pair;
    sender.carrier = std::make_unique<S5bCarrier>(plane_.bulk(), S5bCarrier::Role::DirectSender,
                                                  std::move(pair.ours), StreamLabel{});
    receiver.carrier = std::make_unique<S5bCarrier>(plane_.bulk(), S5bCarrier::Role::Receiver,
                                                    std::move(pair.peer), StreamLabel{});
  }
  void connect_ibb() {
    receiver.attempt = in_.expect({juliet_.self(), romeo_.self(), "s"}, {}, receiver.opened());
    sender.attempt = out_.open({romeo_.self(), juliet_.self(), "s"}, {}, sender.opened());
    run_until([this] { return sender.carrier && receiver.carrier; });
  }
  void start() {
    const auto source = file_with(dir_ / "source", "");
    REQUIRE(::ftruncate(source->fd.get(), kSize) == 0);
    source->identity = marked_identity_of(source->fd.get()).value();
    receiver.carrier->start({file_with(dir_ / "target", "")}, {0, kSize}, receiver);
    sender.carrier->start({source}, {0, kSize}, sender);
  }
  template <class Done>
  void run_until(Done done) {
    const auto patience = Clock::now() + 60s;
    while (!done()) {
      if (Clock::now() > patience) FAIL("what was waited for does not come");
      std::this_thread::sleep_for(1ms);
      core_.run_pending();
      const auto passed = std::chrono::floor<std::chrono::milliseconds>(Clock::now() - looked_);
      looked_ += passed;
      timers_.advance(passed);
    }
  }

  /// Bytes per second of this end over most of a second, from one piece to another.
  double pace_of(const End& end) {
    const auto moves = [&, before = end.bytes()] { return end.bytes() != before; };
    run_until(moves);
    const auto from = end.bytes();
    const auto start = Clock::now();
    run_until([&] { return Clock::now() - start > 800ms; });
    run_until([&, before = end.bytes()] { return end.bytes() != before; });
    return static_cast<double>(end.bytes() - from) /
           std::chrono::duration<double>(Clock::now() - start).count();
  }
  void check_pace(const End& end, double rate) {
    double pace = 0;
    // A busy machine may wake a worker late, which makes one pace too slow and the next too fast.
    const auto kept = [&] { return pace >= rate * 0.9 && pace <= rate * 1.1; };
    for (int i = 0; i < 5 && !kept(); ++i) pace = pace_of(end);
    CAPTURE(pace);
    CHECK(kept());
    CHECK_FALSE(sender.ended);
    CHECK_FALSE(receiver.ended);
  }

 private:
  static constexpr std::uint64_t kSize = 64 << 20;
  const TempDir dir_;
  TestCore core_;
  DataPlane plane_{core_, {.workers = 2}};
  FakeTimers timers_;
  PipedIqChannel romeo_{timers_, kUs}, juliet_{timers_, kPeer};
  IbbTransport out_{{romeo_, plane_.bulk(), timers_, {}}};
  IbbTransport in_{{juliet_, plane_.bulk(), timers_, {}}};
  Clock::time_point looked_ = Clock::now();

 public:
  Stage() { PipedIqChannel::connect(romeo_, juliet_); }
  ~Stage() {
    for (auto* end : {&sender, &receiver}) {
      end->attempt.reset();
      end->carrier.reset();
    }
  }
};

}  // namespace

TEST_CASE("carrier: keeps the rate that was set before it began, and each that is set since",
          "[rate]") {
  const bool in_band = GENERATE(false, true), sending = GENERATE(true, false);
  CAPTURE(in_band, sending);
  Stage stage;
  in_band ? stage.connect_ibb() : stage.connect_s5b();
  auto& limited = sending ? stage.sender : stage.receiver;
  const std::uint64_t slow = 200'000, fast = 600'000;
  limited.carrier->set_rate(slow);
  stage.start();
  const auto start = Clock::now();
  stage.run_until([&] { return limited.bytes() > 0; });
  stage.check_pace(limited, slow);
  // From the first byte on: what comes at once, a piece and 50 ms ahead, is no more than that.
  const std::chrono::duration<double> passed = Clock::now() - start;
  CHECK(static_cast<double>(limited.bytes()) <= slow * (passed.count() + 0.2));
  // What arrives is paced by who sends.
  if (sending) stage.check_pace(stage.receiver, slow);
  limited.carrier->set_rate(fast);
  stage.check_pace(limited, fast);
  limited.carrier->set_rate(slow);
  stage.check_pace(limited, slow);
  limited.carrier->set_rate(0);
  const auto before = limited.bytes();
  const auto lifted = Clock::now();
  stage.run_until([&] { return limited.bytes() - before > fast || limited.ended; });
  CHECK(Clock::now() - lifted < 2s);
}

}  // namespace carrier_rate_test

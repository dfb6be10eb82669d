// SPDX-License-Identifier: MIT
// How others count the blocks of an in-band bytestream beyond 65,535 (XEP-0047 section 2.2).
#include <catch2/catch.hpp>

#include "support/fake_bulk.h"
#include "support/piped_iq_channel.h"
#include "transport/ibb_transport.h"
#include "xep/xep0047_ibb.h"

namespace ibb_foreign_seq_test {

using namespace xmppftd;
using namespace std::chrono_literals;
using test::PipedIqChannel;

namespace {

using Count = std::function<std::uint64_t(std::uint64_t number)>;  ///< the seq of a block

/// QXmpp 1.4 (QXmppTransferManager.cpp), Conversations (JingleInBandTransport.java): an int, ever
/// growing.
std::uint64_t never_wraps(std::uint64_t number) { return number; }
/// Libervia (sat_plugin_xep_0047.py).
std::uint64_t wraps_early(std::uint64_t number) { return number % 65535; }

constexpr std::uint64_t kSize = 65'600;  // blocks of one byte

struct Ends final : Carrier::Handler {
  test::FakeTimers timers;
  PipedIqChannel us{timers, "romeo@montague.lit/orchard"};
  PipedIqChannel peer{timers, "juliet@capulet.lit/balcony"};
  test::FakeBulk disk{timers};
  IbbTransport ours{{us, disk, timers, {1, 1, 4}}};
  const StreamKey key{us.self(), peer.self(), "s"};
  std::unique_ptr<Transport::Attempt> attempt;
  std::unique_ptr<Carrier> carrier;
  std::optional<Result<Moved>> ended;

  Ends() {
    PipedIqChannel::connect(us, peer);
    for (std::uint64_t i = 0; i < kSize; ++i) disk.content += static_cast<char>(i * 7 % 251);
  }
  void on_end(Result<Moved> how) override { ended = std::move(how); }
  Transport::Opened start() {
    return [this](Result<std::unique_ptr<Carrier>> result) {
      REQUIRE(result.ok());
      carrier = *std::move(result);
      carrier->start(test::some_file(), {0, kSize}, *this);
    };
  }
  void run() {
    while (!ended) timers.advance(1ms);
  }

  /// The peer sends, a block at a time.
  void peer_sends(Count count) {
    attempt = ours.expect(key, {}, start());
    seq_of_ = std::move(count);
    say(IbbOpen{"s", 1, IbbStanza::Iq}.build());
    run();
  }
  /// The peer receives.
  void peer_receives(Count count) {
    peer.handle(IqType::Set, "open", kNsIbb, [](IncomingIq iq) { iq.reply(); });
    peer.handle(IqType::Set, "close", kNsIbb, [](IncomingIq iq) { iq.reply(); });
    peer.handle(IqType::Set, "data", kNsIbb, [this, count](IncomingIq iq) {
      if (iq.payload().attribute_or_empty("seq") != std::to_string(count(next_)))
        return iq.fail(StanzaError::of(Condition::UnexpectedRequest));
      ++next_;
      iq.reply();
    });
    attempt = ours.open(key, {}, start());
    run();
  }
  std::uint64_t next_ = 0;

 private:
  void say(Element payload) {
    request_ =
        peer.request(IqType::Set, us.self(), std::move(payload), 60s, [this](const IqReply& reply) {
          if (std::holds_alternative<IqFailure>(reply) || next_ == kSize) return;
          const auto number = next_++;
          say(Element("data", std::string(kNsIbb))
                  .set("sid", "s")
                  .set("seq", std::to_string(seq_of_(number)))
                  .with_text(to_base64(view_of(disk.content).subspan(number, 1))));
        });
  }
  Count seq_of_;
  std::unique_ptr<IqRequest> request_;
};

}  // namespace

TEST_CASE("Conversations, QXmpp 1.4: send block 65536 after 65535", "[ibb][peers]") {
  Ends ends;
  ends.peer_sends(never_wraps);
  CHECK(ends.ended->ok());
  CHECK(std::string(ends.disk.written.begin(), ends.disk.written.end()) == ends.disk.content);
}

TEST_CASE("Libervia: sends block 0 after 65534", "[ibb][peers]") {
  Ends ends;
  ends.peer_sends(wraps_early);
  CHECK(ends.ended->ok());
  CHECK(std::string(ends.disk.written.begin(), ends.disk.written.end()) == ends.disk.content);
}

TEST_CASE("QXmpp 1.4, Libervia: refuse our count at the wrap, for good", "[ibb][peers]") {
  const bool early = GENERATE(false, true);
  Ends ends;
  ends.peer_receives(early ? wraps_early : never_wraps);
  CHECK(ends.next_ == (early ? 65535 : 65536));
  REQUIRE_FALSE(ends.ended->ok());
  CHECK(to_string(ends.ended->error().code) == "PeerUnsupported");  // no retry would get further
  CHECK(ends.ended->error().detail.find("65,535 blocks") != std::string::npos);
}

}  // namespace ibb_foreign_seq_test

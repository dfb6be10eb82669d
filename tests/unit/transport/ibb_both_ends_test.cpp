// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "support/fake_bulk.h"
#include "support/piped_iq_channel.h"
#include "transport/ibb_transport.h"

namespace ibb_both_ends_test {

using namespace xmppftd;
using namespace std::chrono_literals;
using test::jid;

namespace {

struct End final : Carrier::Handler {
  std::unique_ptr<Transport::Attempt> attempt;
  std::unique_ptr<Carrier> carrier;
  std::optional<Result<Moved>> ended;
  void on_end(Result<Moved> how) override { ended = std::move(how); }
  Transport::Opened opened(const ByteRange& range) {
    return [this, range](Result<std::unique_ptr<Carrier>> result) {
      REQUIRE(result.ok());
      carrier = *std::move(result);
      carrier->start(test::some_file(HashAlgo::Sha256), range, *this);
    };
  }
};

}  // namespace

TEST_CASE("ibb: our sender and our receiver, across the wrap of the sequence", "[ibb]") {
  const std::uint64_t size = GENERATE(0u, 1u, 1000u, 70'000u);
  test::FakeTimers timers;
  test::PipedIqChannel romeo(timers, "romeo@montague.lit/orchard");
  test::PipedIqChannel juliet(timers, "juliet@capulet.lit/balcony");
  test::PipedIqChannel::connect(romeo, juliet);
  test::FakeBulk disk_out(timers), disk_in(timers);
  const IbbConfig one_byte_blocks{1, 1, 4};
  IbbTransport out({romeo, disk_out, timers, one_byte_blocks});
  IbbTransport in({juliet, disk_in, timers, {}});
  for (std::uint64_t i = 0; i < size; ++i) disk_out.content += static_cast<char>(i * 7 % 251);

  End sender, receiver;
  receiver.attempt = in.expect({juliet.self(), romeo.self(), "s"}, {}, receiver.opened({0, size}));
  sender.attempt = out.open({romeo.self(), juliet.self(), "s"}, {}, sender.opened({0, size}));
  while (!sender.ended || !receiver.ended) timers.advance(1ms);

  REQUIRE(sender.ended->ok());
  REQUIRE(receiver.ended->ok());
  CHECK((*sender.ended)->acknowledged);
  CHECK((*sender.ended)->bytes == size);
  CHECK((*receiver.ended)->bytes == size);
  CHECK((*sender.ended)->hash == (*receiver.ended)->hash);
  CHECK(std::string(disk_in.written.begin(), disk_in.written.end()) == disk_out.content);
}

}  // namespace ibb_both_ends_test

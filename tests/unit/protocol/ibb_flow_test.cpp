// SPDX-License-Identifier: MIT
#include "protocol/ibb_flow.h"

#include <catch2/catch.hpp>

#include <vector>

namespace ibb_flow_test {

using namespace xmppftd;
using Refusal = IbbReceiver::Refusal;
using Sender = IbbSender::State;
using Receiver = IbbReceiver::State;

namespace {

/// Everything the window lets out now.
std::vector<IbbSender::Block> burst(IbbSender& sender) {
  std::vector<IbbSender::Block> blocks;
  while (const auto block = sender.next()) blocks.push_back(*block);
  return blocks;
}

/// Takes and writes blocks of `size` until `count` are stored.
void store(IbbReceiver& receiver, int count, std::size_t size) {
  for (int i = 0; i < count; ++i) {
    REQUIRE_FALSE(receiver.block(static_cast<std::uint16_t>(i), size, true).refuse);
    REQUIRE(receiver.written().acknowledge);
  }
}

void check_refused(const IbbReceiver& receiver, const IbbReceiver::Reaction& reaction,
                   Refusal refusal, Errc code) {
  REQUIRE(reaction.refuse);
  CHECK(*reaction.refuse == refusal);
  CHECK_FALSE(reaction.acknowledge);
  CHECK(receiver.state() == Receiver::Failed);
  CHECK(to_string(receiver.error().code) == to_string(code));
  CHECK_FALSE(receiver.error().detail.empty());
}

}  // namespace

TEST_CASE("ibb sender: blocks are in order, cover the range, and no more than the window is out",
          "[ibb]") {
  IbbSender sender(10, 4, 2);
  const auto first = burst(sender);
  REQUIRE(first.size() == 2);
  CHECK((first[0].number == 0 && first[0].seq == 0 && first[0].offset == 0 && first[0].size == 4));
  CHECK((first[1].number == 1 && first[1].seq == 1 && first[1].offset == 4 && first[1].size == 4));
  CHECK(sender.outstanding() == 2);
  sender.acked(0);
  const auto second = burst(sender);
  REQUIRE(second.size() == 1);
  CHECK((second[0].offset == 8 && second[0].size == 2));
  CHECK(sender.state() == Sender::Draining);
}

TEST_CASE("ibb sender: it closes only when every block was acknowledged, in any order", "[ibb]") {
  IbbSender sender(12, 4, 8);
  CHECK(burst(sender).size() == 3);
  sender.acked(2);
  sender.acked(1);
  CHECK(sender.delivered() == 0);  // block 0 is a gap
  CHECK(sender.outstanding() == 1);
  CHECK(sender.state() == Sender::Draining);
  sender.acked(0);
  CHECK(sender.delivered() == 12);
  CHECK(sender.state() == Sender::Closing);
  sender.close_answered();
  CHECK(sender.state() == Sender::Done);
}

TEST_CASE("ibb sender: an early last acknowledgement does not end a stream with blocks to send",
          "[ibb]") {
  IbbSender sender(8, 4, 1);
  CHECK(burst(sender).size() == 1);
  sender.acked(0);
  CHECK(sender.state() == Sender::Sending);
  CHECK(burst(sender).size() == 1);
  CHECK(sender.state() == Sender::Draining);
}

TEST_CASE("ibb sender: acknowledgements of unknown, coming or repeated blocks count for nothing",
          "[ibb]") {
  IbbSender sender(12, 4, 2);
  burst(sender);
  sender.acked(2);
  sender.acked(99);
  CHECK(sender.outstanding() == 2);
  sender.acked(1);
  sender.acked(1);
  CHECK(sender.outstanding() == 1);
  sender.acked(0);
  sender.acked(0);
  CHECK(sender.outstanding() == 0);
  CHECK(sender.delivered() == 8);
}

TEST_CASE("ibb sender: nothing to send is open and close", "[ibb]") {
  IbbSender sender(0, 4096, 4);
  CHECK_FALSE(sender.next());
  CHECK(sender.state() == Sender::Closing);
}

TEST_CASE("ibb sender: a refusal fails it, and its first reason stays", "[ibb]") {
  IbbSender sender(12, 4, 2);
  burst(sender);
  sender.fail({Errc::Protocol, "first"});
  sender.fail({Errc::Timeout, "second"});
  CHECK(sender.state() == Sender::Failed);
  CHECK(sender.error().detail == "first");
  CHECK_FALSE(sender.next());
  sender.acked(0);
  sender.acked(1);
  sender.close_answered();
  CHECK(sender.state() == Sender::Failed);
}

TEST_CASE("ibb sender: the peer's close ends it well only after the last acknowledgement",
          "[ibb]") {
  IbbSender early(8, 4, 2);
  burst(early);
  early.acked(0);
  early.peer_closed();
  CHECK(early.state() == Sender::Failed);
  CHECK(early.error().code == Errc::Cancelled);
  CHECK(early.error().detail == "the peer closed the stream after 4 of 8 bytes");

  IbbSender gabble(4, 4, 1);
  burst(gabble);
  gabble.acked(0);
  gabble.peer_closed();
  CHECK(gabble.state() == Sender::Done);
  gabble.fail({Errc::Timeout, ""});  // what comes later is no failure
  CHECK(gabble.state() == Sender::Done);
}

TEST_CASE("ibb sender: the window may change under way", "[ibb]") {
  IbbSender sender(100, 16, 1);
  CHECK(sender.next()->size == 16);
  sender.set_window(3);
  CHECK(burst(sender).size() == 2);
  sender.set_window(0);
  CHECK(sender.window() == 1);
  for (std::uint64_t i = 0; i < 3; ++i) sender.acked(i);
  CHECK(sender.delivered() == 48);
  CHECK(burst(sender).size() == 1);
}

TEST_CASE("ibb receiver: a block is acknowledged when it was written, not before", "[ibb]") {
  IbbReceiver receiver(8, 4);
  const auto taken = receiver.block(0, 4, true);
  CHECK_FALSE(taken.refuse);
  CHECK_FALSE(taken.acknowledge);
  CHECK(receiver.unwritten() == 1);
  CHECK(receiver.stored() == 0);
  CHECK(receiver.written().acknowledge);
  CHECK(receiver.stored() == 4);
  CHECK(receiver.state() == Receiver::Receiving);
  receiver.block(1, 4, true);
  CHECK(receiver.state() == Receiver::Receiving);
  receiver.written();
  CHECK(receiver.state() == Receiver::Complete);
}

TEST_CASE("ibb receiver: blocks in messages are taken and never acknowledged", "[ibb]") {
  IbbReceiver receiver(8, 4);
  CHECK_FALSE(receiver.block(0, 4, false).refuse);
  CHECK_FALSE(receiver.written().acknowledge);
  CHECK_FALSE(receiver.block(1, 4, true).refuse);
  CHECK(receiver.written().acknowledge);
  CHECK(receiver.state() == Receiver::Complete);
}

TEST_CASE("ibb receiver: a block out of sequence ends the stream at what is stored (IB2)",
          "[ibb]") {
  const int seq = GENERATE(0, 1, 3, 4, 65535);
  IbbReceiver receiver(100, 4);
  store(receiver, 2, 4);
  check_refused(receiver, receiver.block(static_cast<std::uint16_t>(seq), 4, true),
                Refusal::UnexpectedRequest, Errc::Protocol);
  CHECK(receiver.stored() == 8);
  const auto later = receiver.block(2, 4, true);  // nor any that follow (XEP-0047 section 2.2)
  CHECK(later.refuse == Refusal::ItemNotFound);
}

TEST_CASE("ibb receiver: what was taken before a failure is still written and acknowledged",
          "[ibb]") {
  IbbReceiver receiver(100, 4);
  receiver.block(0, 4, true);
  receiver.block(9, 4, true);
  CHECK(receiver.state() == Receiver::Failed);
  CHECK(receiver.written().acknowledge);
  CHECK(receiver.stored() == 4);
}

TEST_CASE("ibb receiver: over-long blocks and streams are refused (IB4)", "[ibb]") {
  SECTION("a block over the block size") {
    IbbReceiver receiver(100, 4);
    check_refused(receiver, receiver.block(0, 5, true), Refusal::BadRequest, Errc::Protocol);
  }
  SECTION("a last block over the end") {
    IbbReceiver receiver(6, 4);
    store(receiver, 1, 4);
    check_refused(receiver, receiver.block(1, 3, true), Refusal::BadRequest, Errc::Protocol);
  }
  SECTION("a byte after the last one") {
    IbbReceiver receiver(8, 4);
    store(receiver, 2, 4);
    CHECK(receiver.state() == Receiver::Complete);
    check_refused(receiver, receiver.block(2, 1, true), Refusal::BadRequest, Errc::Protocol);
  }
  SECTION("a byte where none is due") {
    IbbReceiver receiver(0, 4);
    check_refused(receiver, receiver.block(0, 1, true), Refusal::BadRequest, Errc::Protocol);
  }
}

TEST_CASE("ibb receiver: memory is bounded while the disk stands still (IB5)", "[ibb]") {
  const bool in_iq = GENERATE(true, false);
  const auto [size, most] = GENERATE(table<std::size_t, int>({
      {65535, 60},
      {16384, 204},
      {4096, 512},
      {64, 1008},
      {0, 1024},
  }));
  IbbReceiver receiver(1u << 30, 65535);
  std::uint16_t seq = 0;
  for (int i = 0; i < most; ++i) REQUIRE_FALSE(receiver.block(seq++, size, in_iq).refuse);
  SECTION("one more is refused") {
    check_refused(receiver, receiver.block(seq, size, in_iq), Refusal::ResourceConstraint,
                  Errc::Constraint);
  }
  SECTION("one more is welcome after a write") {
    receiver.written();
    CHECK_FALSE(receiver.block(seq, size, in_iq).refuse);
  }
}

TEST_CASE("ibb receiver: close is answered once all is written", "[ibb]") {
  IbbReceiver receiver(8, 4);
  receiver.block(0, 4, true);
  receiver.block(1, 4, true);
  CHECK_FALSE(receiver.peer_closed().answer_close);
  CHECK(receiver.block(2, 1, true).refuse == Refusal::ItemNotFound);
  CHECK_FALSE(receiver.written().answer_close);
  const auto last = receiver.written();
  CHECK(last.acknowledge);
  CHECK(last.answer_close);
  CHECK(receiver.state() == Receiver::Closed);
}

TEST_CASE("ibb receiver: a close after completion is a courtesy, answered at once", "[ibb]") {
  IbbReceiver receiver(4, 4);
  store(receiver, 1, 4);
  CHECK(receiver.peer_closed().answer_close);
  CHECK(receiver.state() == Receiver::Closed);
  CHECK(receiver.block(1, 1, true).refuse == Refusal::ItemNotFound);
  CHECK(receiver.state() == Receiver::Closed);
}

TEST_CASE("ibb receiver: open and close is a whole empty file", "[ibb]") {
  IbbReceiver receiver(0, 4096);
  CHECK(receiver.state() == Receiver::Complete);
  CHECK(receiver.peer_closed().answer_close);
  CHECK(receiver.state() == Receiver::Closed);
}

TEST_CASE("ibb receiver: a close before the last byte interrupts, is answered, keeps what came",
          "[ibb]") {
  IbbReceiver receiver(12, 4);
  store(receiver, 1, 4);
  receiver.block(1, 4, true);
  const auto closed = receiver.peer_closed();
  CHECK_FALSE(closed.answer_close);
  CHECK(receiver.state() == Receiver::Failed);
  CHECK(receiver.error().code == Errc::Interrupted);
  CHECK(receiver.error().detail == "the peer closed the stream after 8 of 12 bytes");
  CHECK(receiver.written().answer_close);
  CHECK(receiver.stored() == 8);
}

TEST_CASE("ibb receiver: a write that fails ends the stream", "[ibb]") {
  IbbReceiver receiver(12, 4);
  store(receiver, 1, 4);
  receiver.block(1, 4, true);
  CHECK_FALSE(receiver.write_failed({Errc::DiskFull, "full"}).answer_close);
  CHECK(receiver.state() == Receiver::Failed);
  CHECK(receiver.error().code == Errc::DiskFull);
  CHECK(receiver.stored() == 4);
  CHECK(receiver.unwritten() == 0);
  CHECK(receiver.block(2, 4, true).refuse == Refusal::ItemNotFound);
}

TEST_CASE("ibb receiver: a write that fails answers the peer's pending close", "[ibb]") {
  IbbReceiver receiver(4, 4);
  receiver.block(0, 4, true);
  receiver.peer_closed();
  CHECK(receiver.write_failed({Errc::Io, "disk"}).answer_close);
  CHECK(receiver.error().code == Errc::Io);
}

TEST_CASE("ibb receiver: a lost session fails a running stream, not a complete one", "[ibb]") {
  IbbReceiver running(8, 4);
  running.fail({Errc::Interrupted, "session"});
  CHECK(running.state() == Receiver::Failed);
  IbbReceiver complete(4, 4);
  store(complete, 1, 4);
  complete.fail({Errc::Interrupted, "session"});
  CHECK(complete.state() == Receiver::Complete);
}

TEST_CASE("ibb receiver: a count modulo 65535 is followed, and no other gap (Libervia)", "[ibb]") {
  IbbReceiver receiver(70'000, 1);
  for (std::uint16_t seq = 0; seq < 65535; ++seq) {
    if (receiver.block(seq, 1, true).refuse) FAIL("at block " << seq);
    receiver.written();
  }
  SECTION("0 where 65535 is due") {
    CHECK_FALSE(receiver.block(0, 1, true).refuse);
    CHECK_FALSE(receiver.block(1, 1, true).refuse);
  }
  SECTION("1 where 65535 is due") {
    check_refused(receiver, receiver.block(1, 1, true), Refusal::UnexpectedRequest, Errc::Protocol);
  }
  SECTION("65535, as the standard says") {
    CHECK_FALSE(receiver.block(65535, 1, true).refuse);
    CHECK_FALSE(receiver.block(0, 1, true).refuse);
  }
}

TEST_CASE("ibb: 70,001 blocks pass the wrap of the sequence exactly (XEP-0047 s2.2)", "[ibb]") {
  constexpr std::uint64_t kLength = 140'001;  // two bytes each, one in the last: 70,001 blocks
  IbbSender sender(kLength, 2, 10);
  IbbReceiver receiver(kLength, 2);
  std::uint64_t blocks = 0;
  std::uint64_t offset = 0;
  bool zero_follows_65535 = false;
  std::uint16_t last_seq = 0;
  while (sender.state() != Sender::Closing) {
    const auto window = burst(sender);
    REQUIRE_FALSE(window.empty());
    for (const auto& block : window) {
      if (block.seq == 0 && last_seq == 65535) zero_follows_65535 = true;
      last_seq = block.seq;
      if (block.offset != offset || receiver.block(block.seq, block.size, true).refuse)
        FAIL("at block " << blocks);
      offset += block.size;
      ++blocks;
    }
    for (std::size_t i = 0; i < window.size(); ++i) receiver.written();
    for (auto block = window.rbegin(); block != window.rend(); ++block) sender.acked(block->number);
  }
  CHECK(blocks == 70'001);
  CHECK(zero_follows_65535);
  CHECK(receiver.stored() == kLength);
  CHECK(sender.delivered() == kLength);
  CHECK(receiver.peer_closed().answer_close);
  CHECK(receiver.state() == Receiver::Closed);
}

}  // namespace ibb_flow_test

// SPDX-License-Identifier: MIT
// In-band blocks: what a peer calls one, and both halves of the flow under any order of events.
#include "fuzz.h"
#include "model/namespaces.h"
#include "protocol/ibb_flow.h"
#include "xep/xep0047_ibb.h"

using namespace xmppftd;
using namespace xmppftd::fuzz;

namespace {

void check_elements(Input input) {
  const std::size_t block_size = 1 + input.number() % kMaxIbbBlock;
  Element element("data", std::string(kNsIbb));
  for (const char* key : {"sid", "seq", "block-size", "stanza"})
    if (const auto value = input.word(); !value.empty()) element.set(key, std::string(value));
  element.text = std::string(input.rest());

  if (const auto data = IbbData::parse(element, block_size)) {
    FUZZ_CHECK(data->bytes.size() <= block_size);
    const auto again = IbbData::parse(data->build(), block_size);
    FUZZ_CHECK(again && again->sid == data->sid && again->seq == data->seq &&
               again->bytes == data->bytes);
  } else {
    FUZZ_CHECK(data.error().code == Errc::Protocol && is_bus_text(data.error().detail));
  }
  Element parent = element;
  parent.add(Element("b", std::string(kNsIbb)));
  FUZZ_CHECK(!IbbData::parse(parent, block_size));
  element.name = "open";
  if (const auto open = IbbOpen::parse(element)) {
    FUZZ_CHECK(open->block_size >= 1 && open->block_size <= kMaxIbbBlock);
    const auto again = IbbOpen::parse(open->build());
    FUZZ_CHECK(again && again->sid == open->sid && again->block_size == open->block_size &&
               again->stanza == open->stanza);
  }
  element.name = "close";
  if (const auto close = IbbClose::parse(element)) {
    const auto again = IbbClose::parse(close->build());
    FUZZ_CHECK(again && again->sid == close->sid);
  }
}

void check_sender(Input input) {
  const std::uint64_t length = input.number() % 100'000;
  const std::size_t block = 1 + input.number() % 4096;
  IbbSender sender(length, block, 1 + input.byte() % 8);
  std::uint64_t given = 0, numbers = 0;
  std::deque<std::uint64_t> open;
  using State = IbbSender::State;
  while (!input.empty()) {
    const State before = sender.state();
    const auto delivered = sender.delivered();
    switch (const auto what = input.byte(); what % 8) {
      case 0:
      case 1:
      case 2: {
        const auto next = sender.next();
        if (!next) break;
        FUZZ_CHECK(before == State::Sending);
        FUZZ_CHECK(next->offset == given && next->number == numbers &&
                   next->seq == numbers % 65536);
        FUZZ_CHECK(next->size >= 1 && next->size <= block && next->offset + next->size <= length);
        FUZZ_CHECK(next->size == block || next->offset + next->size == length);
        given += next->size;
        open.push_back(numbers++);
        FUZZ_CHECK(sender.outstanding() <= sender.window());
        break;
      }
      case 3:
      case 4:
        if (open.empty()) break;
        sender.acked(open[input.byte() % open.size()]);
        break;
      case 5: sender.acked(input.number()); break;
      case 6: sender.set_window(1 + input.byte()); break;
      case 7:
        if (what & 8)
          sender.peer_closed();
        else if (what & 16)
          sender.close_answered();
        else
          sender.fail({Errc::Timeout, "a block timed out"});
        break;
    }
    FUZZ_CHECK(sender.delivered() >= delivered && sender.delivered() <= given);
    FUZZ_CHECK(before != State::Failed || sender.state() == State::Failed);
    FUZZ_CHECK(before != State::Done || sender.state() == State::Done);
    if (sender.state() == State::Closing || sender.state() == State::Done)
      FUZZ_CHECK(sender.delivered() == length || sender.state() == State::Done);
  }
}

void check_receiver(Input input) {
  const std::uint64_t length = input.number() % 20'000;
  const std::size_t block = 1 + input.number() % 4096;
  IbbReceiver receiver(length, block);
  std::uint16_t seq = 0;
  std::uint64_t taken = 0, in_iqs = 0, acknowledged = 0;
  using State = IbbReceiver::State;
  while (!input.empty()) {
    const State before = receiver.state();
    const auto stored = receiver.stored();
    IbbReceiver::Reaction reaction;
    switch (const auto what = input.byte(); what % 8) {
      case 0:
      case 1:
      case 2: {
        const bool in_iq = what & 8;
        const std::size_t size = what & 16 ? input.byte() : block;
        const std::uint16_t said = what & 32 ? static_cast<std::uint16_t>(input.number()) : seq;
        reaction = receiver.block(said, size, in_iq);
        if (!reaction.refuse) {  // one of no bytes may come behind the last, too
          FUZZ_CHECK(before == State::Receiving || before == State::Complete);
          FUZZ_CHECK(said == seq && size <= block);
          ++seq;
          taken += size;
          in_iqs += in_iq;
          FUZZ_CHECK(taken <= length);
        }
        break;
      }
      case 3:
      case 4:
      case 5:
        if (receiver.unwritten() > 0) reaction = receiver.written();
        break;
      case 6: reaction = receiver.peer_closed(); break;
      case 7:
        if (what & 8)
          reaction = receiver.write_failed({Errc::DiskFull, "full"});
        else
          receiver.fail({Errc::Interrupted, "gone"});
        break;
    }
    acknowledged += reaction.acknowledge;
    FUZZ_CHECK(acknowledged <= in_iqs);
    FUZZ_CHECK(receiver.stored() >= stored && receiver.stored() <= taken);
    FUZZ_CHECK(before != State::Failed || receiver.state() == State::Failed);
    FUZZ_CHECK(before != State::Closed || receiver.state() == State::Closed);
    if (receiver.state() == State::Complete || receiver.state() == State::Closed)
      FUZZ_CHECK(receiver.stored() == length);
    if (receiver.state() == State::Failed) FUZZ_CHECK(!receiver.error().detail.empty());
  }
}

/// Over a line that loses nothing, all arrives.
void check_both(Input input) {
  const std::uint64_t length = input.number() % 50'000;
  const std::size_t block = 1 + input.number() % 4096;
  IbbSender sender(length, block, 1 + input.byte() % 8);
  IbbReceiver receiver(length, block);
  std::deque<std::uint64_t> unanswered;
  while (sender.state() == IbbSender::State::Sending ||
         sender.state() == IbbSender::State::Draining) {
    if (const auto next = sender.next(); next && !(input.byte() & 1 && !unanswered.empty())) {
      FUZZ_CHECK(!receiver.block(next->seq, next->size, true).refuse);
      unanswered.push_back(next->number);
      continue;
    } else if (next) {
      FUZZ_CHECK(!receiver.block(next->seq, next->size, true).refuse);
      unanswered.push_back(next->number);
    }
    FUZZ_CHECK(!unanswered.empty());
    FUZZ_CHECK(receiver.written().acknowledge);
    sender.acked(unanswered.front());
    unanswered.pop_front();
  }
  FUZZ_CHECK(sender.delivered() == length && receiver.stored() == length);
  FUZZ_CHECK(receiver.peer_closed().answer_close && receiver.state() == IbbReceiver::State::Closed);
  sender.close_answered();
  FUZZ_CHECK(sender.state() == IbbSender::State::Done);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  switch (input.byte() % 4) {
    case 0: check_elements(input); break;
    case 1: check_sender(input); break;
    case 2: check_receiver(input); break;
    case 3: check_both(input); break;
  }
  return 0;
}

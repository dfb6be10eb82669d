// SPDX-License-Identifier: MIT
// Both roles of the SOCKS5 handshake: however the bytes are cut, the outcome is the same, and not a
// byte behind the handshake is taken.
#include "fuzz.h"
#include "protocol/socks5.h"

using namespace xmppftd;
using namespace xmppftd::fuzz;

namespace {

const std::string kHash = "0123456789abcdef0123456789abcdef01234567";
constexpr std::size_t kMostServer = 304;  // bytes that a client's half can have
constexpr std::size_t kMostClient = 2 + 4 + 1 + 255 + 2;

struct Outcome {
  int state = 0;
  std::size_t consumed = 0;
  Bytes replies;
  std::string dst_addr, error;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

template <class Machine>
Outcome play(Machine machine, std::string_view bytes, std::string_view cuts, bool accept) {
  Outcome out;
  std::size_t turn = 0;
  while (machine.wanted() > 0 && out.consumed < bytes.size()) {
    const std::size_t cut =
        cuts.empty() ? bytes.size()
                     : std::size_t{1} + static_cast<std::uint8_t>(cuts[turn++ % cuts.size()]) % 64;
    const auto piece = bytes.substr(out.consumed, cut);
    const std::size_t wanted = machine.wanted();
    const auto step = machine.feed(view_of(piece));
    FUZZ_CHECK(step.consumed > 0 && step.consumed <= piece.size());
    FUZZ_CHECK(machine.wanted() == 0 || step.consumed == piece.size());
    if (step.consumed < wanted && machine.wanted() > 0)
      FUZZ_CHECK(machine.wanted() >= wanted - step.consumed);
    out.consumed += step.consumed;
    out.replies.insert(out.replies.end(), step.reply.begin(), step.reply.end());
  }
  if constexpr (std::is_same_v<Machine, Socks5Server>) {
    FUZZ_CHECK(out.consumed <= kMostServer);
    if (machine.state() == Socks5Server::State::AwaitingVerdict) {
      FUZZ_CHECK(machine.dst_addr().size() == 40 && from_hex(machine.dst_addr()));
      const auto verdict = accept ? machine.accept() : machine.refuse();
      FUZZ_CHECK(verdict.size() == 47 && verdict[0] == 5 && verdict[1] == (accept ? 0 : 2));
      out.replies.insert(out.replies.end(), verdict.begin(), verdict.end());
      FUZZ_CHECK(machine.state() ==
                 (accept ? Socks5Server::State::Open : Socks5Server::State::Failed));
      FUZZ_CHECK(machine.wanted() == 0 && machine.feed(view_of("more")).consumed == 0);
    }
    out.dst_addr = machine.dst_addr();
  } else {
    FUZZ_CHECK(out.consumed <= kMostClient);
    const bool over =
        machine.state() == Machine::State::Open || machine.state() == Machine::State::Failed;
    FUZZ_CHECK(over == (machine.wanted() == 0));
  }
  if (machine.state() == Machine::State::Failed) {
    FUZZ_CHECK(!machine.error().detail.empty());
    out.consumed = 0;  // it may fail before it has read all that it would have read
  }
  FUZZ_CHECK(is_bus_text(machine.error().detail));
  out.state = static_cast<int>(machine.state());
  out.error = machine.error().detail;
  return out;
}

template <class Machine>
void check(const Machine& machine, Input input) {
  const bool accept = input.byte() & 1;
  const auto cuts = input.bytes(input.byte() % 8);
  const auto bytes = input.rest();
  const auto whole = play(machine, bytes, "", accept);
  FUZZ_CHECK(play(machine, bytes, cuts, accept) == whole);
  FUZZ_CHECK(play(machine, bytes, std::string(1, '\0'), accept) == whole);  // byte by byte
  for (std::size_t at = 1; at < std::min<std::size_t>(bytes.size(), 64); ++at)
    FUZZ_CHECK(play(machine, bytes, std::string{static_cast<char>(at - 1), 63}, accept) == whole);
}

/// Our own two ends understand each other.
void check_both(bool accept) {
  Socks5Client client(kHash);
  Socks5Server server;
  const auto method = server.feed(Socks5Client::greeting());
  const auto request = client.feed(method.reply);
  FUZZ_CHECK(server.feed(request.reply).consumed == request.reply.size());
  FUZZ_CHECK(server.dst_addr() == kHash);
  client.feed(accept ? server.accept() : server.refuse());
  FUZZ_CHECK((client.state() == Socks5Client::State::Open) == accept);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const bool server = input.byte() & 1;
  server ? check(Socks5Server(), input) : check(Socks5Client(kHash), input);
  check_both(server);
  return 0;
}

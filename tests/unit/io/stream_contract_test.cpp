// SPDX-License-Identifier: MIT
//
// What io/bulk.h promises of streams, of the workers and of the doubles that move bytes.
#include <catch2/catch.hpp>

#include "../data/temp_dir.h"
#include "../data/test_core.h"
#include "bulk_stage.h"

namespace stream_contract_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<BulkStage> any_stage() {
  return GENERATE(from_range(std::begin(kStreamers), std::end(kStreamers)))();
}

constexpr std::size_t kHeld = 64 * 1024;  // of a file's end

Hash sha_of(std::string_view text) { return Digest::of(HashAlgo::Sha256, view_of(text)); }

/// The peer's end of a connection, which never waits.
class Peer {
 public:
  explicit Peer(TcpPair& pair) : socket_(pair.peer.get()) {}
  /// Takes what is there; true at the end of the stream.
  bool reads() {
    char buffer[65536];
    for (;;) {
      const auto n = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
      if (n == 0 || (n < 0 && errno != EAGAIN)) return true;
      if (n < 0) return false;
      got.append(buffer, static_cast<std::size_t>(n));
    }
  }
  std::string got;

 private:
  int socket_;
};

}  // namespace

TEST_CASE("contract: who plays no streams", "[contract]") {
  WARN("SKIP FakeBulk: its streams end when the test says so");
}

TEST_CASE("contract: a range moves from file to file, with the digest of both", "[contract]") {
  const auto stage = any_stage();
  const auto size = GENERATE(0u, 1u, 65'536u, 65'537u, 500'000u);
  const auto how = GENERATE(StreamEnd::ShutdownAndWait, StreamEnd::DrainAndClose);
  const auto content = noise(2'000'000 + size);
  const auto kept = content.substr(0, 2'000'000);
  const auto source = stage->file(content + "not offered"), target = stage->file(kept);
  auto wire = stage->connection();
  auto out = std::make_shared<Progress>(), in = std::make_shared<Progress>();
  const ByteRange range{kept.size(), size};
  Outcome<Moved> sent, received;
  const auto receive = stage->bulk().receive(std::move(wire.peer), {target, HashAlgo::Sha256},
                                             range, in, received.callback());
  const auto send = stage->bulk().send(std::move(wire.ours), {source, HashAlgo::Sha256}, range, how,
                                       out, sent.callback());
  CHECK(sent.calls + received.calls == 0);  // never before the call returns
  stage->run_until([&] { return sent.arrived() && received.arrived(); });
  stage->settle();
  CHECK(sent.calls == 1);
  CHECK(received.calls == 1);
  CHECK(stage->content(*target) == content);
  for (const auto* end : {&sent, &received}) {
    REQUIRE(end->result->ok());
    CHECK(end->result->value().bytes == size);
    CHECK(end->result->value().hash == sha_of(content));
  }
  CHECK(out->bytes == size);
  CHECK(in->bytes == size);
}

TEST_CASE("contract: without a digest asked for none is given", "[contract]") {
  const auto stage = any_stage();
  auto wire = stage->connection();
  Outcome<Moved> sent, received;
  const auto receive = stage->bulk().receive(std::move(wire.peer), {stage->file("")}, {0, 5},
                                             nullptr, received.callback());
  const auto send = stage->bulk().send(std::move(wire.ours), {stage->file("hello")}, {0, 5},
                                       StreamEnd::ShutdownAndWait, nullptr, sent.callback());
  stage->run_until([&] { return sent.arrived() && received.arrived(); });
  CHECK_FALSE(sent.result->value().hash);
  CHECK_FALSE(received.result->value().hash);
}

TEST_CASE("contract: a receiver takes the range, not a byte more and not one less", "[contract]") {
  const auto stage = any_stage();
  const auto file = stage->file("");
  auto wire = stage->connection();
  Outcome<Moved> received;
  const auto move =
      stage->bulk().receive(std::move(wire.ours), {file}, {0, 5}, nullptr, received.callback());
  SECTION("the peer stays") {
    wire.peer_sends("12345");
    stage->run_until([&] { return received.arrived(); });
    CHECK(received.result->ok());
    CHECK(stage->content(*file) == "12345");
  }
  SECTION("a byte too many") {
    wire.peer_sends("123456");
    stage->run_until([&] { return received.arrived(); });
    CHECK(received.error() == Errc::Protocol);
    CHECK(stage->content(*file) == "12345");
  }
  SECTION("the end before the range's") {
    wire.peer_sends("1234");
    wire.peer_ends();
    stage->run_until([&] { return received.arrived(); });
    CHECK(received.error() == Errc::Interrupted);
  }
  SECTION("the peer goes") {
    wire.peer_sends("1234");
    wire.peer_closes();
    stage->run_until([&] { return received.arrived(); });
    CHECK(received.error() == Errc::Interrupted);
  }
  SECTION("silence") {
    wire.peer_sends("1234");
    stage->run_until([&] { return received.arrived(); });
    CHECK(received.error() == Errc::Timeout);
  }
}

TEST_CASE("contract: an open range ends with its stream", "[contract]") {
  const auto stage = any_stage();
  const std::size_t size = GENERATE(0u, 1u, 65'537u, 500'000u), kept = GENERATE(0u, 1000u);
  const auto content = noise(kept + size);
  const auto source = stage->file(content), target = stage->file(content.substr(0, kept));
  auto wire = stage->connection();
  auto in = std::make_shared<Progress>();
  Outcome<Moved> sent, received;
  const auto receive =
      stage->bulk().receive(std::move(wire.peer), {target, HashAlgo::Sha256},
                            {kept, std::uint64_t{1} << 40, true}, in, received.callback());
  const auto send = stage->bulk().send(std::move(wire.ours), {source}, {kept, size},
                                       StreamEnd::ShutdownAndWait, nullptr, sent.callback());
  stage->run_until([&] { return sent.arrived() && received.arrived(); });
  CHECK(sent.result->ok());
  REQUIRE(received.result->ok());
  CHECK(received.result->value().bytes == size);
  CHECK(received.result->value().hash == sha_of(content));
  CHECK(stage->content(*target) == content);
  CHECK(in->bytes == size);
}

TEST_CASE("contract: of an open range no more is taken than its most, and silence is no end",
          "[contract]") {
  const auto stage = any_stage();
  const auto file = stage->file("");
  auto wire = stage->connection();
  Outcome<Moved> received;
  const auto move = stage->bulk().receive(std::move(wire.ours), {file}, ByteRange::up_to(5),
                                          nullptr, received.callback());
  SECTION("all of it") {
    wire.peer_sends("12345");
    wire.peer_ends();
    stage->run_until([&] { return received.arrived(); });
    CHECK(received.result->ok());
    CHECK(stage->content(*file) == "12345");
  }
  SECTION("a byte too many") {
    wire.peer_sends("123456");
    stage->run_until([&] { return received.arrived(); });
    CHECK(received.error() == Errc::Protocol);
    CHECK(stage->content(*file) == "12345");
  }
  SECTION("silence") {
    wire.peer_sends("1234");
    stage->run_until([&] { return received.arrived(); });
    CHECK(received.error() == Errc::Timeout);
  }
}

TEST_CASE("contract: what is received never comes to lie past the range", "[contract]") {
  const auto stage = any_stage();
  const auto file = stage->file("....behind");
  auto wire = stage->connection();
  Outcome<Moved> received;
  const auto move =
      stage->bulk().receive(std::move(wire.ours), {file}, {1, 3}, nullptr, received.callback());
  wire.peer_sends("abcdefghijk");
  stage->run_until([&] { return received.arrived(); });
  CHECK(received.error() == Errc::Protocol);
  CHECK(stage->content(*file) == ".abcbehind");
}

TEST_CASE("contract: the last 64 KiB of a file that changed do not leave", "[contract]") {
  const auto stage = any_stage();
  const auto content = noise(300'000);
  const auto file = stage->file(content);
  const auto changed =
      GENERATE_COPY("changed" + content.substr(7), content + "x", content.substr(0, 299'999));
  stage->rewrite(*file, changed);
  auto wire = stage->connection();
  Peer peer(wire);
  Outcome<Moved> sent;
  const auto move = stage->bulk().send(std::move(wire.ours), {file}, {0, content.size()},
                                       StreamEnd::ShutdownAndWait, nullptr, sent.callback());
  stage->run_until([&] { return peer.reads() && sent.arrived(); });
  CHECK(sent.error() == Errc::FileChanged);
  CHECK(peer.got.size() == content.size() - kHeld);
}

TEST_CASE("contract: how a sent stream ends", "[contract]") {
  const auto stage = any_stage();
  const auto content = noise(100'000);
  auto wire = stage->connection();
  Peer peer(wire);
  Outcome<Moved> sent;
  const auto send = [&](StreamEnd how) {
    return stage->bulk().send(std::move(wire.ours), {stage->file(content)}, {0, content.size()},
                              how, nullptr, sent.callback());
  };
  SECTION("direct: a half-close, then the peer's") {
    const auto move = send(StreamEnd::ShutdownAndWait);
    stage->run_until([&] { return peer.reads(); });
    CHECK(peer.got == content);
    stage->settle();
    CHECK(sent.calls == 0);
    wire.peer_closes();
    stage->run_until([&] { return sent.arrived(); });
    CHECK(sent.result->ok());
  }
  SECTION("direct: a peer that never closes is a Timeout") {
    const auto move = send(StreamEnd::ShutdownAndWait);
    stage->run_until([&] { return peer.reads(); });
    stage->run_until([&] { return sent.arrived(); });
    CHECK(sent.error() == Errc::Timeout);
  }
  SECTION("proxy: nothing but the close") {
    const auto move = send(StreamEnd::DrainAndClose);
    stage->run_until([&] { return peer.reads() && sent.arrived(); });
    CHECK(peer.got == content);
    CHECK(sent.result->ok());
  }
  SECTION("a peer that goes in the middle is Interrupted") {
    const auto how = GENERATE(StreamEnd::ShutdownAndWait, StreamEnd::DrainAndClose);
    wire.peer_closes();
    const auto move = send(how);
    stage->run_until([&] { return sent.arrived(); });
    CHECK(sent.error() == Errc::Interrupted);
  }
}

TEST_CASE("contract: a peer that takes nothing is a Timeout", "[contract]") {
  const auto stage = any_stage();
  auto wire = stage->connection();
  const auto how = GENERATE(StreamEnd::ShutdownAndWait, StreamEnd::DrainAndClose);
  Outcome<Moved> sent;
  const auto size = 20'000'000u;
  const auto move = stage->bulk().send(std::move(wire.ours), {stage->file(noise(size))}, {0, size},
                                       how, nullptr, sent.callback());
  stage->run_until([&] { return sent.arrived(); });
  CHECK(sent.error() == Errc::Timeout);
}

TEST_CASE("contract: a destroyed move lets go of its socket and file and calls nobody",
          "[contract]") {
  const auto stage = any_stage();
  const bool sending = GENERATE(true, false);
  auto file = stage->file(noise(8'000'000));
  const std::weak_ptr<OpenFile> watched = file;
  auto wire = stage->connection();
  Peer peer(wire);
  Outcome<Moved> ended;
  // So slow that it cannot be through.
  FileEnd end{std::move(file), HashAlgo::Sha256, std::make_shared<Throttle>(100'000)};
  auto move = sending ? stage->bulk().send(std::move(wire.ours), std::move(end), {0, 8'000'000},
                                           StreamEnd::ShutdownAndWait, nullptr, ended.callback())
                      : stage->bulk().receive(std::move(wire.ours), std::move(end), {0, 8'000'000},
                                              nullptr, ended.callback());
  if (sending)
    stage->run_until([&] {
      peer.reads();
      return !peer.got.empty();
    });
  move.reset();
  stage->run_until([&] { return peer.reads() && watched.expired(); });
  CHECK(peer.got.size() < 8'000'000);
  stage->settle();
  CHECK(ended.calls == 0);
}

TEST_CASE("contract: a move's callback may destroy it", "[contract]") {
  const auto stage = any_stage();
  auto wire = stage->connection();
  wire.peer_closes();
  std::unique_ptr<BulkTask> move;
  bool called = false;
  move = stage->bulk().receive(std::move(wire.ours), {stage->file("")}, {0, 5}, nullptr,
                               [&](Result<Moved>) {
                                 move.reset();
                                 called = true;
                               });
  stage->run_until([&] { return called; });
}

TEST_CASE("contract: a file's next receiver writes when the last one has stopped", "[contract]") {
  const auto stage = any_stage();
  const auto file = stage->file("");
  auto first = stage->connection(), second = stage->connection();
  Outcome<Moved> dropped, received;
  auto old =
      stage->bulk().receive(std::move(first.ours), {file}, {0, 5}, nullptr, dropped.callback());
  first.peer_sends("stale");
  old.reset();
  const auto next =
      stage->bulk().receive(std::move(second.ours), {file}, {0, 5}, nullptr, received.callback());
  second.peer_sends("fresh");
  stage->run_until([&] { return received.arrived(); });
  CHECK(stage->content(*file) == "fresh");
  CHECK(dropped.calls == 0);
}

// Pace.

TEST_CASE("contract: a stream keeps the limit of its own or the one it shares, until it is lifted",
          "[contract]") {
  const auto stage = any_stage();
  const bool sending = GENERATE(true, false), shared = GENERATE(true, false);
  const auto content = noise(1000);
  auto wire = stage->connection();
  Peer peer(wire);
  const auto throttle = shared ? std::make_shared<Throttle>(1) : nullptr;
  auto progress = std::make_shared<Progress>();
  Outcome<Moved> ended;
  const FileEnd end{stage->file(sending ? content : ""), std::nullopt, throttle, shared ? 0u : 1u};
  const auto move =
      sending
          ? stage->bulk().send(std::move(wire.ours), end, {0, 1000}, StreamEnd::DrainAndClose,
                               progress, ended.callback())
          : stage->bulk().receive(std::move(wire.ours), end, {0, 1000}, progress, ended.callback());
  if (!sending) wire.peer_sends(content);
  stage->run_until([&] { return progress->throttled.load(); });
  stage->settle();
  CHECK(progress->bytes < 100);
  CHECK(ended.calls == 0);
  shared ? throttle->set_rate(0) : move->set_rate(0);
  const auto before = stage->now();
  stage->run_until([&] {
    peer.reads();
    return ended.arrived();
  });
  CHECK(stage->now() - before < 30s);
  CHECK(ended.result->value().bytes == 1000);
  CHECK_FALSE(progress->throttled);
}

TEST_CASE("contract: a limit of its own holds a stream under way", "[contract]") {
  const auto stage = any_stage();
  const auto size = 20'000'000u;
  auto wire = stage->connection();
  Peer peer(wire);
  auto progress = std::make_shared<Progress>();
  Outcome<Moved> sent;
  const auto move = stage->bulk().send(std::move(wire.ours), {stage->file(noise(size))}, {0, size},
                                       StreamEnd::DrainAndClose, progress, sent.callback());
  move->set_rate(100);
  // The peer takes what comes, and the sender still has more to give than its pace allows.
  stage->run_until([&] {
    peer.reads();
    return progress->throttled.load();
  });
  CHECK(sent.calls == 0);
  CHECK(progress->bytes < size);
  move->set_rate(0);
  stage->run_until([&] {
    peer.reads();
    return sent.arrived();
  });
  CHECK(sent.result->ok());
}

TEST_CASE("contract: time that a limit takes is no stall", "[contract]") {
  const auto stage = any_stage();
  const bool sending = GENERATE(true, false);
  auto wire = stage->connection();
  Peer peer(wire);
  auto progress = std::make_shared<Progress>();
  const auto throttle = std::make_shared<Throttle>(1000);  // so a piece is of 50 bytes
  // Somebody else has its turn before, and takes twice the time of a stall.
  const auto start = stage->now();
  throttle->pay(static_cast<std::uint64_t>(stage->stall().count()) * 2, start);
  Outcome<Moved> ended;
  const FileEnd end{stage->file(noise(100)), std::nullopt, throttle};
  const auto move =
      sending
          ? stage->bulk().send(std::move(wire.ours), end, {0, 100}, StreamEnd::DrainAndClose,
                               progress, ended.callback())
          : stage->bulk().receive(std::move(wire.ours), end, {0, 100}, progress, ended.callback());
  if (!sending) wire.peer_sends(noise(100));
  stage->run_until([&] {
    peer.reads();
    return ended.arrived();
  });
  CHECK(ended.result->ok());
  CHECK(stage->now() - start >= stage->stall());
}

TEST_CASE("contract: a silent peer is a stall under a limit too", "[contract]") {
  const auto stage = any_stage();
  auto wire = stage->connection();
  Outcome<Moved> received;
  const auto move = stage->bulk().receive(std::move(wire.ours), {stage->file("")}, {0, 100},
                                          nullptr, received.callback());
  move->set_rate(1000);
  wire.peer_sends(noise(60));
  stage->run_until([&] { return received.arrived(); });
  CHECK(received.error() == Errc::Timeout);
}

TEST_CASE("contract: streams that share a limit keep it together, and each comes to its turn",
          "[contract]") {
  const auto stage = any_stage();
  constexpr std::size_t kStreams = 4;
  const auto throttle = std::make_shared<Throttle>(40'000);
  std::vector<TcpPair> wires;
  std::vector<Peer> peers;
  std::vector<std::unique_ptr<BulkTask>> moves;
  std::vector<std::shared_ptr<Progress>> progress;
  std::vector<Outcome<Moved>> sent(kStreams);
  for (std::size_t i = 0; i < kStreams; ++i) wires.push_back(stage->connection());
  const auto start = stage->now();
  for (std::size_t i = 0; i < kStreams; ++i) {
    peers.emplace_back(wires[i]);
    progress.push_back(std::make_shared<Progress>());
    moves.push_back(stage->bulk().send(
        std::move(wires[i].ours), {stage->file(noise(8000)), std::nullopt, throttle}, {0, 8000},
        StreamEnd::DrainAndClose, progress[i], sent[i].callback()));
  }
  stage->run_until([&] {
    for (auto& peer : peers) peer.reads();
    return std::any_of(sent.begin(), sent.end(), [](const auto& one) { return one.arrived(); });
  });
  for (const auto& one : progress) CHECK(one->bytes >= 4000);
  stage->run_until([&] {
    for (auto& peer : peers) peer.reads();
    return std::all_of(sent.begin(), sent.end(), [](const auto& one) { return one.arrived(); });
  });
  // 32,000 bytes in 800 ms; each stream's first piece of 2,000 bytes is free, and 50 ms are a gift.
  CHECK(stage->now() - start >= 550ms);
}

}  // namespace stream_contract_test

// SPDX-License-Identifier: MIT
//
// Stream tasks stepped by hand: no threads, and a clock that the test moves.
#include <poll.h>

#include <catch2/catch.hpp>
#include <thread>

#include "data/receive_task.h"
#include "data/send_task.h"
#include "tcp_pair.h"
#include "temp_dir.h"
#include "test_core.h"

namespace stream_task_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

constexpr int kFew = 4096;  // a socket buffer so small that it is full at once

/// One task, its worker played by the test.
struct Stage {
  TempDir dir;
  TestCore core;
  Waiting waiting{core};
  Outcome<Moved> outcome;
  std::shared_ptr<Progress> progress = std::make_shared<Progress>();
  StreamTask::Clock::time_point now{1h};
  Quantum buffer;

  std::shared_ptr<Throttle> limit = std::make_shared<Throttle>();

  StreamParts parts(TcpPair& tcp, std::shared_ptr<OpenFile> file, ByteRange range) {
    return {std::move(tcp.ours),
            {std::move(file)},
            range,
            progress,
            nullptr,
            Pace(limit, nullptr),
            60s,
            waiting.expect<Moved>(outcome.callback())};
  }
  /// Waits for the socket as the worker would, but a moment at most; then one step.
  StreamTask::Step step(StreamTask& task) {
    struct pollfd ready {
      task.socket(), static_cast<short>(task.interest() & ~EPOLLET), 0
    };
    ::poll(&ready, 1, 10);
    return task.step(now, buffer);
  }
  /// Steps until the end, the clock standing still.
  Result<void> finish(StreamTask& task) {
    for (;;)
      if (auto end = step(task)) return *end;
  }
  /// Steps until nothing moves any more.
  void settle(StreamTask& task) {
    std::uint64_t before = 0;
    do {
      before = progress->bytes;
      for (int i = 0; i < 8; ++i) REQUIRE_FALSE(step(task));
    } while (progress->bytes != before);
  }
};

bool peer_sees_end(TcpPair& tcp) {
  char byte = 0;
  return ::recv(tcp.peer.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

}  // namespace

TEST_CASE("receive: 60 s without a byte is a Timeout, each byte starts them anew (R7)",
          "[receive]") {
  Stage stage;
  TcpPair tcp;
  ReceiveTask task(stage.parts(tcp, open_file(stage.dir / "a"), {0, 10}), stage.now);
  CHECK(task.deadline() == stage.now + 60s);
  stage.now += 59s;
  CHECK_FALSE(stage.step(task));
  tcp.peer_sends("x");
  CHECK_FALSE(stage.step(task));
  CHECK(task.deadline() == stage.now + 60s);
  stage.now += 59s;
  CHECK_FALSE(stage.step(task));
  stage.now += 1s;
  const auto end = stage.step(task);
  REQUIRE(end);
  REQUIRE_FALSE(end->ok());
  CHECK(end->error().code == Errc::Timeout);
  CHECK(end->error().detail == "no byte came for 60 s, at byte 1 of 10");
}

TEST_CASE("receive: what is out of reach stays with the sender, and is no stall", "[receive]") {
  Stage stage;
  TcpPair tcp;
  const auto reach = std::make_shared<Reach>(1600);
  auto parts = stage.parts(tcp, open_file(stage.dir / "a"), {1000, 2000});
  parts.file.reach = reach;
  ReceiveTask task(std::move(parts), stage.now);
  tcp.peer_sends(noise(2000));
  stage.settle(task);
  CHECK(stage.progress->bytes == 600);
  for (int i = 0; i < 200; ++i) {  // for longer than a peer may be silent
    CHECK(stage.progress->throttled);
    CHECK((task.interest() & EPOLLIN) == 0);
    CHECK(task.deadline() == stage.now + 2ms);
    stage.now += 1s;
    CHECK_FALSE(stage.step(task));
  }
  SECTION("raised by less than what is there") {
    reach->end = 1601;
    stage.settle(task);
    CHECK(stage.progress->bytes == 601);
  }
  SECTION("raised beyond the range") {
    reach->end = UINT64_MAX;
    CHECK_FALSE(stage.step(task));
    CHECK(stage.progress->bytes == 2000);
    CHECK_FALSE(stage.progress->throttled);
  }
  CHECK(std::filesystem::file_size(stage.dir / "a") == 1000 + stage.progress->bytes);
}

TEST_CASE("receive: a surplus byte fails the move and is never written (SB4)", "[receive]") {
  Stage stage;
  TcpPair tcp;
  ReceiveTask task(stage.parts(tcp, open_file(stage.dir / "a"), {0, 4}), stage.now);
  SECTION("glued to the last byte") {
    tcp.peer_sends("12345");
    CHECK(stage.finish(task).error().code == Errc::Protocol);
  }
  SECTION("a moment after it") {
    tcp.peer_sends("1234");
    CHECK_FALSE(stage.step(task));
    stage.now += 199ms;
    CHECK_FALSE(stage.step(task));
    tcp.peer_sends("5");
    CHECK(stage.finish(task).error().code == Errc::Protocol);
  }
  CHECK(std::filesystem::file_size(stage.dir / "a") <= 4);
}

TEST_CASE("receive: at a quantum's boundary a surplus byte shows as well (SB4)", "[receive]") {
  Stage stage;
  TcpPair tcp;
  ReceiveTask task(stage.parts(tcp, open_file(stage.dir / "a"), {0, kQuantum}), stage.now);
  std::thread peer([&] { tcp.peer_sends(noise(kQuantum + 1)); });
  CHECK(stage.finish(task).error().code == Errc::Protocol);
  peer.join();
  CHECK(std::filesystem::file_size(stage.dir / "a") <= kQuantum);
}

TEST_CASE("receive: nothing follows a zero-byte range but an end", "[receive]") {
  Stage stage;
  TcpPair tcp;
  ReceiveTask task(stage.parts(tcp, open_file(stage.dir / "a"), {0, 0}), stage.now);
  CHECK_FALSE(stage.step(task));
  SECTION("end") {
    tcp.peer_ends();
    CHECK(stage.finish(task));
  }
  SECTION("silence") {
    stage.now += 200ms;
    CHECK(stage.finish(task));
  }
  SECTION("a byte") {
    tcp.peer_sends("x");
    CHECK(stage.finish(task).error().code == Errc::Protocol);
  }
}

TEST_CASE("receive: a peer that keeps the stream open after the last byte is not waited for",
          "[receive]") {
  Stage stage;
  TcpPair tcp;
  ReceiveTask task(stage.parts(tcp, open_file(stage.dir / "a"), {0, 4}), stage.now);
  tcp.peer_sends("1234");
  CHECK_FALSE(stage.step(task));
  CHECK(task.deadline() == stage.now + 200ms);
  stage.now += 200ms;
  CHECK(stage.finish(task));
  task.conclude({});
  stage.core.run_until([&] { return stage.outcome.arrived(); });
  CHECK(stage.outcome.result->value().bytes == 4);
  CHECK(peer_sees_end(tcp));
}

TEST_CASE("receive: a stream that ends early is Interrupted, never done (NT2)", "[receive]") {
  Stage stage;
  TcpPair tcp;
  ReceiveTask task(stage.parts(tcp, open_file(stage.dir / "a"), {0, 5}), stage.now);
  tcp.peer_sends("1234");
  SECTION("end") { tcp.peer_ends(); }
  SECTION("close") { tcp.peer_closes(); }
  SECTION("reset") {
    CHECK_FALSE(stage.step(task));
    tcp.peer_resets();
  }
  CHECK(stage.finish(task).error().code == Errc::Interrupted);
}

TEST_CASE("receive: a broken stream promises nothing that only its sender can do", "[receive]") {
  Stage stage;
  TcpPair tcp;
  ReceiveTask task(stage.parts(tcp, open_file(stage.dir / "a"), {0, 5}), stage.now);
  CHECK_FALSE(stage.step(task));
  tcp.peer_resets();
  CHECK(stage.finish(task).error().detail ==
        "the stream broke at byte 0 of 5: Connection reset by peer");
}

TEST_CASE("receive: a reset after the last byte is no failure", "[receive]") {
  Stage stage;
  TcpPair tcp;
  ReceiveTask task(stage.parts(tcp, open_file(stage.dir / "a"), {0, 4}), stage.now);
  tcp.peer_sends("1234");
  CHECK_FALSE(stage.step(task));
  tcp.peer_resets();
  CHECK(stage.finish(task));
  CHECK(read_file(stage.dir / "a") == "1234");
}

TEST_CASE("receive: a full disk is DiskFull", "[receive]") {
  Stage stage;
  TcpPair tcp;
  ReceiveTask task(stage.parts(tcp, open_file("/dev/full"), {0, 4}), stage.now);
  tcp.peer_sends("1234");
  const auto end = stage.finish(task);
  REQUIRE_FALSE(end);
  CHECK(end.error().code == Errc::DiskFull);
  CHECK(
      end.error().detail ==
      "writing at byte 0: No space left on device; free some space on that disk (df, and df -i for "
      "its number of files)");
}

TEST_CASE("send: the last 64 KiB stay here once the file is not what was offered", "[send]") {
  Stage stage;
  TcpPair tcp;
  const auto content = noise(1'000'000);
  const auto file = file_with(stage.dir / "a", content);
  SECTION("same size, other bytes") { REQUIRE(write_all(file->fd.get(), view_of("changed"), 10)); }
  SECTION("longer") { REQUIRE(write_all(file->fd.get(), view_of("x"), content.size())); }
  SendTask task(stage.parts(tcp, file, {0, content.size()}), StreamEnd::ShutdownAndWait, stage.now);
  std::string got;
  std::thread peer([&] { got = tcp.peer_reads(); });
  auto end = stage.finish(task);
  task.conclude(end);
  peer.join();
  REQUIRE_FALSE(end);
  CHECK(end.error().code == Errc::FileChanged);
  CHECK(got.size() == content.size() - kHeldBack);
}

TEST_CASE("send: a file that became shorter is FileChanged", "[send]") {
  Stage stage;
  TcpPair tcp;
  const auto file = file_with(stage.dir / "a", noise(1'000'000));
  const auto left = GENERATE(0, 100'000, 999'999);
  REQUIRE(::ftruncate(file->fd.get(), left) == 0);
  SendTask task(stage.parts(tcp, file, {0, 1'000'000}), StreamEnd::ShutdownAndWait, stage.now);
  std::thread peer([&] { tcp.peer_reads(); });
  auto end = stage.finish(task);
  task.conclude(end);
  peer.join();
  REQUIRE_FALSE(end);
  CHECK(end.error().code == Errc::FileChanged);
}

TEST_CASE("send: a write in the middle of sending is seen", "[send]") {
  Stage stage;
  TcpPair tcp(kFew, kFew);
  const auto content = noise(8'000'000);
  const auto file = file_with(stage.dir / "a", content);
  SendTask task(stage.parts(tcp, file, {0, content.size()}), StreamEnd::ShutdownAndWait, stage.now);
  stage.settle(task);
  REQUIRE(stage.progress->bytes < content.size() - kHeldBack);
  REQUIRE(write_all(file->fd.get(), view_of("changed"), 10));
  std::string got;
  std::thread peer([&] { got = tcp.peer_reads(); });
  auto end = stage.finish(task);
  task.conclude(end);
  peer.join();
  REQUIRE_FALSE(end);
  CHECK(end.error().code == Errc::FileChanged);
  CHECK(got.size() == content.size() - kHeldBack);
}

TEST_CASE("send: a write after the last byte left but before the peer closed is told", "[send]") {
  Stage stage;
  TcpPair tcp;
  const auto file = file_with(stage.dir / "a", "hello");
  SendTask task(stage.parts(tcp, file, {0, 5}), StreamEnd::ShutdownAndWait, stage.now);
  stage.settle(task);
  CHECK(tcp.peer_reads() == "hello");
  SECTION("content") {
    REQUIRE(write_all(file->fd.get(), view_of("j"), 0));
    tcp.peer_closes();
    CHECK(stage.finish(task).error().code == Errc::FileChanged);
  }
  SECTION("merely renamed, touched, its mode changed") {
    std::filesystem::rename(stage.dir / "a", stage.dir / "b");
    ::fchmod(file->fd.get(), 0640);
    ::futimens(file->fd.get(), nullptr);
    tcp.peer_closes();
    CHECK(stage.finish(task));
  }
}

TEST_CASE("send: direct ends with our half-close and the peer's close", "[send]") {
  Stage stage;
  TcpPair tcp;
  SendTask task(stage.parts(tcp, file_with(stage.dir / "a", "hello"), {1, 3}),
                StreamEnd::ShutdownAndWait, stage.now);
  stage.settle(task);
  CHECK(tcp.peer_reads() == "ell");  // up to the end of the stream
  SECTION("close") {
    tcp.peer_closes();
    CHECK(stage.finish(task));
  }
  SECTION("reset") {
    tcp.peer_resets();
    CHECK(stage.finish(task));
  }
  SECTION("chatter, then close") {
    tcp.peer_sends("thanks");
    CHECK_FALSE(stage.step(task));
    tcp.peer_closes();
    CHECK(stage.finish(task));
  }
  SECTION("nothing for 60 s") {
    stage.now += 59s;
    CHECK_FALSE(stage.step(task));
    stage.now += 1s;
    CHECK(stage.finish(task).error().code == Errc::Timeout);
  }
  SECTION("chatter for 60 s") {
    stage.now += 60s;
    tcp.peer_sends("wait");
    CHECK(stage.finish(task).error().code == Errc::Timeout);
  }
}

TEST_CASE("send: a peer that half-closed at the start still gets everything", "[send]") {
  Stage stage;
  TcpPair tcp(0, kFew);
  const auto content = noise(300'000);
  SendTask task(stage.parts(tcp, file_with(stage.dir / "a", content), {0, content.size()}),
                StreamEnd::ShutdownAndWait, stage.now);
  tcp.peer_ends();
  stage.settle(task);
  std::string got;
  std::thread peer([&] { got = tcp.peer_reads(); });
  CHECK(stage.finish(task));
  peer.join();
  CHECK(got == content);
}

TEST_CASE("send: a peer that goes away in the middle is Interrupted", "[send]") {
  const auto how = GENERATE(StreamEnd::ShutdownAndWait, StreamEnd::DrainAndClose);
  const auto size =
      GENERATE(8'000'000u, 300'000u);  // more than the buffers hold; all of it in the buffers
  const bool reset = GENERATE(false, true);
  Stage stage;
  TcpPair tcp(0, kFew);
  SendTask task(stage.parts(tcp, file_with(stage.dir / "a", noise(size)), {0, size}), how,
                stage.now);
  stage.settle(task);
  tcp.peer_reads(1000);
  reset ? tcp.peer_resets() : tcp.peer_closes();  // with bytes unread, which is a reset as well
  const auto end = stage.finish(task);
  REQUIRE_FALSE(end);
  CHECK(end.error().code == Errc::Interrupted);
}

TEST_CASE("send: a proxy gets no half-close; the end is when it has acknowledged all", "[send]") {
  Stage stage;
  TcpPair tcp(0, kFew);
  const auto content = noise(300'000);
  SendTask task(stage.parts(tcp, file_with(stage.dir / "a", content), {0, content.size()}),
                StreamEnd::DrainAndClose, stage.now);
  stage.settle(task);
  REQUIRE(stage.progress->bytes == content.size());  // all in the kernel, little with the peer
  CHECK(task.deadline() <= stage.now + 100ms);       // no event will tell, so it looks
  std::string got;
  std::thread peer([&] { got = tcp.peer_reads(content.size()); });
  auto end = stage.finish(task);
  peer.join();
  CHECK(end);
  CHECK(got == content);
  CHECK_FALSE(peer_sees_end(tcp));
  task.conclude(end);
  CHECK(tcp.peer_reads().empty());
}

TEST_CASE("send: what only our own kernel takes is no sign of the peer's life (R7)", "[send]") {
  const auto how = GENERATE(StreamEnd::ShutdownAndWait, StreamEnd::DrainAndClose);
  const auto size = GENERATE(8'000'000u, 1'000'000u);
  Stage stage;
  TcpPair tcp(kFew, kFew);
  SendTask task(stage.parts(tcp, file_with(stage.dir / "a", noise(size)), {0, size}), how,
                stage.now);
  stage.settle(task);
  CHECK(task.deadline() == stage.now + 1s);  // acknowledgements are no events
  const int room = 4 << 20;
  REQUIRE(::setsockopt(task.socket(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
  stage.now += 60s;
  const auto end = stage.step(task);
  REQUIRE(end);
  CHECK(end->error().code == Errc::Timeout);
}

TEST_CASE("send: a slow peer is no stalled peer while it acknowledges (R7)", "[send]") {
  const auto how = GENERATE(StreamEnd::ShutdownAndWait, StreamEnd::DrainAndClose);
  const auto size = GENERATE(8'000'000u, 300'000u);
  Stage stage;
  TcpPair tcp(0, kFew);
  SendTask task(stage.parts(tcp, file_with(stage.dir / "a", noise(size)), {0, size}), how,
                stage.now);
  stage.settle(task);
  for (int i = 0; i < 3; ++i) {
    stage.now += 59s;
    tcp.peer_reads(20'000);
    stage.settle(task);
  }
  stage.now += 60s;
  const auto end = stage.finish(task);
  REQUIRE_FALSE(end);
  CHECK(end.error().code == Errc::Timeout);
}

TEST_CASE("send: an empty range is an end alone", "[send]") {
  Stage stage;
  TcpPair tcp;
  const auto how = GENERATE(StreamEnd::ShutdownAndWait, StreamEnd::DrainAndClose);
  SendTask task(stage.parts(tcp, file_with(stage.dir / "a", ""), {0, 0}), how, stage.now);
  if (how == StreamEnd::ShutdownAndWait) {
    stage.settle(task);
    CHECK(tcp.peer_reads().empty());
    tcp.peer_closes();
  }
  CHECK(stage.finish(task));
}

// Pace.

TEST_CASE("send: moves at its pace, a 20th of a second's bytes at a time", "[send]") {
  Stage stage;
  TcpPair tcp;
  const auto size = GENERATE(300'000u, 50'000u);  // more than is held back; less
  stage.limit->set_rate(10'000);
  SendTask task(stage.parts(tcp, file_with(stage.dir / "a", noise(size)), {0, size}),
                StreamEnd::DrainAndClose, stage.now);
  const auto start = stage.now;
  for (std::uint64_t moved = 500; moved <= 5000; moved += 500) {
    CHECK_FALSE(stage.step(task));
    CHECK(stage.progress->bytes == moved);
    CHECK_FALSE(stage.step(task));
    if (moved == 500) continue;  // the bucket is 50 ms deep
    CHECK(stage.progress->bytes == moved);
    CHECK(stage.progress->throttled);
    CHECK((task.interest() & EPOLLOUT) == 0);
    CHECK(task.deadline() == start + 50ms * (moved / 500 - 1));
    stage.now = task.deadline();
  }
}

TEST_CASE("receive: moves at its pace, and leaves the rest in the socket", "[receive]") {
  Stage stage;
  TcpPair tcp;
  stage.limit->set_rate(10'000);
  ReceiveTask task(stage.parts(tcp, open_file(stage.dir / "a"), {0, 2000}), stage.now);
  tcp.peer_sends(noise(2000));
  CHECK_FALSE(stage.step(task));
  CHECK_FALSE(stage.step(task));
  CHECK(stage.progress->bytes == 1000);
  CHECK_FALSE(stage.step(task));
  CHECK(stage.progress->bytes == 1000);
  CHECK(stage.progress->throttled);
  CHECK((task.interest() & EPOLLIN) == 0);
  CHECK(task.deadline() == stage.now + 50ms);
  SECTION("its turn") {
    stage.now += 50ms;
    CHECK_FALSE(stage.step(task));
    CHECK(stage.progress->bytes == 1500);
    CHECK((task.interest() & EPOLLIN) != 0);
    CHECK_FALSE(stage.progress->throttled);
  }
  SECTION("no limit any more") {
    stage.limit->set_rate(0);
    CHECK_FALSE(stage.step(task));
    CHECK(stage.progress->bytes == 2000);
  }
}

TEST_CASE("stream: the time that a limit takes is no stall, a silent peer's is (R7)", "[receive]") {
  Stage stage;
  TcpPair tcp;
  stage.limit->set_rate(1);
  ReceiveTask task(stage.parts(tcp, open_file(stage.dir / "a"), {0, 10}), stage.now);
  tcp.peer_sends("x");
  CHECK_FALSE(stage.step(task));
  stage.limit->pay(300, stage.now);  // somebody else's bytes
  tcp.peer_sends("y");
  stage.now += 1s;
  CHECK_FALSE(stage.step(task));
  CHECK(stage.progress->bytes == 2);
  for (int i = 0; i < 300; ++i) {
    CHECK_FALSE(stage.step(task));
    CHECK(task.deadline() == stage.now + 50ms);  // a limit may change
    stage.now += 1s;
  }
  stage.now += 2s;
  CHECK_FALSE(stage.step(task));
  CHECK_FALSE(stage.progress->throttled);
  CHECK(task.deadline() > stage.now + 55s);
  stage.now = task.deadline();
  CHECK(stage.finish(task).error().code == Errc::Timeout);
}

}  // namespace stream_task_test

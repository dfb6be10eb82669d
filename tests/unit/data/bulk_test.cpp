// SPDX-License-Identifier: MIT
//
// The workers and hashers with their threads. Tests wait for callbacks, never for time.
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "data/data_plane.h"
#include "tcp_pair.h"
#include "temp_dir.h"
#include "test_core.h"

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

constexpr int kFew = 4096;

/// A file that tells core when its last user has let go of it.
std::shared_ptr<OpenFile> watched(std::shared_ptr<OpenFile> file, TestCore& core, bool& gone) {
  auto fd = std::make_unique<OpenFile>();
  fd->fd = std::move(file->fd);
  fd->identity = file->identity;
  return {fd.release(), [&](OpenFile* last) {
            delete last;
            core.post([&gone] { gone = true; });
          }};
}

/// Core that can hold up the next worker that tells it something.
class HoldingCore final : public Poster {
 public:
  TestCore core;

  void post(Callback<void()> task) override {
    {
      std::unique_lock lock(mutex_);
      if (std::exchange(hold_next_, false)) {
        held_ = true;
        changed_.notify_all();
        changed_.wait(lock, [this] { return !held_; });
      }
    }
    core.post(std::move(task));
  }
  void hold_next() {
    const std::lock_guard lock(mutex_);
    hold_next_ = true;
  }
  void await_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return held_; });
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hold_next_ = false, held_ = false;
};

/// Both ends of a stream, for moving a file from ourselves to ourselves.
std::pair<UniqueFd, UniqueFd> stream_to_self() {
  TcpPair tcp;
  return {std::move(tcp.ours), std::move(tcp.peer)};
}

}  // namespace

TEST_CASE("bulk: a range of a file arrives whole, with its digest on both sides", "[bulk]") {
  const auto size = GENERATE(0u, 1u, 65'535u, 65'536u, 65'537u, 262'144u, 1'000'003u, 9'000'000u);
  const auto how = GENERATE(StreamEnd::ShutdownAndWait, StreamEnd::DrainAndClose);
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  const auto content = "header" + noise(size);
  const std::string payload = content.substr(6);
  auto [out, in] = stream_to_self();
  Outcome<Moved> sent, received;
  auto progress = std::make_shared<Progress>();
  auto target = open_file(dir / "to");
  const auto receive = plane.bulk().receive(std::move(in), {target, HashAlgo::Md5}, {3, size},
                                            nullptr, received.callback());
  const auto send =
      plane.bulk().send(std::move(out), {file_with(dir / "from", content), HashAlgo::Sha256},
                        {6, size}, how, progress, sent.callback());
  CHECK(sent.calls + received.calls == 0);  // never before the call returns
  core.run_until([&] { return sent.arrived() && received.arrived(); });
  REQUIRE(sent.result->ok());
  REQUIRE(received.result->ok());
  CHECK(sent.result->value().bytes == size);
  CHECK(sent.result->value().hash == Digest::of(HashAlgo::Sha256, view_of(payload)));
  CHECK(received.result->value().hash == Digest::of(HashAlgo::Md5, view_of(payload)));
  CHECK(progress->bytes == size);
  CHECK(read_file(dir / "to").substr(size == 0 ? 0 : 3) == payload);
}

TEST_CASE("bulk: without a digest asked for none is given", "[bulk]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  auto [out, in] = stream_to_self();
  Outcome<Moved> sent, received;
  const auto receive = plane.bulk().receive(std::move(in), {open_file(dir / "to"), {}}, {0, 5},
                                            nullptr, received.callback());
  const auto send = plane.bulk().send(std::move(out), {file_with(dir / "from", "hello"), {}},
                                      {0, 5}, StreamEnd::ShutdownAndWait, nullptr, sent.callback());
  core.run_until([&] { return sent.arrived() && received.arrived(); });
  CHECK(sent.result->value().bytes == 5);
  CHECK_FALSE(sent.result->value().hash);
  CHECK_FALSE(received.result->value().hash);
}

TEST_CASE("bulk: many streams at once mix up nothing", "[bulk]") {
  constexpr std::size_t kStreams = 60;
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  std::vector<Outcome<Moved>> sent(kStreams), received(kStreams);
  std::vector<std::unique_ptr<Move>> moves;
  std::vector<std::string> contents;
  for (std::size_t i = 0; i < kStreams; ++i) {
    const auto number = std::to_string(i);
    contents.push_back(noise(100'000 + i * 7'919, static_cast<std::uint32_t>(i)));
    const ByteRange all{0, contents[i].size()};
    const auto digest = i % 2 == 0 ? std::optional(HashAlgo::Sha256) : std::nullopt;
    auto [out, in] = stream_to_self();
    moves.push_back(plane.bulk().receive(std::move(in), {open_file(dir / ("to" + number)), digest},
                                         all, nullptr, received[i].callback()));
    moves.push_back(
        plane.bulk().send(std::move(out), {file_with(dir / ("from" + number), contents[i]), digest},
                          all, StreamEnd::ShutdownAndWait, nullptr, sent[i].callback()));
  }
  for (std::size_t i = 0; i < kStreams; ++i) {
    core.run_until([&] { return sent[i].arrived() && received[i].arrived(); });
    REQUIRE(sent[i].result->ok());
    REQUIRE(received[i].result->ok());
    CHECK(read_file(dir / ("to" + std::to_string(i))) == contents[i]);
    if (i % 2 == 0)
      CHECK(received[i].result->value().hash == Digest::of(HashAlgo::Sha256, view_of(contents[i])));
  }
}

TEST_CASE("bulk: a failed end is told on core, with its reason", "[bulk]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  TcpPair tcp;
  Outcome<Moved> received;
  const auto receive =
      plane.bulk().receive(std::move(tcp.ours), {open_file(dir / "to"), HashAlgo::Sha256}, {0, 100},
                           nullptr, received.callback());
  tcp.peer_sends("half");
  tcp.peer_closes();
  core.run_until([&] { return received.arrived(); });
  CHECK(received.error() == Errc::Interrupted);
}

TEST_CASE("bulk: a peer that is gone does not kill us (SIGPIPE)", "[bulk]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  TcpPair tcp;
  tcp.peer_resets();
  Outcome<Moved> sent;
  const auto send =
      plane.bulk().send(std::move(tcp.ours), {file_with(dir / "a", noise(1'000'000)), {}},
                        {0, 1'000'000}, StreamEnd::ShutdownAndWait, nullptr, sent.callback());
  core.run_until([&] { return sent.arrived(); });
  CHECK(sent.error() == Errc::Interrupted);
}

TEST_CASE("bulk: a silent peer times out on the worker's own clock (R7)", "[bulk]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core, {.stall = std::chrono::milliseconds(20)});
  TcpPair tcp;
  Outcome<Moved> received;
  const auto receive = plane.bulk().receive(std::move(tcp.ours), {open_file(dir / "to"), {}},
                                            {0, 1}, nullptr, received.callback());
  core.run_until([&] { return received.arrived(); });
  CHECK(received.error() == Errc::Timeout);
}

TEST_CASE("bulk: dropping the handle ends the stream; socket and file live until the worker let go",
          "[bulk]") {
  const bool sending = GENERATE(true, false);
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  TcpPair tcp(kFew, kFew);
  const auto size = 8'000'000u;
  bool gone = false;
  auto file = watched(file_with(dir / "a", noise(size)), core, gone);
  Outcome<Moved> outcome;
  auto move = sending ? plane.bulk().send(std::move(tcp.ours), {file, HashAlgo::Sha256}, {0, size},
                                          StreamEnd::ShutdownAndWait, nullptr, outcome.callback())
                      : plane.bulk().receive(std::move(tcp.ours), {file, HashAlgo::Sha256},
                                             {0, size}, nullptr, outcome.callback());
  if (sending) {
    CHECK(tcp.peer_reads(100'000).size() == 100'000);
  } else {
    tcp.peer_sends(noise(100'000));
  }
  file.reset();
  move.reset();
  CHECK(tcp.peer_reads().size() < size);  // comes to an end
  core.run_until([&] { return gone; });
  CHECK(outcome.calls == 0);
}

TEST_CASE("bulk: an answer that is already on its way when the handle dies is dropped", "[bulk]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  auto [out, in] = stream_to_self();
  Outcome<Moved> sent, received;
  auto receive = plane.bulk().receive(std::move(in), {open_file(dir / "to"), {}}, {0, 5}, nullptr,
                                      received.callback());
  auto send = plane.bulk().send(std::move(out), {file_with(dir / "from", "hello"), {}}, {0, 5},
                                StreamEnd::ShutdownAndWait, nullptr, sent.callback());
  core.await_posted(2);
  send.reset();
  core.run_pending();
  CHECK(sent.calls == 0);
  CHECK(received.calls == 1);
}

TEST_CASE("bulk: a callback may destroy its own handle", "[bulk]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  TcpPair tcp;
  tcp.peer_closes();
  std::unique_ptr<Move> move;
  bool called = false;
  move = plane.bulk().receive(std::move(tcp.ours), {open_file(dir / "to"), {}}, {0, 5}, nullptr,
                              [&](Result<Moved>) {
                                move.reset();
                                called = true;
                              });
  core.run_until([&] { return called; });
}

TEST_CASE("bulk: the plane may die under running moves, and handles after it", "[bulk]") {
  const TempDir dir;
  TestCore core;
  TcpPair tcp(kFew, kFew);
  Outcome<Moved> sent;
  Outcome<Hash> hashed;
  Outcome<std::string> block;
  std::unique_ptr<Move> send, hash;
  std::unique_ptr<BlockReader> reader;
  const auto file = file_with(dir / "a", noise(8'000'000));
  {
    DataPlane plane(core);
    send = plane.bulk().send(std::move(tcp.ours), {file, HashAlgo::Sha256}, {0, 8'000'000},
                             StreamEnd::ShutdownAndWait, nullptr, sent.callback());
    hash = plane.bulk().hash(file, {0, 8'000'000}, HashAlgo::Md5, nullptr, hashed.callback());
    reader = plane.bulk().read_blocks({file, {}}, {0, 100});
  }
  CHECK(tcp.peer_reads().size() < 8'000'000);
  reader->read(10, block.callback());
  send.reset();
  hash.reset();
  reader.reset();
  core.run_pending();
  CHECK(sent.calls + block.calls == 0);
  CHECK(file.use_count() == 1);
}

TEST_CASE("hash: the digest of a range, with progress", "[hash]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  const auto content = noise(5'000'000);
  const auto file = file_with(dir / "a", content);
  const auto algo = GENERATE(HashAlgo::Md5, HashAlgo::Sha1, HashAlgo::Sha256);
  const auto range = GENERATE(ByteRange{0, 5'000'000}, ByteRange{17, 4'000'001}, ByteRange{5, 0});
  Outcome<Hash> outcome;
  auto progress = std::make_shared<Progress>();
  const auto move = plane.bulk().hash(file, range, algo, progress, outcome.callback());
  core.run_until([&] { return outcome.arrived(); });
  CHECK(outcome.result->value() ==
        Digest::of(algo, view_of(std::string_view(content).substr(range.offset, range.length))));
  CHECK(progress->bytes == range.length);
}

TEST_CASE("hash: a file that ends before the range is FileChanged", "[hash]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  Outcome<Hash> outcome;
  const auto move = plane.bulk().hash(file_with(dir / "a", "short"), {0, 6}, HashAlgo::Md5, nullptr,
                                      outcome.callback());
  core.run_until([&] { return outcome.arrived(); });
  CHECK(outcome.error() == Errc::FileChanged);
}

TEST_CASE("hash: dropping the handle lets go of the file and calls nobody", "[hash]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  bool gone = false;
  auto file = watched(file_with(dir / "a", ""), core, gone);
  ::ftruncate(file->fd.get(), std::int64_t{1} << 40);  // 1 TiB of nothing: hours of work
  Outcome<Hash> outcome;
  auto move = plane.bulk().hash(file, {0, std::uint64_t{1} << 40}, HashAlgo::Sha256, nullptr,
                                outcome.callback());
  file.reset();
  move.reset();
  core.run_until([&] { return gone; });
  CHECK(outcome.calls == 0);
}

TEST_CASE("blocks: read in order as base64, digest at the end", "[blocks]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  const auto content = noise(200'000);
  const auto reader =
      plane.bulk().read_blocks({file_with(dir / "a", content), HashAlgo::Sha256}, {100, 150'000});
  std::string got;
  Outcome<Moved> finished;
  for (int i = 0; i < 38; ++i)
    reader->read(4096, [&](Result<std::string> block) {
      const auto bytes = from_base64(block.value()).value();
      got.append(bytes.begin(), bytes.end());
    });
  reader->finish(finished.callback());
  core.run_until([&] { return finished.arrived(); });
  CHECK(got == content.substr(100, 150'000));
  CHECK(finished.result->value().bytes == 150'000);
  CHECK(finished.result->value().hash == Digest::of(HashAlgo::Sha256, view_of(got)));
}

TEST_CASE("blocks: the last 64 KiB of a file that changed are not given", "[blocks]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  const auto file = file_with(dir / "a", noise(100'000));
  const auto reader = plane.bulk().read_blocks({file, {}}, {0, 100'000});
  Outcome<std::string> first, second, third;
  Outcome<Moved> finished;
  REQUIRE(write_all(file->fd.get(), view_of("changed"), 0));
  reader->read(100'000 - kHeldBack, first.callback());
  reader->read(10, second.callback());
  reader->read(10, third.callback());
  reader->finish(finished.callback());
  core.run_until([&] { return finished.arrived(); });
  CHECK(first.result->ok());
  CHECK(second.error() == Errc::FileChanged);
  CHECK(third.error() == Errc::FileChanged);
  CHECK(finished.error() == Errc::FileChanged);
}

TEST_CASE("blocks: after a failure no later block is given", "[blocks]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  const auto content = noise(200'000);
  const auto file = file_with(dir / "a", content);
  const auto reader = plane.bulk().read_blocks({file, {}}, {0, 200'000});
  Outcome<std::string> first, second;
  REQUIRE(::ftruncate(file->fd.get(), 0) == 0);
  reader->read(10, first.callback());
  core.run_until([&] { return first.arrived(); });
  REQUIRE(write_all(file->fd.get(), view_of(content), 0));
  reader->read(10, second.callback());
  core.run_until([&] { return second.arrived(); });
  CHECK(first.error() == Errc::FileChanged);
  CHECK(second.error() == Errc::FileChanged);
}

TEST_CASE("blocks: written in order, digest at the end", "[blocks]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  const auto writer = plane.bulk().write_blocks({open_file(dir / "a"), HashAlgo::Md5}, {2, 6});
  std::vector<int> order;
  Outcome<Moved> finished;
  writer->write({'a', 'b', 'c'}, [&](Result<void> r) {
    if (r) order.push_back(1);
  });
  writer->write({}, [&](Result<void> r) {
    if (r) order.push_back(2);
  });
  writer->write({'d', 'e', 'f'}, [&](Result<void> r) {
    if (r) order.push_back(3);
  });
  writer->finish(finished.callback());
  CHECK(order.empty());
  core.run_until([&] { return finished.arrived(); });
  CHECK(order == std::vector{1, 2, 3});
  CHECK(read_file(dir / "a") == std::string("\0\0abcdef", 8));
  CHECK(finished.result->value().bytes == 6);
  CHECK(finished.result->value().hash == Digest::of(HashAlgo::Md5, view_of("abcdef")));
}

TEST_CASE("blocks: follow on a dropped stream's last bytes, never the other way round (R2)", "[blocks]") {
  const TempDir dir;
  HoldingCore holding;
  auto& core = holding.core;
  DataPlane plane(holding, {.workers = 2});
  auto& bulk = plane.bulk();
  // Workers take turns: the stream is on the first writer's.
  const auto beside = bulk.write_blocks({open_file(dir / "a"), {}}, {0, 2});
  const auto other = bulk.write_blocks({open_file(dir / "b"), {}}, {0, 1});
  const auto file = open_file(dir / "to");
  TcpPair tcp;
  Outcome<Moved> dropped;
  auto stream = bulk.receive(std::move(tcp.ours), {file, {}}, {0, 5}, nullptr, dropped.callback());
  Outcome<void> blocked, fresh, others, last;
  holding.hold_next();
  beside->write({'x'}, blocked.callback());
  holding.await_held();
  tcp.peer_sends("stale");
  stream.reset();
  const auto blocks = bulk.write_blocks({file, {}}, {0, 5});
  blocks->write({'f', 'r', 'e', 's', 'h'}, fresh.callback());
  other->write({'y'}, others.callback());
  core.run_until([&] { return others.arrived(); });
  holding.let_go();
  beside->write({'z'}, last.callback());
  core.run_until([&] { return fresh.arrived() && last.arrived(); });
  CHECK(read_file(dir / "to") == "fresh");
  CHECK(dropped.calls == 0);
}

TEST_CASE("blocks: a byte past the range is Protocol and not written (IB4)", "[blocks]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  const auto writer = plane.bulk().write_blocks({open_file(dir / "a"), {}}, {0, 5});
  Outcome<void> first, second, third;
  writer->write({'a', 'b', 'c'}, first.callback());
  writer->write({'d', 'e', 'f'}, second.callback());
  writer->write({'d'}, third.callback());
  core.run_until([&] { return third.arrived(); });
  CHECK(first.result->ok());
  CHECK(second.error() == Errc::Protocol);
  CHECK(third.error() == Errc::Protocol);
  CHECK(read_file(dir / "a") == "abc");
}

TEST_CASE("blocks: ending before the range is full is Interrupted (NT2)", "[blocks]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  const auto writer = plane.bulk().write_blocks({open_file(dir / "a"), {}}, {0, 5});
  Outcome<void> written;
  Outcome<Moved> finished;
  writer->write({'a', 'b', 'c'}, written.callback());
  writer->finish(finished.callback());
  core.run_until([&] { return finished.arrived(); });
  CHECK(finished.error() == Errc::Interrupted);
}

TEST_CASE("blocks: a full disk is DiskFull", "[blocks]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  const auto writer = plane.bulk().write_blocks({open_file("/dev/full"), {}}, {0, 5});
  Outcome<void> written;
  writer->write({'a'}, written.callback());
  core.run_until([&] { return written.arrived(); });
  CHECK(written.error() == Errc::DiskFull);
}

TEST_CASE("blocks: after the handle died nobody is called", "[blocks]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  const auto file = file_with(dir / "a", noise(100'000));
  Outcome<std::string> block;
  Outcome<void> written;
  auto reader = plane.bulk().read_blocks({file, {}}, {0, 100'000});
  auto writer = plane.bulk().write_blocks({open_file(dir / "b"), {}}, {0, 5});
  reader->read(10, block.callback());
  writer->write({'a'}, written.callback());
  core.await_posted(2);
  reader.reset();
  writer.reset();
  core.run_pending();
  CHECK(block.calls + written.calls == 0);
}

// SPDX-License-Identifier: MIT
//
// The workers and hashers with their threads. Tests wait for callbacks, never for time.
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "data/data_plane.h"
#include "tcp_pair.h"
#include "temp_dir.h"
#include "test_core.h"

namespace bulk_test {

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
  auto target = file_with(dir / "to", "hea");
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
  CHECK(sent.result->value().hash == Digest::of(HashAlgo::Sha256, view_of(content)));
  CHECK(received.result->value().hash == Digest::of(HashAlgo::Md5, view_of("hea" + payload)));
  CHECK(progress->bytes == size);
  CHECK(read_file(dir / "to") == "hea" + payload);
}

TEST_CASE("bulk: a file of unknown size is all that came before the end of its stream", "[bulk]") {
  const auto size = GENERATE(0u, 1u, 262'144u, 9'000'000u);
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  const auto content = noise(size);
  TcpPair tcp;
  std::thread peer([&] {
    tcp.peer_sends(content);
    tcp.peer_closes();
  });
  Outcome<Moved> received;
  const auto receive =
      plane.bulk().receive(std::move(tcp.ours), {open_file(dir / "to"), HashAlgo::Sha256},
                           ByteRange::up_to(INT64_MAX), nullptr, received.callback());
  core.run_until([&] { return received.arrived(); });
  peer.join();
  REQUIRE(received.result->ok());
  CHECK(received.result->value().bytes == size);
  CHECK(received.result->value().hash == Digest::of(HashAlgo::Sha256, view_of(content)));
  CHECK(read_file(dir / "to") == content);
}

TEST_CASE("bulk: a stream that breaks is no end of a file of unknown size", "[bulk]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  TcpPair tcp;
  auto progress = std::make_shared<Progress>();
  Outcome<Moved> received;
  const auto receive =
      plane.bulk().receive(std::move(tcp.ours), {open_file(dir / "to")},
                           ByteRange::up_to(INT64_MAX), progress, received.callback());
  tcp.peer_sends("12345");
  while (progress->bytes < 5) std::this_thread::yield();
  tcp.peer_resets();
  core.run_until([&] { return received.arrived(); });
  REQUIRE(received.error() == Errc::Interrupted);
  CHECK(received.result->error().detail.find("the stream broke at byte 5:") == 0);
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
  std::vector<std::unique_ptr<BulkTask>> moves;
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
  std::unique_ptr<BulkTask> move;
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
  Outcome<Bytes> block;
  std::unique_ptr<BulkTask> send;
  std::unique_ptr<HashTask> hash;
  std::unique_ptr<BlockReader> reader;
  const auto file = file_with(dir / "a", noise(8'000'000));
  {
    DataPlane plane(core);
    send = plane.bulk().send(std::move(tcp.ours), {file, HashAlgo::Sha256}, {0, 8'000'000},
                             StreamEnd::ShutdownAndWait, nullptr, sent.callback());
    hash = plane.bulk().hash(file, {0, 8'000'000}, HashAlgo::Md5, nullptr, hashed.callback());
    reader = plane.bulk().read_blocks({file, {}}, {0, 100}, nullptr);
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

}  // namespace bulk_test

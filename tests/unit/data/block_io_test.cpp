// SPDX-License-Identifier: MIT
//
// Blocks of a file for in-band streams, by the workers with their threads. Tests wait for
// callbacks, never for time.
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>

#include "data/data_plane.h"
#include "tcp_pair.h"
#include "temp_dir.h"
#include "test_core.h"

namespace block_io_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

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

}  // namespace

TEST_CASE("blocks: read in order, digest at the end", "[blocks]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  const auto content = noise(200'000);
  const auto reader = plane.bulk().read_blocks({file_with(dir / "a", content), HashAlgo::Sha256},
                                               {100, 150'000}, nullptr);
  std::string got;
  Outcome<Moved> finished;
  for (int i = 0; i < 38; ++i)
    reader->read(4096, [&](Result<Bytes> block) { got.append(block->begin(), block->end()); });
  reader->finish(finished.callback());
  core.run_until([&] { return finished.arrived(); });
  CHECK(got == content.substr(100, 150'000));
  CHECK(finished.result->value().bytes == 150'000);
  CHECK(finished.result->value().hash ==
        Digest::of(HashAlgo::Sha256, view_of(content.substr(0, 150'100))));
}

TEST_CASE("blocks: the last 64 KiB of a file that changed are not given", "[blocks]") {
  const TempDir dir;
  TestCore core;
  DataPlane plane(core);
  const auto file = file_with(dir / "a", noise(100'000));
  const auto reader = plane.bulk().read_blocks({file, {}}, {0, 100'000}, nullptr);
  Outcome<Bytes> first, second, third;
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
  const auto reader = plane.bulk().read_blocks({file, {}}, {0, 200'000}, nullptr);
  Outcome<Bytes> first, second;
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
  const auto writer =
      plane.bulk().write_blocks({open_file(dir / "a"), HashAlgo::Md5}, {2, 6}, nullptr);
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
  CHECK(finished.result->value().hash ==
        Digest::of(HashAlgo::Md5, view_of(std::string("\0\0abcdef", 8))));
}

TEST_CASE("blocks: follow on a dropped stream's last bytes, never the other way round (R2)",
          "[blocks]") {
  const TempDir dir;
  HoldingCore holding;
  auto& core = holding.core;
  DataPlane plane(holding, {.workers = 2});
  auto& bulk = plane.bulk();
  // Workers take turns: the stream is on the first writer's.
  const auto beside = bulk.write_blocks({open_file(dir / "a"), {}}, {0, 2}, nullptr);
  const auto other = bulk.write_blocks({open_file(dir / "b"), {}}, {0, 1}, nullptr);
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
  const auto blocks = bulk.write_blocks({file, {}}, {0, 5}, nullptr);
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
  const auto writer = plane.bulk().write_blocks({open_file(dir / "a"), {}}, {0, 5}, nullptr);
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
  const auto writer = plane.bulk().write_blocks({open_file(dir / "a"), {}}, {0, 5}, nullptr);
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
  const auto writer = plane.bulk().write_blocks({open_file("/dev/full"), {}}, {0, 5}, nullptr);
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
  Outcome<Bytes> block;
  Outcome<void> written;
  auto reader = plane.bulk().read_blocks({file, {}}, {0, 100'000}, nullptr);
  auto writer = plane.bulk().write_blocks({open_file(dir / "b"), {}}, {0, 5}, nullptr);
  reader->read(10, block.callback());
  writer->write({'a'}, written.callback());
  core.await_posted(2);
  reader.reset();
  writer.reset();
  core.run_pending();
  CHECK(block.calls + written.calls == 0);
}

}  // namespace block_io_test

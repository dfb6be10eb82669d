// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <thread>

#include "../data/temp_dir.h"
#include "../data/test_core.h"
#include "bulk_stage.h"
#include "data/data_plane.h"
#include "support/fake_bulk.h"
#include "support/memory_bulk.h"

namespace xmppftd::test {
namespace {

using namespace std::chrono_literals;

/// The workers with their threads, on a disk.
class RealWorkers final : public BulkStage {
 public:
  RealWorkers() : BulkStage("BulkWorkers") {}
  Bulk& bulk() override { return plane_.bulk(); }
  std::shared_ptr<OpenFile> file(std::string_view content) override {
    return file_with(dir_ / std::to_string(files_++), content);
  }
  std::string content(const OpenFile& file) override {
    return read_file("/proc/self/fd/" + std::to_string(file.fd.get()));
  }
  void rewrite(const OpenFile& file, std::string_view content) override {
    REQUIRE(::ftruncate(file.fd.get(), static_cast<off_t>(content.size())) == 0);
    REQUIRE(write_all(file.fd.get(), view_of(content), 0));
  }
  void run_until(const std::function<bool()>& done) override {
    // Nothing tells that bytes came out at the other end of a socket: so by looking.
    const auto patience = now() + 60s;
    for (core_.run_pending(); !done(); core_.run_pending()) {
      if (now() > patience) FAIL("what was waited for does not come");
      std::this_thread::sleep_for(1ms);
    }
  }
  void settle() override {
    // The one worker and the one hasher do one thing after the other.
    for (int i = 0; i < 3; ++i) {
      const auto something = file("x");
      Outcome<Bytes> read;
      Outcome<Hash> hashed;
      const auto reader = bulk().read_blocks({something}, {0, 1}, nullptr);
      reader->read(1, read.callback());
      const auto hash = bulk().hash(something, {0, 1}, HashAlgo::Md5, nullptr, hashed.callback());
      core_.run_until([&] { return read.arrived() && hashed.arrived(); });
    }
  }
  Throttle::Clock::time_point now() const override { return Throttle::Clock::now(); }
  std::chrono::milliseconds stall() const override { return 1s; }

 private:
  const TempDir dir_;
  TestCore core_;
  DataPlane plane_{core_, {.workers = 1, .stall = 1s}};
  int files_ = 0;
};

/// What the two doubles share: a clock that the test moves.
class Doubled : public BulkStage {
 public:
  using BulkStage::BulkStage;
  void run_until(const std::function<bool()>& done) override {
    for (int i = 0; !done(); ++i) {
      if (i == 100'000) FAIL("what was waited for does not come");
      // `done` may have moved something too, so time passes only when nothing else happens.
      if (!happens()) timers_.advance(timers_.next().value_or(1ms));
    }
  }
  void settle() override {
    while (happens()) {
    }
  }
  Throttle::Clock::time_point now() const override { return timers_.now(); }
  std::chrono::milliseconds stall() const override { return 60s; }

 protected:
  /// What is due now; false when nothing was.
  virtual bool happens() {
    const bool due = timers_.next() == 0ms;
    timers_.turn();
    return due;
  }
  FakeTimers timers_;
};

class MemoryWorkers final : public Doubled {
 public:
  MemoryWorkers() : Doubled("MemoryBulk") {}
  Bulk& bulk() override { return bulk_; }
  std::shared_ptr<OpenFile> file(std::string_view content) override {
    const auto inode = disk_.add("/" + std::to_string(disk_.next_inode), std::string(content));
    auto file = std::make_shared<OpenFile>();
    file->identity = disk_.identity_of(inode);
    return file;
  }
  std::string content(const OpenFile& file) override {
    return disk_.inodes.at(file.identity.inode).content;
  }
  void rewrite(const OpenFile& file, std::string_view content) override {
    disk_.rewrite(file.identity.inode, std::string(content));
  }
  /// Of a kind that hands bytes over at once.
  TcpPair connection() override {
    TcpPair pair;
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    pair.ours.reset(ends[0]);
    pair.peer.reset(ends[1]);
    return pair;
  }

 private:
  bool happens() override {
    const bool due = Doubled::happens(), ran = turns_.run_one();
    return bulk_.pump() || due || ran;
  }
  Disk disk_;
  Turns turns_;
  MemoryBulk bulk_{disk_, turns_, timers_};
};

/// Knows one file.
class FakeWorkers final : public Doubled {
 public:
  FakeWorkers() : Doubled("FakeBulk") {}
  Bulk& bulk() override { return bulk_; }
  std::shared_ptr<OpenFile> file(std::string_view content) override {
    rewrite({}, content);
    auto file = std::make_shared<OpenFile>();
    file->identity.size = content.size();
    return file;
  }
  std::string content(const OpenFile&) override {
    return {bulk_.written.begin(), bulk_.written.end()};
  }
  void rewrite(const OpenFile&, std::string_view content) override {
    bulk_.content = content;
    bulk_.written.assign(content.begin(), content.end());
  }

 private:
  FakeBulk bulk_{timers_};
};

}  // namespace

std::unique_ptr<BulkStage> real_workers() { return std::make_unique<RealWorkers>(); }
std::unique_ptr<BulkStage> memory_workers() { return std::make_unique<MemoryWorkers>(); }
std::unique_ptr<BulkStage> fake_workers() { return std::make_unique<FakeWorkers>(); }

}  // namespace xmppftd::test
